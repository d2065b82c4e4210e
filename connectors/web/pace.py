"""How fast and how often a host may be asked: spacing, the limits that it announces, and quotas of a day or a month."""

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, NamedTuple

EPOCHS = 1_000_000_000  # a reset above is a date in seconds since 1970, below it is seconds from now
PREFIXES = ("x-ratelimit", "ratelimit", "x-rate-limit")
STRUCTURED = re.compile(r"(?:^|[;,\s])(?:r|remaining)=(\d+).*?[;,\s](?:t|reset)=(\d+)")  # RateLimit: "a";r=9;t=30


class Allowance(NamedTuple):
    """What a host says it still allows: `remaining` requests in the next `reset_s` seconds."""

    remaining: int
    reset_s: float


class Pace:
    """Lets one thread at a time ask a host, no faster than it may, over all feeds of the process."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._lock = threading.Lock()
        self._hosts: dict[str, threading.Lock] = {}
        self._free: dict[str, float] = {}
        self._held: dict[str, float] = {}

    @contextmanager
    def turn(self, host: str, per_s: float | None) -> Iterator[None]:
        """Wait for this caller's turn at `host`, `1 / per_s` seconds after the last one's, and hold it.

        Without `per_s` the host is the user's own: any number may ask at once, while it does not want to be left alone.
        """
        if per_s is None:
            self._wait_until(self._held.get(host, 0.0))
            yield
            return
        with self._lock:
            line = self._hosts.setdefault(host, threading.Lock())
        with line:
            self._wait_until(max(self._free.get(host, 0.0), self._held.get(host, 0.0)))
            self._free[host] = time.monotonic() + 1 / per_s
            yield

    def hold(self, host: str, seconds: float) -> None:
        """Let nobody ask `host` for so long."""
        self._held[host] = max(self._held.get(host, 0.0), time.monotonic() + seconds)

    def _wait_until(self, moment: float) -> None:
        if (pause := moment - time.monotonic()) > 0:
            self._sleep(pause)

    def held_s(self, host: str) -> float:
        """Return for how many seconds more `host` wants to be left alone."""
        return max(0.0, self._held.get(host, 0.0) - time.monotonic())


class Ledger:
    """What has been spent of each quota. `keep` is called before anything is spent, so a kill never forgets it."""

    def __init__(self, spent: Mapping[str, float] | None = None, keep: Callable[[str, float], None] | None = None):
        self._spent = dict(spent or {})
        self._keep = keep
        self._lock = threading.Lock()

    def spend(self, bucket: str, amount: float, limit: float, known: float = 0.0) -> float | None:
        """Add `amount` to what is spent of `bucket`, at least `known`; return the sum, or None if it passes `limit`."""
        with self._lock:
            total = max(self._spent.get(bucket, 0.0), known) + amount
            if total > limit + 1e-9:  # sums of 0.005 are off by less
                return None
            if self._keep:
                self._keep(bucket, total)
            self._spent[bucket] = total
            return total


def quota(source: str, what: str, key: str, now: datetime, per: Literal["day", "month"]) -> str:
    """Return the bucket in which a ledger counts `what` of `source` for a `key`, which it hides, in a day or month."""
    period = now.strftime("%Y-%m-%d" if per == "day" else "%Y-%m")
    return f"{source}/{what}/{hashlib.blake2b(key.encode(), digest_size=4).hexdigest()}/{period}"


def allowance(headers: Mapping[str, str], now: datetime) -> Allowance | None:
    """Return what X-RateLimit-*, RateLimit-* or RateLimit say, with lower-case names; None without them.

    A reset is read as seconds from now (Reddit, IETF drafts), seconds since 1970 (GitHub, X) or a date (Mastodon).
    """
    if match := STRUCTURED.search(headers.get("ratelimit", "")):
        return Allowance(int(match[1]), float(match[2]))
    for prefix in PREFIXES:
        remaining = re.match(r"\d{1,12}", headers.get(f"{prefix}-remaining", "").strip())
        reset_s = _reset_s(headers.get(f"{prefix}-reset", "").strip(), now)
        if remaining and reset_s is not None:
            return Allowance(int(remaining[0]), reset_s)
    return None


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, given as seconds or as a date; None without one."""
    if not value:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value.strip()):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds())


def _reset_s(value: str, now: datetime) -> float | None:
    if re.fullmatch(r"\d{1,13}(\.\d+)?", value):
        return max(0.0, float(value) - now.timestamp()) if float(value) > EPOCHS else float(value)
    try:
        until = datetime.fromisoformat(value)
    except ValueError:
        return None
    return max(0.0, (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now.timestamp())
