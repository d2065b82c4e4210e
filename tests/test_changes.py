"""A listing of changes is walked from moment to moment: edits come again, and nothing is passed over."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Cursor, Page
from connectors.walks.changes import Changes, changed_since

T0 = 1_767_225_600
NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Site:
    """Lists what changed, the oldest first, so many on a page."""

    def __init__(self, changed: dict[str, int], page_size: int = 2) -> None:
        self.changed, self.page_size = changed, page_size
        self.asked: list[tuple[int | None, int]] = []

    def ask(self, since: int | None, page: int) -> Changes:
        self.asked.append((since, page))
        listed = sorted((when, name) for name, when in self.changed.items() if since is None or when >= since)
        shown = listed[(page - 1) * self.page_size : page * self.page_size]
        found = [Mention(source="test", native_id=name, text=str(when), posted_at=NOW) for when, name in shown]
        return Changes(found, [], [when for when, _ in shown], len(listed) > page * self.page_size)

    def walk(self, cursor: Cursor) -> Iterator[Page]:
        with Http("test", transport=httpx.MockTransport(lambda _: httpx.Response(500))) as http:
            yield from changed_since(http, cursor, self.ask)


def seen(pages: Iterator[Page]) -> dict[str, str]:
    return {m.native_id: m.text for page in pages for m in page.mentions}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), max_size=5), min_size=1, max_size=6),
    st.integers(1, 3),
    st.integers(1, 4),
)
def test_the_last_state_of_every_item_is_seen_however_items_change_meanwhile(
    rounds: list[list[tuple[int, int]]], size: int, cut: int
) -> None:
    site, clock = Site({}, size), T0
    cursor: Cursor = {}
    found: dict[str, str] = {}
    for changes in [*rounds, *([[]] * 40)]:
        for name, later in changes:
            clock += later  # 0: many share a second
            site.changed[str(name)] = clock
        clock += 1
        for page in islice(site.walk(cursor), cut):
            cursor = json.loads(json.dumps(page.cursor))
            found.update(seen(iter([page])))
    assert found == {name: str(when) for name, when in site.changed.items()}


def test_pages_are_counted_only_where_more_than_a_page_share_a_second() -> None:
    site = Site({"a": T0, "b": T0 + 1, **{f"c{n}": T0 + 2 for n in range(5)}, "d": T0 + 3})
    assert len(seen(site.walk({}))) == 8
    assert site.asked == [(None, 1), (T0 + 1, 1), (T0 + 2, 1), (T0 + 2, 2), (T0 + 2, 3)]


def test_the_next_walk_begins_ten_minutes_before_the_last_change() -> None:
    site = Site({"a": T0})
    (page,) = site.walk({})
    assert page.cursor == {"mark": [T0 - 600, 1]}
    site.changed["late"] = T0 - 300
    assert seen(site.walk(page.cursor)) == {"a": str(T0), "late": str(T0 - 300)}


def test_an_empty_listing_does_not_move_the_mark() -> None:
    site = Site({})
    assert [page.cursor for page in site.walk({"mark": [T0, 1]})] == [{"mark": [T0, 1]}]


def test_a_date_in_the_future_hides_nothing() -> None:
    site = Site({"a": T0, "odd": 2**32})
    for page in site.walk({}):
        assert page.cursor["mark"][0] <= datetime.now(UTC).timestamp()
    site.changed["b"] = int(datetime.now(UTC).timestamp())
    assert "b" in seen(site.walk(page.cursor))


def test_a_backfill_begins_with_its_span_and_keeps_it() -> None:
    site = Site({"a": T0, "b": T0 + 10_000})
    (page,) = site.walk({"span": [T0 + 5.0, T0 + 20_000.0]})
    assert site.asked == [(T0 + 5, 1)]
    assert page.cursor == {"span": [T0 + 5.0, T0 + 20_000.0], "mark": [T0 + 9_400, 1]}
