"""Python records as Arrow tables, the fast way into DuckDB."""

import hashlib
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
        "author_hash": ID,
    }
)
AS_THEY_ARE = [name for name in ARRIVED.names if name in Mention.__slots__ and name not in ("posted_at", "replied_at")]
REFUSED = pa.schema(
    {"feed": pa.string(), "place": pa.string(), "reason": pa.string(), "raw": pa.string(), "seen_at": MOMENT}
)
FEED_STATE = pa.schema(
    {
        "feed": pa.string(),
        "source": pa.string(),
        "options_hash": pa.string(),
        "span": pa.string(),
        "cursor": pa.string(),
        "done": pa.bool_(),
        "updated_at": MOMENT,
    }
)
GONE = pa.schema({"feed": pa.string(), "mention_id": ID})
COUNTS = (
    "pages",
    "seen",
    "new",
    "changed",
    "deleted",
    "rejects",
    "forgotten",
    "too_old",
    "requests",
    "bytes",
    "quota_left",
)
FEED_RUN = pa.schema(
    {
        "run_id": pa.string(),
        "feed": pa.string(),
        "span": pa.string(),
        "started_at": MOMENT,
        "seconds": pa.float64(),
        "status": pa.string(),
        "message": pa.string(),
        **{name: pa.int64() for name in COUNTS},
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
        "mixed": pa.bool_(),
        "emotion": pa.string(),
        "signals": pa.list_(pa.string()),
        "model": pa.string(),
        "topic_id": pa.int64(),
        "topic": pa.string(),
    }
)
READ_ASPECTS = pa.schema(
    {
        "mention_id": ID,
        "text_hash": ID,
        "aspect": pa.string(),
        "term": pa.string(),
        "quote": pa.string(),
        "sentiment": pa.string(),
        "score": pa.float64(),
        "confidence": pa.float64(),
    }
)
READERS = pa.schema({"language": pa.string(), "model": pa.string()})
CORRECTIONS = pa.schema(
    {"row": pa.int64(), **{name: pa.string() for name in ("place", "mention", "sentiment", "note")}}
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
ASKED_AUTHORS = pa.schema({"source": pa.string(), "author": pa.string(), "author_hash": ID, "is_sure": pa.bool_()})
OLDEST = pa.schema({"kind": pa.string(), "day": pa.date32()})
FEED_DAYS = pa.schema({"feed": pa.string(), "day": pa.date32()})
ASKED_IDS = pa.schema({"mention_id": ID})
PLACED = pa.schema({"mention_id": ID, "topic_id": pa.int64()})


def utc(moment: datetime) -> datetime:
    """Return an aware time as the naive UTC time that the warehouse keeps."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def author_hash(source: str, author: str) -> int:
    """Return what is kept of an author who must not be collected again: 64 bits of BLAKE2b."""
    return _hash(source, author)


def rows_table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return an Arrow table of `rows`; a key that a row lacks is NULL."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema)


def arrived_table(brought: Sequence[tuple[str, str, Sequence[Mention]]], now: datetime) -> pa.Table:
    """Return the Arrow table `arrived` that load/land.sql reads, of (feed, kind, mentions), in their order."""
    mentions = [mention for _, _, found in brought for mention in found]
    size = len(mentions)
    columns: dict[str, Sequence[Any]] = {name: [getattr(m, name) for m in mentions] for name in AS_THEY_ARE}
    columns["ordinal"] = range(size)
    columns["feed"] = [feed for feed, _, found in brought for _ in found]
    columns["kind"] = [kind for _, kind, found in brought for _ in found]
    columns["first_seen_at"] = [utc(now)] * size
    columns["posted_at"] = posted_at = [utc(m.posted_at) for m in mentions]
    columns["day"] = [moment.date() for moment in posted_at]
    columns["replied_at"] = [m.replied_at and utc(m.replied_at) for m in mentions]
    columns["mention_id"] = ids = [m.mention_id for m in mentions]
    columns["story_id"] = [_story_id(m, mention_id) for m, mention_id in zip(mentions, ids, strict=True)]
    columns["text_hash"] = text_hashes = [_hash(m.title or "", m.text) for m in mentions]
    columns["item_hash"] = [_hash(str(_facts(m)), str(text)) for m, text in zip(mentions, text_hashes, strict=True)]
    columns["author_hash"] = [author_hash(m.source, m.author) if m.author else None for m in mentions]
    return pa.table({name: columns[name] for name in ARRIVED.names}, ARRIVED)


def _facts(m: Mention) -> tuple[Any, ...]:
    """Return what else the source says of `m`; a date it does not give is no fact."""
    posted_at = m.posted_at.timestamp() if m.posted_at_known else None
    replied_at = m.replied_at and m.replied_at.timestamp()
    said = (m.parent_id, m.url, m.author, m.country, m.rating, m.rating_max, m.reach, m.likes, m.replies, m.reply_text)
    return posted_at, replied_at, *said


def _story_id(m: Mention, mention_id: int) -> int:
    if len(m.text) < STORY_CHARS:
        return mention_id
    letters = "".join(filter(str.isalnum, m.text.casefold()))
    return _hash(letters) if len(letters) >= STORY_CHARS else mention_id


def _hash(*parts: str) -> int:
    return int.from_bytes(hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest(), "big")
