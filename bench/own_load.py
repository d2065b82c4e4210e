"""Our side of bench.load; every step is a process of its own, so that its memory is too."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from connectors.mention import Mention
from flows.sections import LAND_ROWS
from warehouse.warehouse import Batch, Landed, Walk, Warehouse

FILL = Path(__file__).with_name("own_fill.sql")


def fill(file: Path, corpus: Path, rows: Path) -> dict[str, float]:
    """Make a warehouse that holds `corpus` (Parquet) laid in by SQL, and `rows` (JSON lines) landed by us."""
    lay(file, corpus)
    return land(file, rows)


def lay(file: Path, corpus: Path) -> None:
    """Make a warehouse that holds the mentions of `corpus`, as if they had been read long ago."""
    with Warehouse(file, datetime.now(UTC)):
        pass
    with duckdb.connect(file) as db:
        db.read_parquet(str(corpus)).create_view("corpus")
        db.execute(FILL.read_text())
        db.execute("DROP VIEW corpus")


def land(file: Path, rows: Path) -> dict[str, float]:
    """Land `rows` in the pages that a run lands, and return what it did and the seconds it took."""
    mentions = [_mention(json.loads(line)) for line in rows.open(encoding="utf-8")]
    pages = [mentions[start : start + LAND_ROWS] for start in range(0, len(mentions), LAND_ROWS)]
    with Warehouse(file, datetime.now(UTC)) as warehouse:
        begun = time.perf_counter()
        landed = [_land(warehouse, page) for page in pages]
        seconds = time.perf_counter() - begun
        begun = time.perf_counter()
        warehouse.checkpoint()
        checkpoint_s = time.perf_counter() - begun
    new, changed = sum(page.new for page in landed), sum(page.changed for page in landed)
    return {"seconds": seconds, "checkpoint_s": checkpoint_s, "new": new, "changed": changed}


def count(file: Path) -> dict[str, float]:
    """Return how many mentions and how many ids there are."""
    with Warehouse(file, datetime.now(UTC)) as warehouse:
        ((rows, ids),) = warehouse.rows("SELECT count(*), count(DISTINCT (mention_id, native_id)) FROM mentions")
    return {"rows": rows, "ids": ids}


def _land(warehouse: Warehouse, page: list[Mention]) -> Landed:
    walk, cursor = Walk("forum-1", "forum", "forum", "bench"), {"after": page[-1].native_id}
    return warehouse.land(Batch(page, cursor), walk, datetime.now(UTC))


def _mention(row: dict[str, str | None]) -> Mention:
    rating = row["rating"]
    return Mention(
        source="forum",
        native_id=str(row["native_id"]),
        text=str(row["text"]),
        posted_at=datetime.fromisoformat(str(row["posted_at"])),
        url=row["url"],
        author=row["author"],
        language="en",
        rating=None if rating is None else float(rating),
        rating_max=None if rating is None else 5,
    )


STEPS: dict[str, Callable[..., dict[str, float]]] = {"fill": fill, "land": land, "count": count}

if __name__ == "__main__":
    step, *paths = sys.argv[1:]
    print(json.dumps(STEPS[step](*map(Path, paths))))
