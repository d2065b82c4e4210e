"""What a lake costs beside a file: landing by one process and by several, then each step of a run over history."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psycopg
import pyarrow as pa

from bench.machine import note, print_machine, print_table
from connectors.mention import Mention
from warehouse import tables
from warehouse.brands import Brand
from warehouse.compact import tidy
from warehouse.lake import Lake
from warehouse.publish import publish
from warehouse.store import OneFile, Store
from warehouse.warehouse import Batch, Walk, Warehouse

HERE = Path(__file__).parent
BRANDS = [Brand(f"brand{n}", n > 0, f'"brand{n}"') for n in range(8)]
PAGE, PAGES, CHUNK, DAYS, LAID_AT_ONCE = 10_000, 6, 2_000, 700, 500_000
HISTORY = 1_000_000
WRITERS = (1, 2, 3)


class Place(NamedTuple):
    """A store as words on a command line: `catalog` is empty for a file."""

    catalog: str
    data: str

    def store(self) -> Store:
        """Return the store."""
        return Lake(self.catalog, self.data) if self.catalog else OneFile(Path(self.data))


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables. Databases called allears_bench_… are made in the PostgreSQL that is named, and dropped."""
    parser = argparse.ArgumentParser("python -m bench.lake", description=__doc__)
    parser.add_argument("--postgres", required=True, help='how to reach it, such as "host=127.0.0.1 user=postgres"')
    parser.add_argument("--history", type=int, default=HISTORY, help="mentions that are there before the steps")
    options = parser.parse_args(argv)
    print_machine("duckdb", "duckdb-extension-ducklake", "psycopg")
    with tempfile.TemporaryDirectory() as folder:
        landed = [["a file, 1 process", *_landed(Place("", f"{folder}/landed.duckdb"), 1)]]
        for count in WRITERS:
            with _database(options.postgres, f"allears_bench_{count}") as catalog:
                landed.append([f"a lake, {count} processes", *_landed(Place(catalog, f"{folder}/{count}"), count)])
        note("landed")
        alone = dict(_steps(OneFile(Path(folder, "steps.duckdb")), Path(folder, "file"), options.history))
        with _database(options.postgres, "allears_bench_steps") as catalog:
            shared = dict(_steps(Lake(catalog, f"{folder}/steps"), Path(folder, "lake"), options.history))
    print_table(f"Landing pages of {PAGE:,}", ["where", "mentions", "seconds", "mentions/s"], landed)
    rows = [[step, seconds, shared[step], shared[step] / seconds] for step, seconds in alone.items()]
    print_table(f"Steps over {options.history:,} mentions", ["step", "a file, s", "a lake, s", "times"], rows)


@contextmanager
def _database(postgres: str, name: str) -> Iterator[str]:
    with psycopg.connect(f"{postgres} dbname=postgres", autocommit=True) as db:
        db.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        db.execute(f"CREATE DATABASE {name}")
        yield f"{postgres} dbname={name}"
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _landed(place: Place, writers: int) -> tuple[int, float, float]:
    """Land PAGES pages, shared by processes that start together; return mentions, seconds and their rate."""
    with Warehouse(place.store(), datetime.now(UTC)):
        pass  # made before it is timed
    command = [sys.executable, "-m", "bench.lake", "land", place.catalog, place.data, str(writers)]
    running = [
        subprocess.Popen([*command, str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for n in range(writers)
    ]
    for process in running:
        next(iter(process.stdout or ()))
    begun = time.perf_counter()
    for process in running:
        process.communicate("go\n")
        if process.returncode:
            raise SystemExit(f"a writer ended with {process.returncode}")
    seconds = time.perf_counter() - begun
    return PAGE * PAGES, seconds, PAGE * PAGES / seconds


def land(place: Place, writers: int, number: int) -> None:
    """Be one of the processes: open, say so, wait for the word, and land every page that is ours."""
    pages = [_mentions(page) for page in range(number, PAGES, writers)]
    walk = Walk(f"forum-{number}", "forum", "forum", "bench")
    with Warehouse(place.store(), datetime.now(UTC)) as warehouse:
        print("open", flush=True)
        sys.stdin.readline()
        for page in pages:
            warehouse.land(Batch(page, {}), walk, datetime.now(UTC))


def _steps(store: Store, folder: Path, history: int) -> Iterator[tuple[str, float]]:
    """Yield each step of a run over a warehouse that holds `history`, and its seconds."""
    now, walk = datetime.now(UTC), Walk("forum-0", "forum", "forum", "bench")
    with Warehouse(store, now) as warehouse:
        lay(warehouse, history)
        note(f"{store}: laid")
        page = _mentions(0)
        yield f"land {PAGE:,}", _timed(lambda: warehouse.land(Batch(page, {}), walk, now))
        yield f"land the same {PAGE:,} again", _timed(lambda: warehouse.land(Batch(page, {}), walk, now))
        yield f"keep {CHUNK:,} readings", _timed(lambda: _keep(warehouse))
        yield "brands and roll-ups", _timed(lambda: warehouse.settle(BRANDS))
        yield "checks", _timed(warehouse.check)
        yield "publish, checks included", _timed(lambda: publish(warehouse, folder, folder / "mart.duckdb", {}))
        if isinstance(store, Lake):
            note(f"{store}: tidied in {_timed(lambda: tidy(warehouse)):.1f} s")


def lay(warehouse: Warehouse, size: int) -> None:
    """Lay history as bench.warehouse lays it, straight into the tables."""
    warehouse.settle(BRANDS)
    warehouse.write("INSERT INTO topics SELECT n, 'topic ' || n, ['word'], now() FROM range(201) AS t (n)")
    told = {"last_day": date.today() - timedelta(2), "per_day": size // DAYS, "end_of_all": size}  # noqa: DTZ011
    for first in range(0, size, LAID_AT_ONCE):
        with warehouse.transaction({}) as db:
            for name, value in {**told, "first": first, "stop": min(size, first + LAID_AT_ONCE)}.items():
                db.execute(f"SET VARIABLE {name} = ?", [value])
            db.execute((HERE / "volume.sql").read_text())
            db.execute((HERE.parent / "warehouse" / "load" / "roll_up.sql").read_text())
    warehouse.write("DELETE FROM ops.rolled")


def _mentions(page: int) -> list[Mention]:
    midnight = datetime.combine(datetime.now(UTC).date() - timedelta(1), datetime.min.time(), UTC)
    return [
        Mention(
            source="forum",
            native_id=f"{page}-{n}",
            text=f"waited half an hour for one latte at brand{n % 8} and it was cold, number {page} {n}",
            posted_at=midnight + timedelta(seconds=n),
            url=f"https://forum.example/{page}/{n}",
            author=f"author {n % 4_000}",
            language="en",
        )
        for n in range(PAGE)
    ]


def _keep(warehouse: Warehouse) -> None:
    unread = warehouse.unread(CHUNK)
    told = {"reading": "read", "sentiment": "negative", "score": -0.5, "confidence": 0.9, "signals": ["complaint"]}
    rows = [
        {"mention_id": i, "text_hash": h} | told for i, h in zip(unread.mention_ids, unread.text_hashes, strict=True)
    ]
    vectors = np.random.default_rng(0).random((CHUNK // 10) * 384, np.float32)
    embeddings = pa.FixedSizeListArray.from_arrays(pa.array(vectors), 384)
    unplaced = pa.table({"mention_id": unread.mention_ids[: CHUNK // 10], "embedding": embeddings}, tables.UNPLACED)
    warehouse.keep_readings(tables.rows_table(rows, tables.READINGS), unplaced)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    if sys.argv[1:2] == ["land"]:
        catalog, data, writers, number = sys.argv[2:]
        land(Place(catalog, data), int(writers), int(number))
    else:
        main()
