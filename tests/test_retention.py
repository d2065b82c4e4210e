"""What was kept long enough goes, and the numbers of it stay."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Cursor, Page, Source
from flows.collect import collect
from flows.config import ConfigError, Feed, load_config
from flows.desk import open_desk
from warehouse import retention, tables
from warehouse.brands import Brand
from warehouse.tables import rows_table
from warehouse.warehouse import Batch, Walk, Warehouse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
FEEDS = '[[feeds]]\nname = "talk"\nsource = "hackernews"\nquery = "coffee"\n'


def old_and_new(warehouse: Warehouse) -> None:
    """Land a review and a post of each of three days, 400, 100 and 0 days ago, and settle."""
    for days in (400, 100, 0):
        posted_at = NOW - timedelta(days=days)
        said = {"posted_at": posted_at, "text": f"coffee {days}", "author": "kim"}
        review = Mention(source="appstore", native_id=f"r{days}", rating=4, rating_max=5, **said)
        post = Mention(source="x", native_id=f"p{days}", likes=days, url=f"https://x.example/{days}", **said)
        warehouse.land(Batch([review], {}, [("line 1", "bad", f"raw {days}")]), STARS_WALK, posted_at)
        warehouse.land(Batch([post], {}), POSTS_WALK, posted_at)
    unread = warehouse.unread(100)
    ids = list(zip(unread.mention_ids, unread.text_hashes, strict=True))
    told = {"language": "en", "reading": "read", "sentiment": "negative", "score": -0.9, "topic_id": 1, "topic": "t"}
    heard = {"aspect": "product", "term": "coffee", "quote": "q", "sentiment": "negative", "score": -1, "confidence": 1}
    readings = rows_table([{"mention_id": i, "text_hash": h} | told for i, h in ids], tables.READINGS)
    aspects = rows_table([{"mention_id": i, "text_hash": h} | heard for i, h in ids], tables.READ_ASPECTS)
    warehouse.write("INSERT INTO topics VALUES (1, 't', ['t'], now()::TIMESTAMP)")
    warehouse.keep_readings(readings, rows_table([], tables.UNPLACED), aspects)
    warehouse.settle(BRANDS)


STARS_WALK, POSTS_WALK = Walk("stars", "appstore", "review", "x"), Walk("posts", "x", "social", "x")
BRANDS = [Brand("Harbor", query="coffee")]
OF_FEEDS = [("stars", "review"), ("posts", "social")]
TOPICS = "SELECT * EXCLUDE (score_sum) FROM daily_topic ORDER BY ALL"
TREND = "SELECT day, brand, source, mentions, read, negative, ratings, stars_sum FROM daily_brand ORDER BY ALL"


@pytest.fixture(scope="module")
def aged_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("aged") / "warehouse.duckdb"
    with Warehouse(file, NOW) as warehouse:
        old_and_new(warehouse)
    return file


@pytest.fixture
def aged(aged_file: Path, tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse(Path(shutil.copy(aged_file, tmp_path)), NOW) as warehouse:
        yield warehouse


def ago(days: int) -> date:
    return (NOW - timedelta(days=days)).date()


def test_what_was_kept_long_enough_goes_by_its_kind_and_the_trends_stay(aged: Warehouse) -> None:
    trend, topics = aged.rows(TREND), aged.rows(TOPICS)
    aged.write("INSERT INTO corrections SELECT mention_id, source, native_id, 'neutral', now(), 'n', 1 FROM mentions")
    assert retention.expire(aged, {"social": ago(365), "review": ago(90)}, OF_FEEDS, BRANDS) == 3
    kept = [("p0",), ("p100",), ("r0",)]
    assert aged.rows("SELECT native_id FROM mentions ORDER BY 1") == kept
    assert aged.rows("SELECT native_id FROM corrections ORDER BY 1") == kept
    assert aged.rows("SELECT count(*) FROM aspects") == [(3,)]
    assert aged.rows("SELECT raw FROM ops.rejects") == [("raw 0",)]
    assert (aged.rows(TREND), aged.rows(TOPICS)) == (trend, topics)
    aged.check()


def test_the_trends_of_old_days_stay_when_these_days_are_counted_again(aged: Warehouse) -> None:
    trend = aged.rows(TREND)
    retention.expire(aged, {"review": ago(90)}, OF_FEEDS, BRANDS)
    more = Mention(source="x", native_id="late", text="coffee", posted_at=NOW - timedelta(days=400))
    aged.land(Batch([more], {}), POSTS_WALK, NOW)
    aged.settle(BRANDS)
    aged.check()
    counted = dict(
        aged.rows("SELECT source, sum(mentions)::INTEGER FROM daily_brand WHERE brand IS NOT NULL GROUP BY 1")
    )
    assert counted == {"appstore": 3, "x": 4}
    retention.expire(aged, {"review": ago(90), "social": ago(90)}, OF_FEEDS, BRANDS)
    assert aged.rows("SELECT sum(mentions) FROM daily_brand WHERE brand IS NOT NULL") == [(7,)]
    assert aged.rows("SELECT count(*) FROM mentions") == [(2,)]
    aged.check()
    assert sum(row[3] for row in trend) == 6


def test_nothing_goes_without_a_limit_or_before_it(aged: Warehouse) -> None:
    assert retention.expire(aged, {}, OF_FEEDS, BRANDS) == 0
    assert retention.expire(aged, {"social": ago(400), "news": ago(1)}, OF_FEEDS, BRANDS) == 0


def test_what_is_too_old_is_not_collected_again(tmp_path: Path) -> None:
    file = tmp_path / "allears.toml"
    file.write_text("[retention]\nforum = 30\n" + FEEDS)
    old = Mention(source="hackernews", native_id="old", text="coffee", posted_at=datetime(2020, 1, 1, tzinfo=UTC))
    new = Mention(source="hackernews", native_id="new", text="coffee", posted_at=datetime.now(UTC))

    def walk_both(http: Http, cursor: Cursor) -> Iterator[Page]:
        """Yield an old and a new post."""
        yield Page([old, new], {})

    walk_both.__module__ = "connectors.source"
    source = Source("hackernews", walk_both, "HN", "forum", "https://example.com", "-", {}, ())
    with open_desk(load_config(file)) as desk:
        report = collect(desk, Feed("talk", source, "forum", None, {}, "x"))
        assert (report.seen, report.new, report.too_old) == (2, 1, 1)
        assert desk.warehouse.rows("SELECT too_old FROM ops.feed_runs") == [(1,)]


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("social = 0", "greater than 0"),
        ("video = 30", "unknown key 'video'; known are review, forum, social, news, own"),
        ('social = "a year"', r"social = 'a year'"),
    ],
)
def test_a_limit_that_cannot_be_is_named(tmp_path: Path, section: str, told: str) -> None:
    file = tmp_path / "allears.toml"
    file.write_text(f"[retention]\n{section}\n" + FEEDS)
    with pytest.raises(ConfigError, match=told):
        load_config(file)
