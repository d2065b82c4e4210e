"""What goes wrong on purpose: each kind turns a good reply into what a bad day makes of it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import accumulate
from random import Random
from threading import Lock
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from demo import spoil

RATE = 0.1  # of the requests, for a kind given without one
SLOW_S, STALL_S = 3.0, 30.0
FLOOD_BYTES = 100 * 2**20
SKEWS_S = (86_400, 366 * 86_400)  # a wrong time zone or day, a wrong year
LOOP = "/.loop"  # an address that leads to itself
PRIVATE = ("http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://192.168.0.1/feed")
WRONG_TYPES = ("application/octet-stream", "text/plain", "image/png", "text/html")
PAGE = re.compile(r"/page[=/]\d+")
PLACE = re.compile(
    r"(next_?|page_?|start_?)*(page|p|cursor|token|offset|start|skip|key|continuation|size)|after|before|until|since"
    r"|(max|min|since)_?id|(start|end)_?(time|date)|numericFilters",
    re.I,
)


class Reply(NamedTuple):
    """An answer to be sent: after `stall_s` seconds, `body` and then `padding` spaces.

    Sending stops with a reset after `hang_up_after` bytes of the body.
    """

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    hang_up_after: int | None = None
    stall_s: float = 0.0
    padding: int = 0

    def added(self, *headers: tuple[str, str]) -> "Reply":
        """Return the reply with more headers."""
        return self._replace(headers=(*self.headers, *headers))


class Scene(NamedTuple):
    """What a fault draws on: chance, the good reply of the same feed before this one, and how deep the question goes.

    `deeper` says that the question names a page, and not the first.
    """

    dice: Random
    before: Reply | None = None
    deeper: bool = False


Fault = Callable[[Reply, Scene], Reply]


def _error(status: int, text: str, *headers: tuple[str, str]) -> Fault:
    return lambda _reply, _scene: Reply(status, "text/plain; charset=utf-8", text.encode(), headers)


def _html(reply: Reply, _: Scene) -> Reply:
    page = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
    return Reply(200, "text/html; charset=utf-8", page, reply.headers)


def _reset(reply: Reply, scene: Scene) -> Reply:
    return reply._replace(hang_up_after=_cut(reply.body, scene))


def _truncate(reply: Reply, scene: Scene) -> Reply:
    return reply._replace(body=reply.body[: _cut(reply.body, scene)])


def _truncate_gzip(reply: Reply, scene: Scene) -> Reply:
    packed = spoil.packed(reply.body)
    return reply._replace(body=packed[: _cut(packed, scene)]).added(("Content-Encoding", "gzip"))


def _cut(body: bytes, scene: Scene) -> int:
    return scene.dice.randrange(max(1, len(body)))


def _bomb(reply: Reply, _: Scene) -> Reply:
    return reply._replace(body=spoil.bomb()).added(("Content-Encoding", "gzip"))


def _redirect(target: str) -> Reply:
    return Reply(302, "text/plain; charset=utf-8", b"Found\n", (("Location", target),))


def _type(reply: Reply, scene: Scene) -> Reply:
    return reply._replace(content_type=scene.dice.choice(WRONG_TYPES))


def _reject(reply: Reply, scene: Scene) -> Reply:
    gone = Reply(400, "text/plain; charset=utf-8", b"No such page: the cursor has expired\n")
    return gone if scene.deeper else reply


def _skew(reply: Reply, scene: Scene) -> Reply:
    ahead = timedelta(seconds=scene.dice.choice(SKEWS_S))
    date = format_datetime(datetime.now(UTC) + ahead, usegmt=True)
    return reply._replace(body=spoil.skewed(reply.body, ahead)).added(("Date", date))


def _body(change: Callable[[bytes, Random], bytes]) -> Fault:
    return lambda reply, scene: reply._replace(body=change(reply.body, scene.dice))


FAULTS: dict[str, Fault] = {
    "429": _error(429, "Too Many Requests\n", ("Retry-After", "1")),
    "429-bare": _error(429, "Too Many Requests\n"),
    "500": _error(500, "Internal Server Error\n"),
    "503": _error(503, "Service Unavailable\n"),
    "reset": _reset,
    "truncate": _truncate,
    "truncate-gzip": _truncate_gzip,
    "bomb": _bomb,
    "flood": lambda reply, _: reply._replace(padding=FLOOD_BYTES),
    "slow": lambda reply, _: reply._replace(stall_s=SLOW_S),
    "stall": lambda reply, _: reply._replace(stall_s=STALL_S),
    "loop": lambda _reply, _scene: _redirect(LOOP),
    "private": lambda _, scene: _redirect(scene.dice.choice(PRIVATE)),
    "type": _type,
    "html": _html,
    "empty": lambda reply, _: reply._replace(body=spoil.blanked(reply.body)),
    "repeat": lambda reply, scene: scene.before or reply,
    "reject": _reject,
    "skew": _skew,
    "shuffle": _body(spoil.shuffled),
    "utf8": _body(spoil.garbled),
    "nul": _body(spoil.nulled),
    "ids": lambda reply, _: reply._replace(body=spoil.retyped(reply.body)),
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
        self._first: dict[str, str] = {}
        self._before: dict[str, Reply] = {}
        self._lock = Lock()

    def next(self) -> tuple[str | None, Random]:
        """Count a request; return the kind of its fault, or None, and the chance that goes on with it."""
        with self._lock:
            self._requests += 1
            dice = Random(f"{self._seed}/request {self._requests}")
        draw = dice.random()
        return next((kind for kind, limit in zip(self._kinds, self._limits, strict=True) if draw < limit), None), dice

    def spoil(self, reply: Reply, target: str) -> Reply:
        """Return `reply` to `target` with the fault of the next request; an error or a 304 has nothing to spoil."""
        if target == LOOP:
            return _redirect(LOOP)
        kind, dice = self.next()
        if reply.status != 200:
            return reply
        feed = feed_of(target)
        with self._lock:
            before, first = self._before.get(feed), self._first.setdefault(feed, target)
            self._before[feed] = reply
        return FAULTS[kind](reply, Scene(dice, before, target != first)) if kind else reply


def feed_of(target: str) -> str:
    """Return `target` without what says which page of a feed it is."""
    path, _, query = target.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query) if not PLACE.fullmatch(name)]
    return f"{PAGE.sub('', path)}?{urlencode(kept)}"


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
