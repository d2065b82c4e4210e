"""What goes wrong on purpose: each kind turns a good reply into what a bad day makes of it."""

from collections.abc import Callable
from itertools import accumulate
from random import Random
from threading import Lock
from typing import NamedTuple

RATE = 0.1  # of the requests, for a kind given without one
STALL_S = 3.0


def nothing() -> bytes:
    """Return the body of a reply that has no other empty form."""
    return b""


class Reply(NamedTuple):
    """An answer to be sent. `blank` renders the same page without its items.

    Sending stops after `hang_up_after` bytes of the body, and starts after `stall_s` seconds.
    """

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    blank: Callable[[], bytes] = nothing
    hang_up_after: int | None = None
    stall_s: float = 0.0


Fault = Callable[[Reply], Reply]


def _error(status: int, text: str, *headers: tuple[str, str]) -> Fault:
    return lambda _: Reply(status, "text/plain; charset=utf-8", text.encode(), headers)


def _html(reply: Reply) -> Reply:
    page = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
    return Reply(200, "text/html; charset=utf-8", page, reply.headers)


FAULTS: dict[str, Fault] = {
    "429": _error(429, "Too Many Requests\n", ("Retry-After", "1")),
    "500": _error(500, "Internal Server Error\n"),
    "503": _error(503, "Service Unavailable\n"),
    "reset": lambda reply: reply._replace(hang_up_after=len(reply.body) // 2),
    "truncate": lambda reply: reply._replace(body=reply.body[: len(reply.body) // 2]),
    "html": _html,
    "empty": lambda reply: reply._replace(body=reply.blank()),
    "slow": lambda reply: reply._replace(stall_s=STALL_S),
}


class Faults:
    """Decides by a seed and the number of a request whether it goes wrong, and how.

    `spec` is "KIND[:RATE],…", such as "429:0.2,reset"; the rates are shares of all requests.
    Raises ValueError for an unknown kind, a rate off 0–1, or rates that sum to more than 1.
    """

    def __init__(self, spec: str, seed: int) -> None:
        parts = [part.strip() for part in spec.split(",") if part.strip()]
        self._kinds = [_kind(part) for part in parts]
        self._limits = list(accumulate(_rate(part) for part in parts))
        if self._limits and self._limits[-1] > 1.000001:  # three times 0.1 and seven times 0.1 are a little more
            raise ValueError(f"faults {spec!r}: the rates sum to {self._limits[-1]:g}, more than every request")
        self._seed = seed
        self._requests = 0
        self._lock = Lock()

    def next(self) -> str | None:
        """Count a request and return the kind of its fault, or None."""
        with self._lock:
            self._requests += 1
            draw = Random(f"{self._seed}/request {self._requests}").random()
        return next((kind for kind, limit in zip(self._kinds, self._limits, strict=True) if draw < limit), None)

    def spoil(self, reply: Reply) -> Reply:
        """Return `reply` with the fault of the next request; an error or a 304 has nothing to spoil."""
        kind = self.next()
        if kind is None or reply.status != 200:
            return reply
        return FAULTS[kind](reply)


def _kind(part: str) -> str:
    kind = part.partition(":")[0]
    if kind not in FAULTS:
        raise ValueError(f"unknown fault {kind!r}; known are {', '.join(FAULTS)}")
    return kind


def _rate(part: str) -> float:
    _, colon, rate = part.partition(":")
    if not colon:
        return RATE
    try:
        share = float(rate)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"fault {part!r}: {rate!r} is no share from 0 to 1")
    return share
