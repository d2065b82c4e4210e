"""A lake, in a real PostgreSQL with files on disk and in an object store, written by several processes at once."""

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb
import pytest

from tests.lakes import Postgres, new_lake, postgres
from tests.marts import BRANDS, NOW, SIZE, WALK, grow, mention
from tests.town_mart import facts, lay_mart, town_brands
from warehouse.compact import tidy
from warehouse.forget import Author, Person, forget
from warehouse.lake import Lake, ObjectStore
from warehouse.mart import ask
from warehouse.migrate import WarehouseError
from warehouse.own import OwnTable, bring_tables
from warehouse.publish import publish
from warehouse.questions import all_questions, answer
from warehouse.turns import Lost, again
from warehouse.warehouse import Batch, Warehouse

pytestmark = pytest.mark.servers
COUNT = "SELECT count(*), count(DISTINCT mention_id) FROM mentions"
WRITER = """
import sys
from pathlib import Path
from tests.marts import BRANDS, NOW, WALK, mention
from warehouse.lake import Lake
from warehouse.warehouse import Batch, Walk, Warehouse

catalog, data, mine = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Warehouse(Lake(catalog, data), NOW) as warehouse:
    print("open", flush=True)
    for start in range(0, 600, 120):
        batch = Batch([mention(number) for number in range(start, start + 150)], {"at": start})
        print(warehouse.land(batch, WALK._replace(feed=f"feed {mine}"), NOW).new, flush=True)
    warehouse.settle(BRANDS)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.fixture
def lake(server: Postgres, tmp_path: Path) -> Lake:
    return new_lake(server.address, tmp_path / "data")


@pytest.fixture
def warehouse(lake: Lake) -> Iterator[Warehouse]:
    with Warehouse(lake, NOW) as opened:
        yield opened


def files(lake: Lake) -> list[Path]:
    return sorted(Path(lake.data).rglob("*.parquet"))


def published(warehouse: Warehouse, folder: Path) -> Path:
    publish(warehouse, folder / "published", folder / "mart.duckdb", {"published_at": NOW.isoformat()})
    return folder / "mart.duckdb"


def test_a_lake_and_a_file_publish_the_same_mart_and_answer_every_question_alike(lake: Lake, tmp_path: Path) -> None:
    folders = {store: tmp_path / ("lake" if store else "file") for store in (None, lake)}
    for folder in folders.values():
        folder.mkdir()
    one, other = (lay_mart(folder, facts(), town_brands(), store=store) for store, folder in folders.items())
    tables = "SELECT table_name FROM duckdb_tables() WHERE table_name NOT IN ('about', 'topics') ORDER BY ALL"
    assert ask(one, tables).rows == ask(other, tables).rows
    for (table,) in ask(one, tables).rows:
        assert rounded(ask(one, f"FROM {table} ORDER BY ALL").rows) == rounded(
            ask(other, f"FROM {table} ORDER BY ALL").rows
        ), table
    for question in all_questions():
        first, second, live = (answer(place, question, {}).answer for place in (one, other, lake))
        assert rounded(first.rows) == rounded(second.rows), question.name
        assert live.columns == first.columns, question.name  # its newest day is today's, not that of NOW


def rounded(rows: list[tuple[Any, ...]]) -> list[str]:
    """Return rows in an order of their own, sums of floats without the digits that the order of adding up changes."""
    plain = [tuple(round(value, 6) if isinstance(value, float) else value for value in row) for row in rows]
    return sorted(repr(row).replace("-0.0,", "0.0,") for row in plain)


def test_the_comments_of_the_tables_are_in_the_lake_and_in_what_it_publishes(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    sql = "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'mentions' AND comment IS NOT NULL"
    mart = published(warehouse, tmp_path)
    assert warehouse.rows(sql) == ask(mart, sql).rows != [(0,)]


def test_tables_of_one_s_own_go_through_a_lake_into_its_mart_with_what_they_mean(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "customers.csv").write_text("author,value\nauthor 1,900\nauthor 2,40\n")
    own = OwnTable("customers", tmp_path / "customers.csv", "Who pays what.", {"value": "Euro a year."})
    assert bring_tables(warehouse, [own]) == bring_tables(warehouse, [own]) == []
    mart = published(warehouse, tmp_path)
    assert ask(mart, "SELECT sum(value) FROM own.customers").rows == [(940,)]
    about = "SELECT comment FROM duckdb_tables() WHERE schema_name = 'own'"
    meaning = "SELECT comment FROM duckdb_columns() WHERE schema_name = 'own' AND column_name = 'value'"
    assert ask(mart, f"{about} UNION ALL {meaning}").rows == [("Who pays what.",), ("Euro a year.",)]
    bring_tables(warehouse, [])
    assert ask(published(warehouse, tmp_path), about).rows == []


def writers(lake: Lake, count: int) -> list[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITER, lake.catalog, lake.data]
    return [subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True) for n in range(count)]


def test_three_processes_that_bring_the_same_at_once_keep_each_mention_once(lake: Lake, tmp_path: Path) -> None:
    running = writers(lake, 3)
    told = [process.communicate(timeout=300)[0].split()[1:] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert sum(int(new) for each in told for new in each) == 630  # what is new to one is not new to the next
    with Warehouse(lake, NOW) as warehouse:
        assert warehouse.rows(COUNT) == [(630, 630)]
        assert warehouse.rows("SELECT count(*) FROM ops.also_seen") == [(2 * 630,)]
        warehouse.settle(BRANDS)
        assert ask(published(warehouse, tmp_path), COUNT).rows == [(630, 630)]


def test_a_writer_that_is_killed_loses_and_doubles_nothing_and_holds_up_nobody(lake: Lake) -> None:
    running = writers(lake, 3)
    victim = running[0]
    assert victim.stdout is not None
    for _ in range(3):  # open, and two batches
        victim.stdout.readline()
    victim.send_signal(signal.SIGKILL)
    assert [process.wait(timeout=300) for process in running] == [-signal.SIGKILL, 0, 0]
    with Warehouse(lake, NOW) as warehouse:
        assert warehouse.rows(COUNT) == [(630, 630)]
        warehouse.settle(BRANDS)
        warehouse.check()


def test_what_one_process_has_taken_is_nobody_else_s_until_it_gives_it_back_or_dies(lake: Lake) -> None:
    one, other = lake.locks(), lake.locks()
    assert one.take("a") and other.take("b")
    assert not other.take("a") and not one.take("a")
    one.give_back("a")
    assert other.take("a")
    other.close()
    deadline = time.monotonic() + 30  # PostgreSQL ends a session when it has seen that the other side is gone
    while not (one.take("a") and one.take("b")) and time.monotonic() < deadline:
        one.give_back("a")
        time.sleep(0.1)
    assert not one.take("a") and not one.take("b")  # they are ours
    one.close()


def test_a_catalog_that_is_started_again_in_the_middle_is_waited_for(
    server: Postgres, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    land = again(lambda numbers: warehouse.land(Batch([mention(n) for n in numbers], {}), WALK, NOW))
    land(range(100))
    server.stop()
    later = Thread(target=lambda: (time.sleep(3), server.start()))
    later.start()
    assert land(range(50, 150)).new == 50
    later.join()
    assert warehouse.rows(COUNT) == [(150, 150)]


def test_a_turn_that_was_lost_keeps_nothing(server: Postgres, warehouse: Warehouse) -> None:
    with pytest.raises(Lost), warehouse.transaction({}) as db:
        db.execute("DELETE FROM ops.runs")
        db.execute("INSERT INTO ops.runs VALUES ('x', NULL, NULL, 'x', NULL)")
        server.stop()
        server.start()
    assert warehouse.rows("SELECT count(*) FROM ops.runs") == [(0,)]


def test_somebody_who_takes_no_turn_makes_a_step_be_done_again(lake: Lake, warehouse: Warehouse) -> None:
    grow(warehouse, 0, 100)
    stranger, tried = lake.open(NOW), []

    @again
    def drop_the_oldest() -> None:
        with warehouse.transaction({}) as db:
            db.execute("DELETE FROM mentions WHERE posted_at = (SELECT min(posted_at) FROM mentions)")
            if not tried:
                stranger.execute("DELETE FROM mentions WHERE posted_at <= (SELECT min(posted_at) FROM mentions)")
            tried.append(1)

    drop_the_oldest()
    assert len(tried) == 2
    assert warehouse.rows("SELECT count(*) FROM mentions") == [(98,)]


def test_tidying_merges_files_and_drops_what_killed_writers_left_and_changes_no_row(
    lake: Lake, warehouse: Warehouse
) -> None:
    for start in range(0, SIZE, 100):
        grow(warehouse, start, start + 100)
    orphan = Path(lake.data) / "main" / "mentions" / "left.parquet"
    orphan.write_bytes(files(lake)[0].read_bytes())
    rows, before = warehouse.rows("FROM mentions ORDER BY ALL"), len(files(lake))
    tidy(warehouse)
    assert orphan.exists()  # for a writer may be about to commit it
    tidy(warehouse, keep=timedelta(0))
    assert not orphan.exists()
    assert len(files(lake)) < before / 3
    assert warehouse.rows("FROM mentions ORDER BY ALL") == rows
    warehouse.check()


def test_a_mart_of_some_days_has_the_counts_of_all(lake: Lake, warehouse: Warehouse, tmp_path: Path) -> None:
    grow(warehouse, 0, 100)
    some = replace(lake, mart_days=2)
    with Warehouse(some, NOW) as opened:
        mart = published(opened, tmp_path)
    assert ask(mart, "SELECT count(*), count(DISTINCT day) FROM mentions").rows == [(40, 2)]
    assert ask(mart, "SELECT sum(mentions) FROM daily_brand WHERE brand = 'Harbor Coffee'").rows == [(100,)]
    assert warehouse.rows(COUNT) == [(100, 100)]


def test_who_is_forgotten_is_in_no_file_of_the_lake(lake: Lake, warehouse: Warehouse) -> None:
    from warehouse.compact import rewrite

    grow(warehouse, 0, 100)
    grow(warehouse, 100, 200, author="Rosalind Q")
    assert any("Rosalind Q" in text_of(file) for file in files(lake))
    forget(warehouse, Person([Author("appstore", "Rosalind Q")], names=["Rosalind Q"]), NOW)
    warehouse.settle(BRANDS)
    rewrite(warehouse)
    assert warehouse.rows(COUNT) == [(100, 100)]
    assert not any("Rosalind Q" in text_of(file) for file in files(lake))


def text_of(file: Path) -> str:
    with duckdb.connect() as db:
        return repr(db.execute("FROM read_parquet(?)", [str(file)]).fetchall())


def test_a_lake_of_a_newer_program_is_refused(lake: Lake, warehouse: Warehouse) -> None:
    warehouse.write("INSERT INTO ops.migrations VALUES (999, '999_later', 'x', now(), '99.0')")
    with pytest.raises(WarehouseError, match=r"install allears >= 99\.0"):
        lake.open(NOW)


def test_a_catalog_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    nowhere = Lake("host=127.0.0.1 port=1 user=u password=hush dbname=x", str(tmp_path))
    with pytest.raises(WarehouseError, match=r"does not answer|cannot be opened") as caught:
        Warehouse(nowhere, NOW)
    assert "hush" not in str(caught.value)


@pytest.fixture
def object_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = str(held.getsockname()[1])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "reader")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", port]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as moto:
        for _ in range(300):
            try:
                urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/voices", method="PUT"))
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        moto.terminate()


def test_a_lake_in_an_object_store_lands_reads_tidies_and_publishes(
    server: Postgres, object_store: str, tmp_path: Path
) -> None:
    catalog = new_lake(server.address, tmp_path / "s3").catalog
    lake = Lake(catalog, "s3://voices/lake", ObjectStore(object_store, path_style=True))
    with Warehouse(lake, NOW) as warehouse:
        grow(warehouse, 0, 300)
        grow(warehouse, 200, SIZE)
        mart = published(warehouse, tmp_path)
        tidy(warehouse, keep=timedelta(0))
        assert warehouse.rows(COUNT) == [(SIZE, SIZE)]
    assert ask(mart, COUNT).rows == [(SIZE, SIZE)]
    listed = urllib.request.urlopen(f"{object_store}/voices?prefix=lake/main/mentions/").read().decode()
    assert ".parquet" in listed
