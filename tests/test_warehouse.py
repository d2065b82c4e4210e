"""The warehouse through its public surface, on real DuckDB files."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mention import Mention
from warehouse import tables
from warehouse.brands import Brand
from warehouse.mart import ask, describe
from warehouse.migrate import SCHEMA, WarehouseError, migrate
from warehouse.publish import publish
from warehouse.tables import rows_table
from warehouse.warehouse import Batch, Landed, Walk, Warehouse

ROOT = Path(__file__).parents[1]


@pytest.fixture
def warehouse(tmp_path: Path, now: datetime) -> Iterator[Warehouse]:
    with Warehouse(tmp_path / "warehouse.duckdb", now) as opened:
        yield opened


def mention(native_id: str = "1", **fields: Any) -> Mention:
    posted_at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return Mention(
        **{"source": "forum", "native_id": native_id, "text": f"Text {native_id}", "posted_at": posted_at} | fields
    )


def land(
    warehouse: Warehouse, *mentions: Mention, feed: str = "a", cursor: Any = None, at: datetime | None = None
) -> Landed:
    now = at or datetime(2026, 11, 22, 6, tzinfo=UTC)
    return warehouse.land(Batch(mentions, cursor or {}), Walk(feed, "forum", "forum", "x"), now)


def read_all(warehouse: Warehouse, sentiment: str = "negative") -> None:
    unread = warehouse.unread(1_000)
    rows = [
        {"mention_id": i, "text_hash": h, "language": "en", "reading": "read", "sentiment": sentiment, "score": -0.9}
        for i, h in zip(unread.mention_ids, unread.text_hashes, strict=True)
    ]
    warehouse.keep_readings(rows_table(rows, tables.READINGS), rows_table([], tables.UNPLACED))


def test_a_page_lands_with_its_cursor(warehouse: Warehouse) -> None:
    assert land(warehouse, mention("1"), mention("2"), cursor={"page": 2}) == Landed(2, 0, 0)
    assert warehouse.cursor(Walk("a", "forum", "forum", "x")) == {"page": 2}


def test_a_feed_whose_options_were_edited_starts_anew(warehouse: Warehouse) -> None:
    land(warehouse, mention(), cursor={"page": 2})
    assert warehouse.cursor(Walk("a", "forum", "forum", "other options")) == {}


def test_a_mention_seen_twice_is_one_row(warehouse: Warehouse) -> None:
    land(warehouse, mention("1"), mention("1"))
    assert land(warehouse, mention("1")) == Landed(0, 0, 0)
    assert warehouse.rows("SELECT count(*) FROM mentions") == [(1,)]


def test_an_edited_text_replaces_the_old_one_keeps_its_first_sight_and_is_read_again(
    warehouse: Warehouse, now: datetime
) -> None:
    land(warehouse, mention(text="It works"), at=now)
    read_all(warehouse)
    later = now + timedelta(days=1)
    assert land(warehouse, mention(text="It broke"), at=later) == Landed(0, 1, 0)
    row = warehouse.rows("SELECT text, first_seen_at, changed_at, reading, sentiment FROM mentions")
    assert row == [("It broke", tables.utc(now), tables.utc(later), "unread", None)]


def test_new_likes_keep_the_reading(warehouse: Warehouse) -> None:
    land(warehouse, mention(likes=1))
    read_all(warehouse)
    assert land(warehouse, mention(likes=7)) == Landed(0, 1, 0)
    assert warehouse.rows("SELECT likes, sentiment, language FROM mentions") == [(7, "negative", "en")]


def test_a_text_that_changed_while_it_was_read_stays_unread(warehouse: Warehouse) -> None:
    land(warehouse, mention(text="old"))
    unread = warehouse.unread(10)
    land(warehouse, mention(text="new"))
    row = {
        "mention_id": unread.mention_ids[0],
        "text_hash": unread.text_hashes[0],
        "reading": "read",
        "sentiment": "positive",
    }
    warehouse.keep_readings(rows_table([row], tables.READINGS), rows_table([], tables.UNPLACED))
    assert warehouse.unread(10).texts == ["new"]


def test_an_unknown_date_stays_the_first_time_it_was_collected(warehouse: Warehouse, now: datetime) -> None:
    land(warehouse, mention(posted_at=now, posted_at_known=False))
    assert land(warehouse, mention(posted_at=now + timedelta(days=3), posted_at_known=False)) == Landed(0, 0, 0)
    assert warehouse.rows("SELECT posted_at FROM mentions") == [(tables.utc(now),)]


def test_a_mention_of_two_bound_feeds_counts_for_both_brands(warehouse: Warehouse) -> None:
    brands = [Brand("A", feeds=("a",)), Brand("B", feeds=("b",))]
    land(warehouse, mention(), feed="a")
    warehouse.settle(brands)
    land(warehouse, mention(), feed="b")
    warehouse.settle(brands)
    assert warehouse.rows("SELECT brand FROM brand_mentions ORDER BY brand") == [("A",), ("B",)]


def test_an_edited_query_is_applied_to_history(warehouse: Warehouse) -> None:
    land(warehouse, mention("1", text="fresh coffee"), mention("2", text="green tea"))
    warehouse.settle([Brand("X", query="coffee")])
    assert warehouse.rows("SELECT sum(mentions) FROM daily_brand WHERE brand = 'X'") == [(1,)]
    warehouse.settle([Brand("X", query="coffee OR tea")])
    assert warehouse.rows("SELECT sum(mentions) FROM daily_brand WHERE brand = 'X'") == [(2,)]
    warehouse.settle([])
    assert warehouse.rows("SELECT count(*) FROM daily_brand WHERE brand = 'X'") == [(0,)]
    warehouse.check()


def test_roll_ups_follow_an_edit_to_another_day(warehouse: Warehouse) -> None:
    brands = [Brand("A", feeds=("a",))]
    land(warehouse, mention(rating=5, rating_max=5))
    warehouse.settle(brands)
    land(warehouse, mention(rating=1, rating_max=5, posted_at=datetime(2026, 11, 21, tzinfo=UTC)))
    warehouse.settle(brands)
    rows = warehouse.rows("SELECT day::VARCHAR, mentions, stars_sum, low_ratings FROM daily_brand")
    assert rows == [("2026-11-21", 1, 1.0, 1)]


def test_copies_of_a_long_text_are_one_story_and_short_ones_are_not(warehouse: Warehouse) -> None:
    story = "The council voted last night to keep the old harbour market open until the end of the coming year. " * 2
    land(
        warehouse,
        mention("1", text=story),
        mention("2", text=story.upper()),
        mention("3", text="Great"),
        mention("4", text="Great"),
    )
    assert warehouse.rows("SELECT count(DISTINCT story_id) FROM mentions") == [(3,)]


def test_rejects_are_kept_once(warehouse: Warehouse, now: datetime) -> None:
    for _ in range(2):
        warehouse.land(Batch([], {}, [("line 3", "no text", "a,b")]), Walk("a", "file", "own", "x"), now)
    assert warehouse.rows("SELECT feed, place, reason, raw FROM ops.rejects") == [("a", "line 3", "no text", "a,b")]


def test_a_failed_transaction_leaves_nothing(warehouse: Warehouse) -> None:
    land(warehouse, mention("1"), cursor={"page": 1})
    with pytest.raises(duckdb.Error):
        warehouse.keep_readings(rows_table([{"mention_id": 1}], tables.PLACED), rows_table([], tables.UNPLACED))
    assert land(warehouse, mention("2")) == Landed(1, 0, 0)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["land", "read", "settle"]),
        st.lists(
            st.tuples(
                st.integers(0, 12), st.sampled_from(["x", "coffee", "y" * 90]), st.integers(0, 4), st.integers(0, 3)
            ),
            max_size=8,
        ),
    ),
    max_size=12,
)


@settings(max_examples=5, deadline=None)
@given(EVENTS)
def test_whatever_lands_in_whatever_order_each_mention_is_there_once_and_the_roll_ups_agree(events: Any) -> None:
    brands = [Brand("Q", query="coffee"), Brand("F", feeds=("feed1",))]
    latest: dict[str, tuple[str, int, int]] = {}
    path = Path(os.environ["PREFECT_HOME"]) / f"{os.getpid()}-{time.monotonic_ns()}.duckdb"
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with Warehouse(path, now) as warehouse:
        for what, items in events:
            if what == "land":
                mentions = [
                    mention(str(i), text=t, likes=likes, posted_at=now - timedelta(days=d)) for i, t, d, likes in items
                ]
                land(warehouse, *mentions, feed=f"feed{len(items) % 2}")
                latest |= {str(i): (t, d, likes) for i, t, d, likes in items}
            elif what == "read":
                read_all(warehouse)
            else:
                warehouse.settle(brands)
        warehouse.settle(brands)
        warehouse.check()
        rows = warehouse.rows("SELECT native_id, text, day, likes FROM mentions")
    wanted = {(i, t, (now - timedelta(days=d)).date(), likes) for i, (t, d, likes) in latest.items()}
    assert set(rows) == wanted
    assert len(rows) == len(wanted)
    path.unlink()


def test_what_is_published_is_whole_documented_and_public_only(warehouse: Warehouse, tmp_path: Path) -> None:
    land(warehouse, mention())
    warehouse.settle([Brand("A", feeds=("a",))])
    pointer = tmp_path / "mart.duckdb"
    publish(warehouse, tmp_path / "published", pointer, {"run_id": "r1"})
    assert ask(pointer, "SELECT text FROM mentions").rows == [("Text 1",)]
    assert ask(pointer, "SELECT value FROM about WHERE name = 'mart_version'").rows == [("1",)]
    assert ask(pointer, "SELECT * FROM duckdb_tables() WHERE schema_name = 'ops'").rows == []
    undocumented = "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL"
    assert ask(pointer, undocumented).rows == []


def test_a_reader_goes_on_while_the_writer_publishes_and_the_last_three_stay(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    pointer = tmp_path / "mart.duckdb"
    publish(warehouse, tmp_path / "published", pointer, {})
    with duckdb.connect(pointer.resolve(), read_only=True) as reader:
        for number in range(4):
            land(warehouse, mention(str(number)))
            warehouse.settle([])
            publish(warehouse, tmp_path / "published", pointer, {})
            assert reader.execute("SELECT count(*) FROM mentions").fetchall() == [(0,)]
    assert ask(pointer, "SELECT count(*) FROM mentions").rows == [(4,)]
    assert sorted(file.name for file in (tmp_path / "published").iterdir()) == ["mart-3", "mart-4", "mart-5"]


def test_nothing_is_published_when_the_roll_ups_disagree(warehouse: Warehouse, tmp_path: Path) -> None:
    pointer = tmp_path / "mart.duckdb"
    publish(warehouse, tmp_path / "published", pointer, {})
    land(warehouse, mention())
    with pytest.raises(WarehouseError, match="touched mentions are not rolled up"):
        publish(warehouse, tmp_path / "published", pointer, {})
    assert pointer.resolve().parent.name == "mart-1"


def test_the_mart_is_asked_in_sql_and_cannot_be_written(warehouse: Warehouse, tmp_path: Path) -> None:
    pointer = tmp_path / "mart.duckdb"
    with pytest.raises(WarehouseError, match="allears run"):
        ask(pointer, "SELECT 1")
    publish(warehouse, tmp_path / "published", pointer, {})
    with pytest.raises(WarehouseError, match="read-only"):
        ask(pointer, "DELETE FROM mentions")


def test_every_table_view_and_column_of_the_contract_is_described() -> None:
    answer = describe()
    assert {"mentions", "brand_mentions", "daily_brand", "daily_topic", "freshness", "alerts"} <= {
        row[1] for row in answer.rows
    }
    assert all(row[4] and row[5] for row in answer.rows)


def test_an_older_file_is_migrated_after_a_copy_was_kept(tmp_path: Path, now: datetime) -> None:
    file, schema = tmp_path / "w.duckdb", tmp_path / "schema"
    shutil.copytree(SCHEMA, schema)
    newest = len(list(schema.glob("*.sql")))
    migrate(file, now, schema=schema)
    (schema / "999_second.sql").write_text("ALTER TABLE mentions ADD COLUMN sarcasm BOOLEAN;")
    migrate(file, now, schema=schema)
    with duckdb.connect(file) as db:
        assert db.execute("SELECT count(sarcasm) FROM mentions").fetchall() == [(0,)]
        assert db.execute("SELECT version FROM ops.migrations ORDER BY 1").fetchall()[-1] == (999,)
    assert (tmp_path / f"w.duckdb.schema-{newest}.bak").exists()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, now: datetime) -> None:
    file, schema = tmp_path / "w.duckdb", tmp_path / "schema"
    shutil.copytree(SCHEMA, schema)
    migrate(file, now, schema=schema)
    (schema / "999_bad.sql").write_text("ALTER TABLE mentions ADD COLUMN sarcasm BOOLEAN; SELECT * FROM nowhere;")
    with pytest.raises(WarehouseError, match="nothing was changed"):
        migrate(file, now, schema=schema)
    with duckdb.connect(file) as db, pytest.raises(duckdb.BinderException):
        db.execute("SELECT sarcasm FROM mentions")


def test_a_file_that_is_newer_or_no_warehouse_is_refused(tmp_path: Path, now: datetime) -> None:
    file, other = tmp_path / "w.duckdb", tmp_path / "other.duckdb"
    migrate(file, now)
    with duckdb.connect(file) as db:
        db.execute("INSERT INTO ops.migrations VALUES (99, '099_future', 'x', now(), NULL)")
    with pytest.raises(WarehouseError, match="update Allears"):
        migrate(file, now)
    with duckdb.connect(other) as db:
        db.execute("CREATE TABLE t (a INTEGER)")
    with pytest.raises(WarehouseError, match="no warehouse"):
        migrate(other, now)


WRITER = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from tests.test_warehouse import Brand, Walk, Warehouse, land, mention, read_all
with Warehouse(Path(sys.argv[1]), datetime.now(UTC)) as warehouse:
    page = warehouse.cursor(Walk("a", "forum", "forum", "x")).get("page", 0)
    while True:
        land(warehouse, *[mention(f"{page}-{i}") for i in range(50)], cursor={"page": page + 1})
        page += 1
        print(page, flush=True)
        if page % 3 == 0:
            read_all(warehouse)
            warehouse.settle([Brand("A", feeds=("a",))])
"""


def test_a_writer_that_is_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path, now: datetime) -> None:
    file = tmp_path / "w.duckdb"
    for round_number in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.13 * round_number)
        os.kill(writer.pid, signal.SIGKILL)
        told = [json.loads(line) for line in writer.stdout]
        writer.wait()
        with Warehouse(file, now) as warehouse:
            warehouse.settle([Brand("A", feeds=("a",))])
            warehouse.check()
            page = warehouse.cursor(Walk("a", "forum", "forum", "x"))["page"]
            assert page >= max(told, default=0)
            assert warehouse.rows("SELECT count(*), count(DISTINCT mention_id) FROM mentions") == [
                (50 * page, 50 * page)
            ]
