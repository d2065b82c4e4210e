"""Python records as Arrow tables, the fast way into DuckDB."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from connectors.mention import Mention

STORY_CHARS = 80  # shorter texts are the same by chance: "Great coffee, friendly staff"

MOMENT, ID = pa.timestamp("us"), pa.uint64()
ARRIVED = pa.schema(
    {
        "ordinal": pa.int64(),
        "mention_id": ID,
        "source": pa.string(),
        "feed": pa.string(),
        "kind": pa.string(),
        "native_id": pa.string(),
        "parent_id": pa.string(),
        "url": pa.string(),
        "title": pa.string(),
        "text": pa.string(),
        "author": pa.string(),
        "language": pa.string(),
        "country": pa.string(),
        "posted_at": MOMENT,
        "posted_at_known": pa.bool_(),
        "day": pa.date32(),
        "rating": pa.float64(),
        "rating_max": pa.float64(),
        "story_id": ID,
        "reach": pa.int64(),
        "likes": pa.int64(),
        "replies": pa.int64(),
        "reply_text": pa.string(),
        "replied_at": MOMENT,
        "first_seen_at": MOMENT,
        "text_hash": ID,
        "item_hash": ID,
    }
)
REFUSED = pa.schema({"place": pa.string(), "reason": pa.string(), "raw": pa.string(), "seen_at": MOMENT})
FEED_STATE = pa.schema(
    {
        "feed": pa.string(),
        "source": pa.string(),
        "options_hash": pa.string(),
        "cursor": pa.string(),
        "updated_at": MOMENT,
    }
)
CONFIGURED = pa.schema({"feed": pa.string(), "source": pa.string()})
READINGS = pa.schema(
    {
        "mention_id": ID,
        "text_hash": ID,
        "language": pa.string(),
        "reading": pa.string(),
        "sentiment": pa.string(),
        "score": pa.float64(),
        "confidence": pa.float64(),
        "emotion": pa.string(),
        "model": pa.string(),
        "topic_id": pa.int64(),
        "topic": pa.string(),
    }
)
EMBEDDING = pa.list_(pa.float32(), 384)
UNPLACED = pa.schema({"mention_id": ID, "embedding": EMBEDDING})
FOUND_TOPICS = pa.schema(
    {
        "topic_id": pa.int64(),
        "topic": pa.string(),
        "words": pa.list_(pa.string()),
        "centroid": EMBEDDING,
        "found_at": MOMENT,
    }
)
PLACED = pa.schema({"mention_id": ID, "topic_id": pa.int64()})


def utc(moment: datetime) -> datetime:
    """Return an aware time as the naive UTC time that the warehouse keeps."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def rows_table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return an Arrow table of `rows`; a key that a row lacks is NULL."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema)


def arrived_table(mentions: Sequence[Mention], feed: str, kind: str, now: datetime) -> pa.Table:
    """Return the Arrow table `arrived` that load/land.sql reads, in the order of `mentions`."""
    seen_at = utc(now)
    rows = [_row(mention) | {"ordinal": i} for i, mention in enumerate(mentions)]
    size = len(rows)
    constant = {"feed": [feed] * size, "kind": [kind] * size, "first_seen_at": [seen_at] * size}
    columns = {name: constant.get(name) or [row[name] for row in rows] for name in ARRIVED.names}
    return pa.table(columns, ARRIVED)


def _row(m: Mention) -> dict[str, Any]:
    posted_at = utc(m.posted_at)
    replied_at = utc(m.replied_at) if m.replied_at else None
    facts = [
        *(posted_at if m.posted_at_known else None, m.parent_id, m.url, m.author, m.country, m.rating, m.rating_max),
        *(m.reach, m.likes, m.replies, m.reply_text, replied_at),
    ]
    text_hash = _hash(m.title or "", m.text)
    return {
        "mention_id": m.mention_id,
        "source": m.source,
        "native_id": m.native_id,
        "parent_id": m.parent_id,
        "url": m.url,
        "title": m.title,
        "text": m.text,
        "author": m.author,
        "language": m.language,
        "country": m.country,
        "posted_at": posted_at,
        "posted_at_known": m.posted_at_known,
        "day": posted_at.date(),
        "rating": m.rating,
        "rating_max": m.rating_max,
        "story_id": _story_id(m),
        "reach": m.reach,
        "likes": m.likes,
        "replies": m.replies,
        "reply_text": m.reply_text,
        "replied_at": replied_at,
        "text_hash": text_hash,
        "item_hash": _hash(str(text_hash), *map(str, facts)),
    }


def _story_id(m: Mention) -> int:
    letters = re.sub(r"\W+", "", m.text.casefold())
    return _hash(letters) if len(letters) >= STORY_CHARS else m.mention_id


def _hash(*parts: str) -> int:
    return int.from_bytes(hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest(), "big")
