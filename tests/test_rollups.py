"""The roll-ups that questions are asked of, through the warehouse, on real DuckDB files."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.mention import Mention
from flows.stories import group_stories
from warehouse import tables
from warehouse.brands import Brand
from warehouse.migrate import SCHEMA, WarehouseError, migrate
from warehouse.tables import rows_table
from warehouse.warehouse import Batch, Walk, Warehouse

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BRANDS = [Brand("Harbor", query="harbor"), Brand("Bluebird", competitor=True, query="bluebird")]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    with Warehouse(path, NOON):
        return path


@pytest.fixture
def warehouse(empty: Path, tmp_path: Path) -> Iterator[Warehouse]:
    shutil.copyfile(empty, tmp_path / "warehouse.duckdb")
    with Warehouse(tmp_path / "warehouse.duckdb", NOON) as opened:
        yield opened


def mention(native_id: str, text: str, **fields: Any) -> Mention:
    own = {"source": "forum", "author": f"author {native_id}", "posted_at": NOON, "native_id": native_id, "text": text}
    return Mention(**own | fields)


def land(warehouse: Warehouse, *mentions: Mention, deleted: tuple[int, ...] = ()) -> None:
    warehouse.land(Batch(mentions, {}, deleted=deleted), Walk("forum", "forum", "forum", "x"), NOON)
    group_stories(warehouse)
    warehouse.settle(BRANDS)


def read(warehouse: Warehouse, **signals: list[str]) -> None:
    """Keep signals by native_id, and an opinion of each mention on two aspects."""
    unread = warehouse.unread(100)
    names = dict(warehouse.rows("SELECT mention_id, native_id FROM mentions"))
    keys = [{"mention_id": m, "text_hash": h} for m, h in zip(unread.mention_ids, unread.text_hashes, strict=True)]
    felt = {"reading": "read", "sentiment": "positive", "score": 0.9, "confidence": 0.9}
    rows = [key | felt | {"signals": signals.get(names[key["mention_id"]], [])} for key in keys]
    said = [("price", "negative"), ("price", "positive"), ("price", "positive"), ("staff", "negative")]
    about = {"term": "x", "quote": "x", "score": 0.0, "confidence": 0.9}
    aspects = [key | about | {"aspect": aspect, "sentiment": s} for key in keys for aspect, s in said]
    warehouse.keep_readings(
        rows_table(rows, tables.READINGS), rows_table([], tables.UNPLACED), rows_table(aspects, tables.READ_ASPECTS)
    )
    warehouse.settle(BRANDS)


def test_a_mention_that_goes_leaves_no_number_behind(warehouse: Warehouse) -> None:
    both = mention("a", "harbor beats bluebird #Latte", likes=3)
    land(warehouse, both, mention("b", "harbor is mine"))
    read(warehouse, a=["praise", "request"])
    warehouse.check()
    assert warehouse.rows("SELECT brand, other FROM brand_pairs ORDER BY ALL") == [
        ("Bluebird", "Harbor"),
        ("Harbor", "Bluebird"),
    ]
    signals = "SELECT mentions, praise, request, advocacy, points > 1 FROM daily_signal WHERE brand = 'Harbor'"
    assert warehouse.rows(signals) == [(2, 1, 1, 1, True)]
    land(warehouse, deleted=(both.mention_id,))
    warehouse.check()
    assert warehouse.rows(signals) == [(1, 0, 0, 0, False)]
    for table in ("brand_pairs", "signal_mentions"):
        assert warehouse.rows(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608  our own words
    assert warehouse.rows("SELECT sum(mentions) FROM hourly_brand") == [(1,)]
    assert warehouse.rows("SELECT DISTINCT brand FROM daily_word") == [("Harbor",)]


def test_an_aspect_counts_once_as_most_of_its_terms_are(warehouse: Warehouse) -> None:
    land(warehouse, mention("a", "harbor"))
    read(warehouse)
    rows = warehouse.rows("SELECT aspect, mentions, negative, neutral, positive FROM daily_aspect ORDER BY aspect")
    assert rows == [("price", 1, 0, 0, 1), ("staff", 1, 1, 0, 0)]


def test_words_are_small_without_punctuation_numbers_and_links_and_count_once_a_mention(warehouse: Warehouse) -> None:
    text = (
        "Harbor: «GRÖSSE», don't, 'quoted' half-price half-price -- 100 3.5 ab https://x.example/path?q=1 #Latte! @Jo_B"
    )
    land(warehouse, mention("a", text, title="Harbor/Kaffee\nnow"), mention("b", "harbor, again"))
    rows = dict(warehouse.rows("SELECT word, mentions FROM daily_word WHERE brand = 'Harbor'"))
    wanted = {"harbor", "größe", "grösse", "don't", "quoted", "half-price", "#latte", "@jo_b", "kaffee", "now", "again"}
    assert rows.keys() <= wanted and wanted - rows.keys() <= {"größe", "grösse"}
    assert (rows["harbor"], rows["half-price"]) == (2, 1)
    assert warehouse.rows("SELECT DISTINCT looked_at FROM daily_word") == [(2,)]


def test_words_are_not_counted_again_for_a_new_reading(warehouse: Warehouse) -> None:
    land(warehouse, mention("a", "harbor coffee"))
    warehouse.write("UPDATE daily_word SET word = 'kept'")
    read(warehouse)
    assert set(warehouse.rows("SELECT word FROM daily_word")) == {("kept",)}
    land(warehouse, mention("a", "harbor tea"))
    assert set(warehouse.rows("SELECT word FROM daily_word")) == {("harbor",), ("tea",)}


def test_a_copy_found_later_is_no_story_of_its_own(warehouse: Warehouse) -> None:
    story = "The council voted last night to keep the old harbour market open until the end of the coming year. " * 2
    land(warehouse, mention("a", f"Harbor. {story}"))
    stories = "SELECT day::VARCHAR, mentions, stories FROM daily_feed WHERE brand = 'Harbor' ORDER BY day"
    assert warehouse.rows(stories) == [("2026-11-20", 1, 1)]
    land(
        warehouse, mention("b", f"Harbor. {story}", posted_at=NOON - timedelta(days=1))
    )  # posted first, heard of later
    assert warehouse.rows(stories) == [("2026-11-19", 1, 1), ("2026-11-20", 1, 0)]


def test_a_fault_in_a_roll_up_stops_the_publishing(warehouse: Warehouse) -> None:
    land(warehouse, mention("a", "harbor beats bluebird"))
    warehouse.write("UPDATE brand_pairs SET mention_id = 1")
    with pytest.raises(WarehouseError, match="brand_pairs and signal_mentions name 1 mentions that are not there"):
        warehouse.check()


def test_an_older_file_gets_the_roll_ups_when_it_settles(tmp_path: Path) -> None:
    older, file = tmp_path / "schema", tmp_path / "warehouse.duckdb"
    older.mkdir()
    for step in sorted(SCHEMA.glob("00[1-4]_*.sql")):
        shutil.copy(step, older)
    (tmp_path / "views").mkdir()
    migrate(file, NOON, schema=older, views=tmp_path / "views")
    with duckdb.connect(file) as db:
        db.execute("""
            INSERT INTO mentions BY NAME SELECT
                7 AS mention_id, 'forum' AS source, 'forum' AS feed, 'forum' AS kind, 'a' AS native_id, 7 AS story_id,
                'harbor coffee' AS text, TIMESTAMP '2026-11-20 12:00' AS posted_at, TRUE AS posted_at_known,
                DATE '2026-11-20' AS day, 'unread' AS reading, TIMESTAMP '2026-11-20' AS first_seen_at,
                1 AS text_hash, 1 AS item_hash
        """)
    with Warehouse(file, NOON) as warehouse:
        warehouse.settle(BRANDS)
        warehouse.check()
        assert warehouse.rows("SELECT hour, mentions FROM hourly_brand WHERE brand = 'Harbor'") == [(12, 1)]
        assert warehouse.rows("SELECT word FROM daily_word ORDER BY word") == [("coffee",), ("harbor",)]
