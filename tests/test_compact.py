"""The warehouse file written anew: smaller, the same in all it says, and whole whenever it is interrupted."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from connectors.mention import Mention
from warehouse import compact
from warehouse.brands import Brand
from warehouse.migrate import WarehouseError, draft_of, log_of
from warehouse.warehouse import Batch, Walk, Warehouse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
WALK = Walk("a", "forum", "forum", "x")
ROOT = Path(__file__).parents[1]
BRANDS = [Brand("A", feeds=("a",))]
CATALOG = """
    SELECT 'column', table_name, column_name, data_type, column_default, is_nullable::VARCHAR, comment
    FROM duckdb_columns() WHERE database_name = current_database()
    UNION ALL SELECT 'table', table_name, sql, NULL, NULL, NULL, comment
    FROM duckdb_tables() WHERE database_name = current_database()
    UNION ALL SELECT 'view', view_name, sql, NULL, NULL, NULL, comment
    FROM duckdb_views() WHERE NOT internal AND database_name = current_database()
    UNION ALL SELECT 'macro', function_name, macro_definition, parameters::VARCHAR, NULL, NULL, comment
    FROM duckdb_functions() WHERE NOT internal AND database_name = current_database()
    ORDER BY ALL
"""


def mentions(count: int, **fields: Any) -> list[Mention]:
    given = {"source": "forum", "posted_at": datetime(2026, 11, 20, 12, tzinfo=UTC)}
    return [Mention(native_id=str(i), text=f"Coffee {i} {i * 7919 % 104729}", **given | fields) for i in range(count)]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file in which most of what landed has gone again."""
    file = tmp_path_factory.mktemp("left") / "warehouse.duckdb"
    with Warehouse(file, NOW) as opened:
        opened.land(Batch(mentions(2_000), {"page": 2}), WALK, NOW)
        opened.settle(BRANDS)
        opened.checkpoint()
        opened.land(Batch([], {"page": 3}, deleted=[each.mention_id for each in mentions(1_900)]), WALK, NOW)
        opened.settle(BRANDS)
    return file


@pytest.fixture
def warehouse(left: Path, tmp_path: Path) -> Iterator[Warehouse]:
    file = Path(shutil.copy(left, tmp_path / "w's house.duckdb"))
    with Warehouse(file, NOW) as opened:
        yield opened


def holds(warehouse: Warehouse) -> list[Any]:
    tables = warehouse.rows("SELECT schema_name || '.' || table_name FROM duckdb_tables() ORDER BY ALL")
    rows = "SELECT t::VARCHAR FROM query_table(?) AS t ORDER BY ALL"
    return [(name, warehouse.rows(rows, [name])) for (name,) in tables]


class Rebuilt(NamedTuple):
    """A file that was written anew, and what it was before."""

    warehouse: Warehouse
    done: compact.Rebuilt | None
    size: int
    held: list[Any]
    catalog: list[Any]


@pytest.fixture(scope="module")
def rebuilt(left: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rebuilt]:
    file = Path(shutil.copy(left, tmp_path_factory.mktemp("rebuilt")))
    file.chmod(0o640)
    with Warehouse(file, NOW) as opened:
        held, catalog, size = holds(opened), opened.rows(CATALOG), file.stat().st_size
        yield Rebuilt(opened, compact.compact(opened, least_bytes=2**18), size, held, catalog)


def test_a_file_that_is_mostly_free_becomes_smaller_and_says_the_same(rebuilt: Rebuilt) -> None:
    warehouse, done, size, held, catalog = rebuilt
    assert done is not None
    assert (done.before > size / 2, done.after < done.before) == (True, True)
    assert warehouse.path.stat().st_size == done.after
    assert holds(warehouse) == held
    assert warehouse.rows(CATALOG) == catalog
    assert any(row[0] == "macro" for row in catalog) and any(row[0] == "view" and row[-1] for row in catalog)


def test_what_the_owner_allowed_others_stays_so(rebuilt: Rebuilt) -> None:
    assert rebuilt.warehouse.path.stat().st_mode & 0o777 == 0o640


def test_the_run_goes_on_with_the_new_file(rebuilt: Rebuilt) -> None:
    warehouse = rebuilt.warehouse
    assert warehouse.cursor(WALK) == {"page": 3}
    assert warehouse.land(Batch(mentions(2_001), {}), WALK, NOW).new == 1_901
    warehouse.settle(BRANDS)
    warehouse.check()


def test_little_free_room_is_left_to_the_next_days(warehouse: Warehouse) -> None:
    assert compact.compact(warehouse) is None  # less than 64 MB
    assert compact.compact(warehouse, least_share=0.99, least_bytes=0) is None


def test_a_file_that_another_connection_holds_is_left_alone(warehouse: Warehouse) -> None:
    with duckdb.connect(warehouse.path) as other:
        other.execute("CREATE TABLE ops.more (a INTEGER)")
        with pytest.raises(WarehouseError, match="open elsewhere"):
            compact.rebuild(warehouse)
    assert warehouse.rows("SELECT count(*) FROM mentions") == [(100,)]


def test_a_draft_that_was_left_behind_is_removed_at_the_next_start(warehouse: Warehouse) -> None:
    draft = draft_of(warehouse.path)
    draft.write_bytes(b"half")
    log_of(draft).write_bytes(b"half")
    with warehouse.put_down(), Warehouse(warehouse.path, NOW) as again:
        assert again.rows("SELECT count(*) FROM mentions") == [(100,)]
    assert [file.name for file in warehouse.path.parent.iterdir()] == [warehouse.path.name]


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.compact import rebuild
from warehouse.warehouse import Warehouse
with Warehouse(Path(sys.argv[1]), datetime.now(UTC)) as warehouse:
    while True:
        warehouse.write("INSERT INTO ops.quotas SELECT 'spent', count(*) + 1 FROM ops.quotas")
        print(flush=True)
        rebuild(warehouse)
"""


@pytest.mark.slow
def test_whoever_is_killed_while_writing_the_file_anew_loses_nothing(warehouse: Warehouse) -> None:
    path = warehouse.path
    with warehouse.put_down():
        for round_number in range(12):
            writer = subprocess.Popen([sys.executable, "-c", WRITER, path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.037 * round_number)
            os.kill(writer.pid, signal.SIGKILL)
            told = round_number + 1 + len(writer.stdout.readlines())
            writer.wait()
            with Warehouse(path, NOW) as again:
                again.check()
                ((kept, mentions_kept),) = again.rows(
                    "SELECT (SELECT count(*) FROM ops.quotas), count(*) FROM mentions"
                )
            assert (kept >= told, mentions_kept) == (True, 100)
