"""History read again: new readings stay beside the ones that are shown until all are there, then replace them at once.

The caller holds the run's lock from `plan` to `switch`; a rereading that was stopped goes on with the same `reader`.
"""

from datetime import date
from typing import NamedTuple

import pyarrow as pa

from warehouse.warehouse import LOAD, Unread, Warehouse


class Plan(NamedTuple):
    """How many mentions are to be read again and how many of them have been, and by which model they were read."""

    due: int
    staged: int
    models: list[tuple[str | None, int]]


class Change(NamedTuple):
    """How many mentions went from one label to another; a mention without a sentiment has its `reading` for a label."""

    before: str
    after: str
    mentions: int


def languages(warehouse: Warehouse) -> list[str | None]:
    """Return every language that mentions are in."""
    return [language for (language,) in warehouse.rows("SELECT DISTINCT language FROM mentions ORDER BY ALL")]


def plan(
    warehouse: Warehouse, reader: str, readers: pa.Table, since: date | None = None, *, everything: bool = False
) -> Plan:
    """Note which mentions `chunk` gives: those posted since then whose model is not the one that would read them now.

    `readers` (tables.READERS) says which models would read a language; `everything` takes the others too. What is
    staged for `reader`, and has not changed since, is not due again.
    """
    with warehouse.transaction({"readers": readers}) as db:
        db.execute("SET VARIABLE reader = ?", [reader])
        db.execute("SET VARIABLE since = ?::DATE", [since])
        db.execute("SET VARIABLE everything = ?", [everything])
        db.execute((LOAD / "plan_rereading.sql").read_text())
        models = db.execute("SELECT model, count(*) FROM due GROUP BY ALL ORDER BY ALL").fetchall()
        ((due, staged),) = db.execute("SELECT count(*), count(*) FILTER (is_staged) FROM due").fetchall()
    return Plan(due, staged, models)


def chunk(warehouse: Warehouse, start: int, size: int) -> Unread:
    """Return the `size` planned mentions from number `start`, counted from 0, that are not staged; the newest first."""
    sql = """
        SELECT m.mention_id, m.text_hash, concat_ws('. ', m.title, nullif(m.text, '')), m.language
        FROM due AS d
        JOIN mentions AS m ON m.mention_id = d.mention_id
        WHERE d.place > ? AND d.place <= ?
        ORDER BY d.place
    """
    columns = zip(*warehouse.rows(sql, [start, start + size]), strict=True)
    return Unread(*([list(column) for column in columns] or [[], [], [], []]))


def stage(warehouse: Warehouse, reader: str, newest_topic: int, readings: pa.Table, aspects: pa.Table) -> None:
    """Keep new readings (tables.READINGS) and aspects (tables.READ_ASPECTS) beside the ones that are shown.

    What another reader had staged is dropped. `newest_topic` is the largest topic_id among which topics were chosen.
    """
    with warehouse.transaction({"readings": readings, "read_aspects": aspects}) as db:
        db.execute("SET VARIABLE reader = ?", [reader])
        db.execute("SET VARIABLE newest_topic = ?", [newest_topic])
        db.execute((LOAD / "stage_readings.sql").read_text())


def switch(warehouse: Warehouse, reader: str) -> list[Change]:
    """Show what is staged for `reader` instead of what was read before, and return what became of the labels.

    Mentions that a person corrected keep that label and are not counted.
    """
    with warehouse.transaction({}) as db:
        db.execute("SET VARIABLE reader = ?", [reader])
        db.execute((LOAD / "switch_readings.sql").read_text())
        db.execute((LOAD / "keep_readings.sql").read_text())
        return [Change(*row) for row in db.execute("FROM relabelled ORDER BY ALL").fetchall()]
