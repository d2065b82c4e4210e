"""Keeps what people said for as long as was decided, and the numbers of it for good.

daily_brand and daily_topic outlive the texts: what removed mentions had added to them is kept in ops.past_brand and
ops.past_topic and is part of every later count. It stays with the brands that they spoke of then. The finer roll-ups go
with the texts, for their words, hours and feeds can be a person's.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from warehouse import tables
from warehouse.brands import Brand
from warehouse.tables import rows_table
from warehouse.warehouse import LOAD, Warehouse

STEPS = ("remove", "roll_up", "expire")


def expire(
    warehouse: Warehouse, oldest: Mapping[str, date], feeds: Sequence[tuple[str, str]], brands: Sequence[Brand]
) -> int:
    """Remove the mentions posted before the day that `oldest` has for their kind, and return how many these were.

    Of `feeds`, given as (name, kind), what could not be read goes too. It is one transaction, after everything that
    waits was settled; stories that lose a mention are grouped anew when the run groups them.
    """
    if not (oldest and _is_due(warehouse, oldest, feeds)):
        return 0
    warehouse.settle(brands)
    with warehouse.transaction(_told(oldest, feeds)) as db:
        db.execute((LOAD / "find_expired.sql").read_text())
        db.execute((LOAD / "find_quotes.sql").read_text())
        for name in STEPS:
            db.execute((LOAD / f"{name}.sql").read_text())
        return int(db.execute("SELECT count(*) FROM doomed").fetchall()[0][0])


def _is_due(warehouse: Warehouse, oldest: Mapping[str, date], feeds: Sequence[tuple[str, str]]) -> bool:
    with warehouse.transaction(_told(oldest, feeds)) as db:
        return bool(db.execute((LOAD.parent / "questions" / "expired.sql").read_text()).fetchall()[0][0])


def _told(oldest: Mapping[str, date], feeds: Sequence[tuple[str, str]]) -> dict[str, pa.Table]:
    days = [{"kind": kind, "day": day} for kind, day in oldest.items()]
    of_feeds = [{"feed": feed, "day": oldest[kind]} for feed, kind in feeds if kind in oldest]
    return {"oldest": rows_table(days, tables.OLDEST), "feed_days": rows_table(of_feeds, tables.FEED_DAYS)}
