"""What the runner makes of a walk: edits, deletions, history, quotas and doubts, with a source that obeys the tests."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Cursor, Page, Reject, Source, Unavailable, source
from connectors.walks.paging import Listing, newest_first
from flows.backfill import plan_backfill
from flows.collect import Span, collect
from flows.config import Feed, load_config
from flows.daily import mixed
from flows.desk import Desk, open_desk
from warehouse.brands import Brand

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)


class Site:
    """A site with one post a day, ten a page, the newest first."""

    def __init__(self) -> None:
        self.posts = {str(n): f"post {n} about coffee" for n in range(100)}
        self.fails_at: int | None = None
        self.asked = 0

    def listing(self, place: int | None) -> Listing:
        self.asked += 1
        if self.asked == self.fails_at:
            raise Unavailable("test_collect", "the site is down", "later")
        ids = [n for n in sorted(map(int, self.posts), reverse=True) if place is None or n < place][:10]
        return Listing([self.mention(str(n)) for n in ids], ids[-1] if ids else None)

    def mention(self, native_id: str) -> Mention:
        posted_at = START + int(native_id) * DAY
        return Mention(
            source="test_collect",
            native_id=native_id,
            text=self.posts[native_id],
            posted_at=posted_at,
            url=f"https://site.example/{native_id}",
        )


SITE = Site()


@source("Test", kind="forum", terms="https://example.com", history="all", example={}, fills=())
def fetch(http: Http, cursor: Cursor) -> Iterator[Page]:
    """Yield the site's posts, newest first."""
    yield from newest_first(http, cursor, SITE.listing)


def recheck(http: Http, native_ids: Sequence[str]) -> Iterator[Page]:
    """Yield what became of posts."""
    here = [SITE.mention(native_id) for native_id in native_ids if native_id in SITE.posts]
    yield Page(here, {}, deleted=[native_id for native_id in native_ids if native_id not in SITE.posts])


@pytest.fixture
def site() -> Iterator[Site]:
    SITE.__init__()  # type: ignore[misc]
    yield SITE


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    file = tmp_path / "allears.toml"
    file.write_text('[[feeds]]\nname = "hn"\nsource = "hackernews"\nquery = "x"\n')
    with open_desk(load_config(file)) as opened:
        monkeypatch.setattr(opened, "now", lambda: START + 100 * DAY)
        yield opened


def a_feed(name: str = "posts", card: Source = fetch, **options: Any) -> Feed:
    return Feed(name, card, card.kind, None, options, "hash")


def a_source(name: str, walk: Any) -> Source:
    walk.__module__ = "connectors.source"  # where there is no recheck
    return Source(name, walk, name, "forum", "https://example.com", "-", {}, ())


def count(desk: Desk) -> int:
    return int(desk.warehouse.rows("SELECT count(*) FROM mentions")[0][0])


def test_what_was_edited_is_replaced_and_what_was_deleted_is_removed(desk: Desk, site: Site) -> None:
    collect(desk, a_feed())
    alert = "INSERT INTO alerts BY NAME SELECT 'k' AS key, 'r' AS rule, 'high' AS severity, 't' AS title, '' AS reason,"
    alert += " [] AS topics, [{'text': 'post 98 about coffee', 'url': 'https://site.example/98', 'source': 's'},"
    alert += " {'text': 'post 97 about coffee', 'url': 'https://site.example/97', 'source': 's'}] AS quotes,"
    desk.warehouse.write(f"{alert} now() AS raised_at, 0 AS attempts")
    site.posts["99"] = "edited"
    del site.posts["98"]
    report = collect(desk, a_feed())
    assert (report.status, report.changed, report.deleted) == ("ok", 1, 1)
    assert count(desk) == 99
    assert desk.warehouse.rows("SELECT text FROM mentions WHERE native_id = '99'") == [("edited",)]
    assert desk.warehouse.rows("SELECT quotes.text FROM (SELECT unnest(quotes) AS quotes FROM alerts)") == [
        ("post 97 about coffee",)
    ]
    desk.warehouse.settle([Brand("Coffee", query="coffee")])
    desk.warehouse.check()
    assert desk.warehouse.rows("SELECT count(*) FROM brand_mentions") == [(98,)]


def test_history_is_collected_in_its_span_and_goes_on_where_it_stopped(desk: Desk, site: Site) -> None:
    span = Span(START + 35 * DAY, START + 65 * DAY)
    site.fails_at = 5
    report = collect(desk, a_feed(), span=span)
    assert (report.status, report.fault) == ("failed", "unavailable")
    assert 0 < count(desk) < 30
    asked, site.fails_at = site.asked, None
    again = collect(desk, a_feed(), span=span)
    assert again.status == "ok"
    assert count(desk) == 30
    assert site.asked - asked < 7, "the head is looked at again, and then the walk goes on where it was"
    days = desk.warehouse.rows("SELECT min(day)::VARCHAR, max(day)::VARCHAR FROM mentions")
    assert days == [("2026-02-05", "2026-03-06")]
    assert collect(desk, a_feed()).new == 70, "the daily walk knows nothing of it"


def test_a_plan_says_what_a_backfill_would_do(desk: Desk, site: Site) -> None:
    span, now = Span(START + 35 * DAY), START + 100 * DAY
    site.fails_at = 4
    collect(desk, a_feed(), span=span)
    collect(desk, a_feed("another"))
    desk.warehouse.checkpoint()
    config, feeds = desk.config, [a_feed(), a_feed("another"), a_feed("third")]

    def steps(**only: bool) -> list[str]:
        held = {"missing": False, "failed": False} | only
        rows = desk.warehouse.rows
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("flows.backfill.look_up", lambda _, sql, values: _Answer(rows, sql, values))
            return [plan.step.partition(":")[0] for plan in plan_backfill(config, feeds, span, now, **held)]

    assert steps() == ["goes on", "starts", "starts"]
    assert steps(failed=True) == ["goes on", "skipped", "skipped"]
    site.fails_at = None
    collect(desk, a_feed(), span=span)
    assert steps() == ["starts", "starts", "starts"]


class _Answer:
    """The answer of the warehouse that the test itself holds open."""

    def __init__(self, rows: Any, sql: str, values: list[Any]) -> None:
        self._rows = rows(sql, values)

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(("feed", "oldest", "in_span", "backfill", "last_run"), r, strict=True)) for r in self._rows]


def test_a_quota_is_kept_over_runs(tmp_path: Path) -> None:
    file = tmp_path / "allears.toml"
    file.write_text('[[feeds]]\nname = "hn"\nsource = "hackernews"\nquery = "x"\n')
    for spent in (40.0, 80.0):
        with open_desk(load_config(file)) as desk, Http("youtube", ledger=desk.ledger) as http:
            assert http.spend("units", 40, limit=100, key="a key") == spent
    with open_desk(load_config(file)) as desk, Http("youtube", ledger=desk.ledger) as http:
        with pytest.raises(Unavailable, match="spent"):
            http.spend("units", 40, limit=100, key="a key")
        assert "a key" not in str(desk.warehouse.rows("FROM ops.quotas"))


def test_a_page_that_comes_again_and_again_ends_the_walk_with_what_came_before(desk: Desk) -> None:
    def stuck(http: Http, cursor: Cursor) -> Iterator[Page]:
        """Yield one page for ever."""
        while True:
            yield Page([SITE.mention("1")], {"page": 1})

    card = a_source("stuck", stuck)
    report = collect(desk, a_feed(card=card))
    assert (report.status, report.fault, report.new) == ("failed", "changed", 1)


def test_rejects_and_doubts_reach_the_report(desk: Desk) -> None:
    def odd(http: Http, cursor: Cursor) -> Iterator[Page]:
        """Yield a page with a reject and a doubt."""
        yield Page([SITE.mention("1")], {}, [Reject("item 2", "KeyError: 'id'", "{}")], suspect="it looks odd")

    card = a_source("odd", odd)
    report = collect(desk, a_feed(card=card))
    assert (report.status, report.message, report.rejects, report.new) == ("suspect", "it looks odd", 1, 1)


def test_a_feed_that_jumps_is_suspect_and_one_that_grows_is_not(desk: Desk) -> None:
    now = desk.now()

    def burst(name: str, days: int, a_day: int, today: int) -> None:
        posted = [now - n * DAY for n in range(1, days) for _ in range(a_day)] + [now] * today
        found = [
            Mention(source=name, native_id=str(number), text="coffee", posted_at=when)
            for number, when in enumerate(posted)
        ]

        def walk(http: Http, cursor: Cursor) -> Iterator[Page]:
            """Yield them all."""
            yield Page(found, {})

        collect(desk, a_feed(name, a_source(name, walk)))

    burst("jumps", 20, 9, 150)
    burst("grows", 20, 9, 60)
    burst("is new", 2, 9, 500)
    desk.warehouse.freshen([(name, name) for name in ("jumps", "grows", "is new")], now)
    rows = dict(desk.warehouse.rows("SELECT feed, status FROM freshness"))
    assert rows == {"jumps": "suspect", "grows": "ok", "is new": "ok"}
    ((reason,),) = desk.warehouse.rows("SELECT reason FROM freshness WHERE feed = 'jumps'")
    assert reason == "150 mentions in one day; the most in the 60 days before was 9"


def test_feeds_of_one_source_do_not_take_all_the_threads() -> None:
    apple = Source("apple", fetch.fetch, "A", "review", "https://example.com", "-", {}, ())
    feeds = [a_feed("a1", apple), a_feed("a2", apple), a_feed("a3", apple), a_feed("b")]
    assert [feed.name for feed in mixed(feeds)] == ["a1", "b", "a2", "a3"]
