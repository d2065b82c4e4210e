"""Python records as Arrow tables, the fast way into DuckDB."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from connectors.mention import Mention

STORY_CHARS = 80  # shorter texts are the same by chance: "Great coffee, friendly staff"
BETWEEN = "\x1f"  # the parts of what is hashed
NO_LETTERS = {code: None for code in range(128) if not chr(code).isalnum()}  # 3 times as fast as asking each letter
SAID = attrgetter(
    "parent_id", "url", "author", "country", "rating", "rating_max", "reach", "likes", "replies", "reply_text"
)
Hashes: TypeAlias = npt.NDArray[np.uint64]

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
        "fault": pa.string(),
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
    return int(_hashes([f"{source}{BETWEEN}{author}"])[0])


def rows_table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return an Arrow table of `rows`; a key that a row lacks is NULL."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema)


def arrived_table(brought: Sequence[tuple[str, str, Sequence[Mention]]], now: datetime) -> pa.Table:
    """Return the Arrow table `arrived` that load/land.sql reads, of (feed, kind, mentions), in their order."""
    mentions = [mention for _, _, found in brought for mention in found]
    columns: dict[str, Any] = {name: list(map(attrgetter(name), mentions)) for name in AS_THEY_ARE}
    columns["ordinal"] = range(len(mentions))
    columns["feed"] = [feed for feed, _, found in brought for _ in found]
    columns["kind"] = [kind for _, kind, found in brought for _ in found]
    columns["first_seen_at"] = pa.repeat(pa.scalar(utc(now), MOMENT), len(mentions))
    for name in ("posted_at", "replied_at"):  # Arrow brings aware times to UTC
        columns[name] = pa.array(map(attrgetter(name), mentions), MOMENT)
    columns["day"] = columns["posted_at"].cast(pa.date32())
    columns |= _hash_columns(mentions)
    return pa.table({name: columns[name] for name in ARRIVED.names}, ARRIVED)


def _hash_columns(mentions: Sequence[Mention]) -> dict[str, Any]:
    """Return the columns that are hashes, which are stored: what they are made of must never change."""
    ids = _hashes(f"{m.source}{BETWEEN}{m.native_id}" for m in mentions)  # Mention.mention_id, all at once
    texts = _hashes(f"{m.title or ''}{BETWEEN}{m.text}" for m in mentions)
    authors = _hashes(f"{m.source}{BETWEEN}{m.author}" for m in mentions)
    return {
        "mention_id": ids,
        "story_id": _story_ids(mentions, ids),
        "text_hash": texts,
        "item_hash": _hashes(f"{_facts(m)}{BETWEEN}{text}" for m, text in zip(mentions, texts.tolist(), strict=True)),
        "author_hash": pa.array(authors, mask=np.array([not m.author for m in mentions], bool)),
    }


def _facts(m: Mention) -> tuple[Any, ...]:
    """Return what else the source says of `m`; a date it does not give is no fact."""
    posted_at = m.posted_at.timestamp() if m.posted_at_known else None
    replied_at = m.replied_at and m.replied_at.timestamp()
    return posted_at, replied_at, *SAID(m)


def _story_ids(mentions: Sequence[Mention], ids: Hashes) -> Hashes:
    """Return one id for all mentions whose text has the same letters, and its own for one whose text is short."""
    letters = {at: _letters(m.text) for at, m in enumerate(mentions) if len(m.text) >= STORY_CHARS}
    long = {at: text for at, text in letters.items() if len(text) >= STORY_CHARS}
    stories = ids.copy()
    stories[list(long)] = _hashes(long.values())
    return stories


def _letters(text: str) -> str:
    folded = text.casefold()
    return folded.translate(NO_LETTERS) if folded.isascii() else "".join(filter(str.isalnum, folded))


def _hashes(texts: Iterable[str]) -> Hashes:
    """Return 64 bits of BLAKE2b of each text."""
    digests = b"".join([hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts])
    return np.frombuffer(digests, ">u8").astype(np.uint64)
