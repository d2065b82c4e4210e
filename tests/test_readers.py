"""Never locked, never wrong: readers go on while the mart is published, and what is not right is not published."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.unpublished import raise_unpublished
from tests.marts import NOW, grow, publish_to, small_warehouse
from warehouse.mart import ask
from warehouse.migrate import WarehouseError
from warehouse.warehouse import Warehouse

# Asks without pause until the file `stop` is there: on one connection, on a new one each time, or on ten at once. What
# a reader sees must agree with itself, and a connection must see one publication from its first to its last query.
READER = """
import json, os, sys, threading
from pathlib import Path
import duckdb

pointer, stop, how = sys.argv[1:]
os.nice(15)  # ten that never pause would leave the writer no time, on two cores
SUMS = '''
    SELECT
        (SELECT count(*) FROM mentions AS m LEFT JOIN brand_mentions AS b ON b.mention_id = m.mention_id),
        (SELECT sum(mentions)::BIGINT FROM daily_brand),
        (SELECT round(sum(score), 6) FROM mentions),
        (SELECT round(sum(score_sum), 6) FROM daily_brand WHERE brand = 'Harbor Coffee'),
        (SELECT count(*) FROM freshness)
'''
published, asked = set(), 0

def ask(db):
    global asked
    (at,), = db.execute("SELECT value FROM about WHERE name = 'published_at'").fetchall()
    (talk, rolled, scores, score_sums, feeds), = db.execute(SUMS).fetchall()
    assert (talk, scores, feeds) == (rolled, score_sums, 1), (talk, rolled, scores, score_sums, feeds)
    published.add(at)
    asked += 1
    return at

def hold(db):
    first = ask(db)
    while not Path(stop).exists():
        assert ask(db) == first, "a publication changed under a reader"
    assert ask(db) == first

print("ready", flush=True)
if how == "again":
    is_over = False
    while not is_over:
        is_over = Path(stop).exists()
        with duckdb.connect(pointer, read_only=True) as db:
            ask(db)
else:
    with duckdb.connect(pointer, read_only=True) as db:
        cursors = [db.cursor() for _ in range(9 if how == "ten" else 0)]
        others = [threading.Thread(target=hold, args=[cursor], daemon=True) for cursor in cursors]
        [other.start() for other in others]
        hold(db)
        [other.join() for other in others]
print(json.dumps([asked, len(published)]))
"""


LOST_FEED = """
    INSERT INTO ops.feed_runs BY NAME
    SELECT 'r' AS run_id, 'lost' AS feed, checked_at AS started_at, '' AS span FROM freshness
"""


@contextmanager
def reader(pointer: Path, stop: Path, how: str) -> Iterator[list[Any]]:
    """Run a reader while the context lasts; then the list says how often it asked, and how many marts it saw."""
    command = [sys.executable, "-c", READER, str(pointer), str(stop), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        told: list[Any] = []
        try:
            yield told
        finally:
            stop.touch()
        out, problem = process.communicate(timeout=60)
        assert problem == ""
        assert process.returncode == 0
        told += json.loads(out.splitlines()[-1])


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with small_warehouse(tmp_path_factory.mktemp("readers")) as opened:
        opened.write("INSERT INTO topics VALUES (1, 'cup', ['cup'], now())")
        publish_to(opened, opened.path.parent)
        yield opened


def publishes(warehouse: Warehouse, readers: list[str], times: int, rows: int) -> list[list[int]]:
    folder = warehouse.path.parent
    stop = folder / "stop"
    stop.unlink(missing_ok=True)
    pointer = publish_to(warehouse, folder)
    with ExitStack() as stack:
        told = [stack.enter_context(reader(pointer, stop, how)) for how in readers]
        for number in range(times):
            grow(warehouse, 1_000 + number * rows, 1_000 + (number + 1) * rows)
            publish_to(warehouse, folder)
    return told


def test_readers_go_on_while_the_mart_is_published_and_see_whole_states_only(warehouse: Warehouse) -> None:
    again, ten = publishes(warehouse, ["again", "ten"], times=2, rows=20)
    assert ten[0] >= 20 and ten[1] == 1
    assert again[1] > 1


@pytest.mark.slow
def test_ten_readers_at_once_through_many_publications(tmp_path: Path) -> None:
    with small_warehouse(tmp_path) as warehouse:
        told = publishes(warehouse, ["hold", "again"] * 5, times=20, rows=1_000)
    assert all(asked > 1 for asked, _ in told)
    assert all(seen == 1 for _, seen in told[::2])
    assert all(seen > 1 for _, seen in told[1::2])


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("UPDATE daily_brand SET score_sum = score_sum + 0.001", "daily_brand does not agree with the mentions on"),
        ("UPDATE daily_brand SET negative = negative + 1", "daily_brand does not agree"),
        ("DELETE FROM daily_brand WHERE brand IS NOT NULL", "brand_mentions and daily_brand do not agree on"),
        ("INSERT INTO daily_topic SELECT max(day), 'x', 1, 'cup', 1, 0, 0, 1, 1 FROM mentions", "daily_topic does"),
        ("UPDATE hourly_brand SET mentions = mentions + 1", "hourly_brand does not agree"),
        ("UPDATE daily_feed SET mentions = mentions - 1", "daily_feed does not agree"),
        ("UPDATE daily_signal SET mentions = mentions - 1", "daily_signal does not agree"),
        ("INSERT INTO mentions SELECT * FROM mentions", "ids are there more than once"),
        ("DELETE FROM mentions", "brand_mentions names .* mentions that are not there"),
        ("UPDATE mentions SET topic_id = 7, topic = 'x'", "mentions have a topic that is not there, such as 7"),
        ("UPDATE mentions SET reading = 'unread'", "mentions have a sentiment that nobody read"),
        ("INSERT INTO aspects SELECT 1, day, 'a', 't', 'q', 'neutral', 0, 1 FROM mentions", "aspects names"),
        ("INSERT INTO freshness SELECT * FROM freshness", "freshness names a feed twice"),
        (LOST_FEED, "freshness lacks 1 feeds that were collected, such as lost"),
    ],
)
def test_what_is_not_right_is_not_published(warehouse: Warehouse, damage: str, fault: str) -> None:
    pointer = warehouse.path.parent / "mart.duckdb"
    before = pointer.resolve()
    warehouse.write("BEGIN")
    try:
        warehouse.write("INSERT INTO ops.rolled SELECT DISTINCT day FROM mentions")
        warehouse.write(damage)
        with pytest.raises(WarehouseError, match=fault):
            publish_to(warehouse, warehouse.path.parent)
    finally:
        warehouse.write("ROLLBACK")
    assert pointer.resolve() == before
    assert ask(pointer, "SELECT count(*) > 0 FROM mentions").rows == [(True,)]


def test_only_the_days_since_the_last_mart_are_counted_again(warehouse: Warehouse) -> None:
    publish_to(warehouse, warehouse.path.parent)
    assert warehouse.rows("FROM ops.rolled") == []
    grow(warehouse, 0, 1, text="It was edited")
    assert [str(day) for (day,) in warehouse.rows("FROM ops.rolled")] == ["2026-11-21"]


def test_what_a_killed_publication_left_spoils_no_other(warehouse: Warehouse) -> None:
    folder = warehouse.path.parent / "published"
    (folder / "draft.duckdb").write_bytes(b"half")
    (folder / "draft.duckdb.wal").write_bytes(b"a log of another draft")
    pointer = publish_to(warehouse, warehouse.path.parent)
    assert ask(pointer, "SELECT count(*) > 0 FROM mentions").rows == [(True,)]
    assert not list(folder.glob("draft*"))


def test_a_published_copy_keeps_its_name_and_can_be_written_by_no_tool(warehouse: Warehouse) -> None:
    pointer = publish_to(warehouse, warehouse.path.parent)
    assert ask(pointer, "SELECT current_catalog()").rows == [("mart",)]
    assert stat.S_IMODE(pointer.stat().st_mode) & 0o222 == 0


def test_copies_that_an_older_version_published_are_counted_and_go(warehouse: Warehouse) -> None:
    folder = warehouse.path.parent / "published"
    (folder / "mart-70.duckdb").touch()
    names = {publish_to(warehouse, warehouse.path.parent).resolve().parent.name for _ in range(3)}
    assert names == {"mart-71", "mart-72", "mart-73"} == {file.name for file in folder.iterdir()}


def test_that_nothing_was_published_is_told_once_a_day(warehouse: Warehouse) -> None:
    for hours in (0, 1, 24):
        raise_unpublished(warehouse, "2 ids are there more than once", NOW + timedelta(hours=hours))
    alerts = warehouse.rows(
        "SELECT severity, reason, raised_at::DATE::VARCHAR FROM alerts WHERE rule = 'not_published'"
    )
    assert alerts == [("high", "2 ids are there more than once", day) for day in ("2026-11-22", "2026-11-23")]
