"""obsei's side of bench.load, run by obsei's own Python; every step is a process of its own."""

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from obsei.core.record import Author, Record, SourceRef  # type: ignore[import-not-found]
from obsei.store import Store  # type: ignore[import-not-found]
from obsei.store.duckdb_store import connect  # type: ignore[import-not-found]

FILL = Path(__file__).with_name("peer_fill.sql")


def fill(file: Path, corpus: Path, rows: Path) -> dict[str, float]:
    """Make a store that holds `corpus` (Parquet); exits unless the Store reads `rows`, which are of it, unchanged."""
    with Store(file, allow_unencrypted=True):
        pass
    with connect() as db:
        db.read_parquet(str(corpus)).create_view("corpus")
        db.execute(f"ATTACH '{file}' AS store")
        db.execute(FILL.read_text())
    records = _records(rows)
    with Store(file, allow_unencrypted=True) as store:
        if not all(store.get(record.id) for record in records) or store.changed(records):
            sys.exit("peer_fill.sql does not write what obsei's own code writes")
    return {"new": 0}


def land(file: Path, rows: Path) -> dict[str, float]:
    """Upsert `rows` (JSON lines) in one call, and return what it did and the seconds it took."""
    records = _records(rows)
    with Store(file, allow_unencrypted=True) as store:
        begun = time.perf_counter()
        done = store.upsert(records)
        seconds = time.perf_counter() - begun
        begun = time.perf_counter()
    checkpoint_s = time.perf_counter() - begun  # closing checkpoints
    return {"seconds": seconds, "checkpoint_s": checkpoint_s, "new": done.inserted, "changed": done.updated}


def count(file: Path) -> dict[str, float]:
    """Return how many records and how many ids there are."""
    with Store(file, allow_unencrypted=True) as store:
        rows = store.count()
    return {"rows": rows, "ids": rows}  # its id is a primary key


def _records(rows: Path) -> list[Record]:
    return [_record(json.loads(line)) for line in rows.open(encoding="utf-8")]


def _record(row: dict[str, str]) -> Record:
    return Record(
        source=SourceRef(type="forum", instance="bench", native_id=row["native_id"], url=row["url"]),
        text=row["text"],
        created_at=datetime.fromisoformat(row["posted_at"]),
        author=Author(pseudonym=row["pseudonym"]),
        rating=row["rating"],
        lang="en",
    )


STEPS: dict[str, Callable[..., dict[str, float]]] = {"fill": fill, "land": land, "count": count}

if __name__ == "__main__":
    step, *paths = sys.argv[1:]
    print(json.dumps(STEPS[step](*map(Path, paths))))
