"""A small mart, for the tests of those who read one: 600 mentions, 20 a day up to the day before NOW."""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from connectors.mention import Mention
from warehouse import tables
from warehouse.brands import Brand
from warehouse.publish import publish
from warehouse.tables import rows_table
from warehouse.warehouse import Batch, Walk, Warehouse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
BRANDS = [Brand("Harbor Coffee", feeds=("reviews",)), Brand("Bean There", competitor=True, query="bean")]
WALK = Walk("reviews", "appstore", "review", "x")


SIZE = 600


@cache
def _made() -> Path:
    """Return a warehouse file that the tests of this process copy: to make one takes a second."""
    file = Path(tempfile.mkdtemp(prefix="mart-")) / "warehouse.duckdb"
    with Warehouse(file, NOW) as warehouse:
        grow(warehouse, 0, SIZE)
    return file


def small_warehouse(folder: Path) -> Warehouse:
    """Return a warehouse in `folder` with SIZE mentions, read and rolled up, of which nothing is published yet."""
    shutil.copyfile(_made(), folder / "warehouse.duckdb")
    return Warehouse(folder / "warehouse.duckdb", NOW)


def mention(number: int, **fields: Any) -> Mention:
    """Return one of many mentions, the higher the number the older."""
    plain = {
        "source": "appstore",
        "native_id": str(number),
        "text": f"Bean number {number}" if number % 3 == 0 else f"Cup number {number}",
        "author": f"author {number % 7}",
        "posted_at": NOW - timedelta(days=1 + number // 20, minutes=number % 20),
        "rating": 1.0 + number % 5,
        "rating_max": 5.0,
    }
    return Mention(**plain | fields)


def grow(warehouse: Warehouse, first: int, stop: int, **fields: Any) -> None:
    """Land, read and roll up the mentions from number `first` to before `stop`."""
    warehouse.land(Batch([mention(number, **fields) for number in range(first, stop)], {}), WALK, NOW)
    unread = warehouse.unread(1_000_000)
    scores = [(mention_id % 21 - 10) / 10 for mention_id in unread.mention_ids]
    rows = [
        {"mention_id": i, "text_hash": h, "language": "en", "reading": "read", "score": s, "signals": ["praise", "bug"]}
        | {"sentiment": "negative" if s < 0 else "positive", "confidence": 0.9, "model": "test"}
        for i, h, s in zip(unread.mention_ids, unread.text_hashes, scores, strict=True)
    ]
    warehouse.keep_readings(rows_table(rows, tables.READINGS), rows_table([], tables.UNPLACED))
    warehouse.settle(BRANDS)
    warehouse.freshen([(WALK.feed, WALK.source)], NOW)


def publish_to(warehouse: Warehouse, folder: Path) -> Path:
    """Publish into `folder` and return the pointer that readers open."""
    about = {"run_id": "test", "published_at": datetime.now(UTC).isoformat()}
    publish(warehouse, folder / "published", folder / "mart.duckdb", about)
    return folder / "mart.duckdb"
