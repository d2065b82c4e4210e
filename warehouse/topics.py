"""Topics that are found among the mentions that none of the known ones is near to."""

import pyarrow as pa

from warehouse.warehouse import LOAD, Warehouse

UNPLACED_LIMIT = 20_000  # embeddings kept for finding topics: 30 MB, and k-means over them takes seconds
DROP_OLD = """
    DELETE FROM ops.unplaced WHERE mention_id NOT IN
    (SELECT mention_id FROM ops.unplaced ORDER BY posted_at DESC LIMIT ?)
"""
NEWEST = """
    SELECT mention_id, concat_ws('. ', title, text) AS text, embedding
    FROM ops.unplaced JOIN mentions USING (mention_id) ORDER BY mention_id
"""


def unplaced(warehouse: Warehouse) -> pa.Table:
    """Return mention_id, text and embedding of the newest mentions that no topic is near to."""
    with warehouse.transaction({}) as db:
        db.execute(DROP_OLD, [UNPLACED_LIMIT])
        return db.execute(NEWEST).to_arrow_table()


def keep_topics(warehouse: Warehouse, found: pa.Table, placed: pa.Table) -> None:
    """Add topics (tables.FOUND_TOPICS) and give them the mentions in `placed` (tables.PLACED)."""
    with warehouse.transaction({"found": found, "placed": placed}) as db:
        db.execute((LOAD / "keep_topics.sql").read_text())
