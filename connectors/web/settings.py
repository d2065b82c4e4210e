"""How patiently and how politely sources are asked: the [http] table of the configuration."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Limits of every request.

    `allow_private` names the user's own servers, by host or address: they may be private, and are not throttled.
    `timeout_s` is for each wait within an answer, `deadline_s` for all of it; `wait_s`, before a retry, doubles.
    """

    allow_private: tuple[str, ...] = ()
    per_host_per_s: float = 5
    max_mb: int = 20
    timeout_s: float = 30
    deadline_s: float = 120
    attempts: int = 4
    wait_s: float = 0.5
    user_agent: str = "Allears/0.1 (social listening; reads public feeds)"


DEFAULTS = HttpSettings()
