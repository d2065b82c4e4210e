"""What people say of single mentions, kept for ever and shown instead of what the models say.

A correction is of the text that the person read. When the text changes it is kept, and the model's reading of the new
text is shown; should the old text come back, so does the correction. Neither a rereading nor the deletion and return of
a mention touches it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from warehouse import tables
from warehouse.migrate import HERE
from warehouse.tables import rows_table, utc
from warehouse.warehouse import LOAD, Warehouse

QUESTIONS = HERE / "questions"
CORRECTED = """
    SELECT concat_ws('. ', title, text) AS text, sentiment FROM mentions WHERE corrected AND text <> ''
    ORDER BY mention_id
"""


class Correction(NamedTuple):
    """The sentiment that a person gives a mention, named by its mention_id or url; `place` is where this stands."""

    place: str
    mention: str
    sentiment: str
    note: str | None = None


def faults(warehouse: Warehouse, given: Sequence[Correction]) -> Iterator[tuple[str, str]]:
    """Yield place and fault of every correction that names no mention, several, or one that was named before."""
    _match(warehouse, given)
    for place, mention, ids, first in warehouse.rows((QUESTIONS / "faults.sql").read_text()):
        if not ids:
            yield place, f"no mention has the id or the link {mention!r}{_hint(mention)}"
        elif len(ids) > 1:
            yield place, f"{len(ids)} mentions have the link {mention!r}; name one by its id: {', '.join(ids)}"
        else:
            yield place, f"{mention!r} is the mention of {first} again"


def correct(warehouse: Warehouse, given: Sequence[Correction], now: datetime) -> None:
    """Keep corrections without faults, each in place of an older one of its mention; `settle` shows them."""
    _match(warehouse, given)
    with warehouse.transaction({}) as db:
        db.execute("SET VARIABLE corrected_at = ?::TIMESTAMP", [utc(now)])
        db.execute((LOAD / "withdraw.sql").read_text())
        db.execute((LOAD / "correct.sql").read_text())


def corrected(warehouse: Warehouse) -> pa.Table:
    """Return text and sentiment of the mentions whose sentiment a person set, as the models are given the text."""
    with warehouse.transaction({}) as db:
        return db.execute(CORRECTED).to_arrow_table()


def undo(warehouse: Warehouse, mention: str) -> int:
    """Take back the correction of `mention`, an id or a link, and return how many there were; `settle` follows."""
    with warehouse.transaction({"asked": rows_table([{"mention": mention}], tables.CORRECTIONS)}) as db:
        db.execute((LOAD / "match_corrected.sql").read_text())
        ((count,),) = db.execute("SELECT count(*) FROM matched").fetchall()
        db.execute((LOAD / "withdraw.sql").read_text())
    return int(count)


def _match(warehouse: Warehouse, given: Sequence[Correction]) -> None:
    rows = [{"row": row} | one._asdict() for row, one in enumerate(given)]
    with warehouse.transaction({"asked": rows_table(rows, tables.CORRECTIONS)}) as db:
        db.execute((LOAD / "match_mentions.sql").read_text())


def _hint(mention: str) -> str:
    rounded = "E+" in mention.upper()
    return "; a spreadsheet has rounded this id, use the link" if rounded else ""
