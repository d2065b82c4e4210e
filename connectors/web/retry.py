"""Which failures are worth another attempt, and when."""

import logging

import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from connectors.source import Unavailable
from connectors.web.settings import HttpSettings

log = logging.getLogger("connectors.http")
PASSING = frozenset({408, 425, 429})  # with every 5xx: the same request may succeed later
LONGEST_WAIT_S = 60.0  # a longer Retry-After is the next run's business, not a thread's


class Passing(Unavailable):
    """A failure worth another attempt, `after` seconds if the server said so."""

    def __init__(self, source: str, problem: str, hint: str, after: float | None = None) -> None:
        super().__init__(source, problem, hint)
        self.after = after


def retrying(settings: HttpSettings) -> stamina.RetryingCaller:
    """Return what calls a function again after each failure for which `pause` says so."""
    pause_s = settings.wait_s
    return stamina.RetryingCaller(
        settings.attempts, timeout=None, wait_initial=pause_s, wait_max=LONGEST_WAIT_S, wait_jitter=pause_s
    )


def pause(error: Exception) -> bool | float:
    """Say whether to try again after `error`: True after the usual wait, a number after so many seconds."""
    if not isinstance(error, Passing) or (error.after or 0) > LONGEST_WAIT_S:
        return False
    return True if error.after is None else error.after


def _report(details: RetryDetails) -> None:
    log.warning("%s; attempt %d follows in %.1f s", details.caused_by, details.retry_num + 1, details.wait_for)


set_on_retry_hooks([_report])
