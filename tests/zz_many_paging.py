"""Walks over a model listing that goes wrong in every way: what is posted is found, whatever happened before."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count, islice
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats.dates import from_epoch
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, SourceError, Unavailable
from connectors.walks.changes import Changes, changed_since
from connectors.walks.paging import Listing, newest_first, oldest_first

START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
HOUR, YEAR = 3_600.0, 366 * 86_400.0
OVERLAP_S = 2 * HOUR
KINDS = ("empty", "repeat", "refuse", "down", "skew", "skew-hours", "shuffle")


class Post(NamedTuple):
    number: int
    moment: float

    def mention(self, ahead: float) -> Mention:
        return Mention(source="test", native_id=str(self.number), text="tea", posted_at=from_epoch(self.moment + ahead))


class Run(NamedTuple):
    """`posts` come before the run, one after each of the first `meanwhile` pages; `faults` strike its requests.

    A run is killed after `cut` pages.
    """

    posts: int = 0
    faults: Sequence[str | None] = ()
    cut: int | None = None
    meanwhile: int = 0


class Clocked(Http):
    """An Http whose time is set by hand."""

    moment = START

    def now(self) -> datetime:
        return from_epoch(self.moment)


@dataclass
class Board:
    """A listing that grows, `size` posts a page, asked for in one of several ways, spoilt as `faults` says."""

    size: int
    skews: Mapping[str, float] = field(default_factory=lambda: {"skew": YEAR, "skew-hours": OVERLAP_S})
    faults: deque[str | None] = field(default_factory=deque)
    posts: list[Post] = field(default_factory=list)
    tokens: dict[str, Any] = field(default_factory=dict)
    before: Listing | None = None
    counts_pages: bool = False
    numbers: Iterator[int] = field(default_factory=count)
    asked: int = 0

    def __post_init__(self) -> None:
        self.http = Clocked("test")

    def post(self, number: int) -> None:
        for _ in range(number):
            self.http.moment += 0.4 * HOUR
            self.posts.append(Post(len(self.posts), self.http.moment))

    def spoilt(self, answer: Callable[[float], Listing], place: Any) -> Listing:
        """Return what `answer(ahead)` gives, or what the next fault makes of it."""
        self.asked += 1
        assert self.asked < 1000, "the walk does not end"
        fault = self.faults.popleft() if self.faults else None
        if fault == "down":
            raise Unavailable("test", "503", "wait")
        if fault == "refuse" and place is not None:
            raise Refused("test", "400: no such page", "ask for another")
        good = answer(self.skews.get(fault or "", 0.0))
        repeated, self.before = self.before, good
        if fault == "repeat" and repeated:  # its token or last item leads on from there, a number does not
            return repeated._replace(next=good.next) if self.counts_pages else repeated
        if fault == "empty":
            return good._replace(mentions=[])
        if fault == "shuffle":
            mixed = Random(place if isinstance(place, int) else 0).sample(good.mentions * 2, 2 * len(good.mentions))
            return good._replace(mentions=mixed)
        return good


def by_id(board: Board, place: Any, ahead: float) -> Listing:
    older = [post for post in board.posts[::-1] if place is None or post.number < place]
    return listing(board, older, ahead, lambda shown: shown[-1].number)


def by_time(board: Board, place: Any, ahead: float) -> Listing:
    older = [post for post in board.posts[::-1] if place is None or post.moment <= place]
    return listing(board, older, ahead, lambda shown: shown[-1].moment + ahead)


def by_page(board: Board, place: Any, ahead: float) -> Listing:
    number = place or 1
    older = board.posts[::-1][(number - 1) * board.size :]
    return listing(board, older, ahead, lambda _: number + 1)


def by_token(board: Board, place: Any, ahead: float) -> Listing:
    if place is not None and place not in board.tokens:
        raise Refused("test", "400: the token has expired", "begin again")
    older = board.posts[::-1] if place is None else board.tokens[place]

    def keep(_: Sequence[Post]) -> str:
        token = f"t{next(board.numbers)}"
        board.tokens[token] = older[board.size :]
        return token

    return listing(board, older, ahead, keep)


def listing(board: Board, older: Sequence[Post], ahead: float, following: Callable[[Sequence[Post]], Any]) -> Listing:
    shown = older[: board.size]
    more = len(older) > board.size
    return Listing([post.mention(ahead) for post in shown], following(shown) if more else None)


@dataclass
class Reader:
    """What has been landed of a board: the ids, and the cursor."""

    board: Board
    walk: Callable[[Cursor], Iterator[Page]]
    landed: set[str] = field(default_factory=set)
    cursor: Cursor = field(default_factory=dict)

    def read(self, run: Run) -> SourceError | None:
        board = self.board
        board.post(run.posts)
        board.faults, board.asked = deque(run.faults), 0
        try:
            for number, page in enumerate(islice(self.walk(self.cursor), run.cut)):
                self.landed |= {mention.native_id for mention in page.mentions}
                self.cursor = page.cursor
                board.post(number < run.meanwhile)
        except SourceError as error:
            return error
        finally:
            board.tokens.clear()
        return None


runs = st.lists(
    st.builds(
        Run,
        st.integers(0, 14),
        st.lists(st.none() | st.sampled_from(KINDS), max_size=6),
        st.none() | st.integers(1, 4),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("way", [by_id, by_time, by_page, by_token])
@settings(deadline=None, max_examples=3000)
@given(size=st.integers(2, 4), runs=runs)
def test_newest_first(way: Any, size: int, runs: list[Run]) -> None:
    board = Board(size, counts_pages=way is by_page)

    def ask(place: Any) -> Listing:
        return board.spoilt(lambda ahead: way(board, place, ahead), place)

    reader = Reader(board, lambda cursor: newest_first(board.http, cursor, ask, overlap_s=OVERLAP_S))
    for run in runs:
        reader.read(run)
    assert reader.read(Run()) is None
    assert reader.landed == {str(post.number) for post in board.posts}


@pytest.mark.parametrize("way", [by_id, by_time, by_page, by_token])
@settings(deadline=None, max_examples=3000)
@given(size=st.integers(2, 4), runs=runs)
def test_a_backfill_newest_first(way: Any, size: int, runs: list[Run]) -> None:
    board = Board(size, counts_pages=way is by_page)
    board.post(12)
    span = [board.posts[3].moment, board.http.moment]

    def ask(place: Any) -> Listing:
        return board.spoilt(lambda ahead: way(board, place, ahead), place)

    walk = partial(newest_first, board.http, ask=ask, overlap_s=OVERLAP_S)
    reader = Reader(board, walk, cursor={"span": span})
    for run in runs:
        reader.read(run)
        assert reader.cursor["span"] == span
    assert reader.read(Run()) is None
    assert reader.landed >= {str(number) for number in range(3, 12)}


def from_moment(board: Board, mark: Any, ahead: float) -> Listing:
    newer = [post for post in board.posts if mark is None or post.moment >= mark]
    shown, more = newer[: board.size], len(newer) > board.size
    return Listing([post.mention(ahead) for post in shown], shown[-1].moment if shown else None, more=more)


def from_token(board: Board, mark: Any, ahead: float) -> Listing:
    start = int(mark or 0)
    shown = board.posts[start : start + board.size]
    more = len(board.posts) > start + board.size
    return Listing([post.mention(ahead) for post in shown], str(start + len(shown)), more=more)


def from_expiring_token(board: Board, mark: Any, ahead: float) -> Listing:
    if mark is not None and mark not in board.tokens:
        raise Refused("test", "400: the token has expired", "begin again")
    found = from_token(board, mark and board.tokens[mark], ahead)
    token = f"t{next(board.numbers)}"
    board.tokens[token] = found.next
    return found._replace(next=token)


@pytest.mark.parametrize("way", [from_moment, from_token, from_expiring_token])
@settings(deadline=None, max_examples=3000)
@given(size=st.integers(2, 4), runs=runs)
def test_oldest_first(way: Any, size: int, runs: list[Run]) -> None:
    board = Board(size)

    def ask(mark: Any) -> Listing:
        return board.spoilt(lambda ahead: way(board, mark, ahead), mark)

    reader = Reader(board, lambda cursor: oldest_first(cursor, ask))
    for run in runs:
        reader.read(run)
    assert reader.read(Run()) is None
    assert reader.landed == {str(post.number) for post in board.posts}


@settings(deadline=None, max_examples=3000)
@given(size=st.integers(2, 4), crowd_s=st.sampled_from([1, 2_000, 8_000]), runs=runs)
def test_changed_since(size: int, crowd_s: int, runs: list[Run]) -> None:
    board = Board(size, {"skew": YEAR})  # of a smaller skew nobody can tell that the next page begins too late

    def ask(since: int | None, page: int) -> Changes:
        def answer(ahead: float) -> Listing:
            crowds = [Post(post.number, post.moment // crowd_s * crowd_s) for post in board.posts]
            newer = [post for post in crowds if since is None or post.moment >= since][(page - 1) * size :]
            return Listing([post.mention(ahead) for post in newer[:size]], None, more=len(newer) > size)

        found = board.spoilt(answer, since)
        return Changes(found.mentions, [], found.order, found.more)

    reader = Reader(board, lambda cursor: changed_since(board.http, cursor, ask, overlap_s=int(OVERLAP_S)))
    for run in runs:
        reader.read(run)
    assert reader.read(Run()) is None
    assert reader.landed == {str(post.number) for post in board.posts}
