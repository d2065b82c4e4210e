"""Mentions that say the same as one story. nlp signs what they say; who is together with whom is SQL here."""

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from warehouse.tables import ID
from warehouse.warehouse import Warehouse

LOAD = Path(__file__).parent / "load"
SIGNED = pa.schema({"mention_id": ID, "text_hash": ID, "text_key": ID})
SIGNATURES = pa.schema({"text_key": ID, "shingles": pa.int32(), "low": pa.binary(), "high": pa.binary()})
BANDS = pa.schema({"text_key": ID, "bucket": pa.uint32()})


class Unsigned(NamedTuple):
    """Mentions that are in no story yet: parallel lists. `owners` says whose copies a short text can have."""

    mention_ids: list[int]
    text_hashes: list[int]
    texts: list[str]
    owners: list[str]


class Signed(NamedTuple):
    """What mentions say, as SIGNED, and the signatures of their different texts, as SIGNATURES and BANDS."""

    signed: pa.Table = SIGNED.empty_table()
    signatures: pa.Table = SIGNATURES.empty_table()
    bands: pa.Table = BANDS.empty_table()


def unsigned(warehouse: Warehouse, limit: int) -> Unsigned:
    """Return up to `limit` mentions that are in no story yet: new ones, and ones that landed again."""
    with warehouse.transaction({}) as db:
        db.execute((LOAD / "story_words.sql").read_text())
        columns = zip(*db.execute((LOAD / "unsigned_stories.sql").read_text(), [limit]).fetchall(), strict=True)
    return Unsigned(*([list(column) for column in columns] or [[], [], [], []]))


def keep_stories(warehouse: Warehouse, texts: Signed) -> None:
    """Put the mentions in `texts` into stories, and take out of theirs the mentions that are gone.

    A mention that changed since it was signed stays in no story until it is signed again.
    """
    with warehouse.transaction({f"new_{name}": table for name, table in texts._asdict().items()}) as db:
        db.execute((LOAD / "story_words.sql").read_text())
        db.execute((LOAD / "group_stories.sql").read_text())


def has_gone(warehouse: Warehouse) -> bool:
    """Return whether mentions that were put into a story are not there any more."""
    sql = "SELECT count(*) FROM ops.signed WHERE mention_id NOT IN (SELECT mention_id FROM mentions)"
    return bool(warehouse.rows(sql)[0][0])
