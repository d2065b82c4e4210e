"""Several listings in one feed: each keeps its place, none starves, one that fails does not hold back the others."""

from collections.abc import Iterator
from itertools import islice

import pytest

from connectors.source import Cursor, Page, Unavailable
from connectors.walks.turns import in_turn


def counting(last: int, cursor: Cursor) -> Iterator[Page]:
    for number in range(cursor.get("n", 0) + 1, last + 1):
        yield Page([], {"n": number})


def failing(cursor: Cursor) -> Iterator[Page]:
    yield Page([], {"n": 1})
    raise Unavailable("test", "not now", "later")


def test_every_listing_goes_on_from_its_own_place() -> None:
    walks = {"a": lambda c: counting(3, c), "b": lambda c: counting(2, c)}
    first = list(islice(in_turn({}, walks), 2))
    assert first[-1].cursor == {"parts": {"a": {"n": 2}}, "at": "a"}
    last = list(in_turn(first[-1].cursor, walks))[-1]
    assert last.cursor == {"parts": {"a": {"n": 3}, "b": {"n": 2}}, "at": "a"}


def test_a_run_that_is_always_cut_reaches_all_listings() -> None:
    walks = {name: lambda c: counting(9, c) for name in "abc"}
    cursor: Cursor = {}
    for _ in range(6):
        cursor = next(in_turn(cursor, walks)).cursor
    assert cursor["parts"] == {"a": {"n": 2}, "b": {"n": 2}, "c": {"n": 2}}


def test_a_listing_that_fails_does_not_hold_back_the_others() -> None:
    pages = []
    with pytest.raises(Unavailable):
        for page in in_turn({}, {"a": failing, "b": lambda c: counting(2, c)}):
            pages.append(page)
    assert pages[-1].cursor["parts"] == {"a": {"n": 1}, "b": {"n": 2}}


def test_a_listing_that_is_gone_from_the_options_is_not_asked_and_the_span_reaches_all() -> None:
    seen: list[Cursor] = []

    def noting(cursor: Cursor) -> Iterator[Page]:
        seen.append(cursor)
        yield Page([], cursor)

    cursor = {"parts": {"old": {"n": 1}}, "at": "old", "span": [1, 2]}
    (page,) = in_turn(cursor, {"new": noting})
    assert seen == [{"span": [1, 2]}]
    assert page.cursor["span"] == [1, 2]
