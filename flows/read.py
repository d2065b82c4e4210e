"""Has the model read what it has not read yet, and finds the topics that are new."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from flows.config import Config
from flows.models import load_models
from nlp.aspects import DEFAULT
from nlp.encoder import Floats
from nlp.reader import Models, Readings, Vocabulary, read
from nlp.topics import find_topics, nearest
from warehouse import tables
from warehouse import topics as wh_topics
from warehouse.tables import rows_table, utc
from warehouse.warehouse import Unread, Warehouse

CHUNK = 2_000  # texts in one transaction: about ten seconds of reading that a kill can cost

FIND_AT = 5_000  # texts without a topic after which topics are looked for before reading on


class KnowsTopics(Protocol):
    """A warehouse, or a file that was written from one."""

    def centroids(self) -> list[tuple[int, str, list[float]]]:
        """Return (topic_id, topic, centroid) of every topic."""
        ...


class Topics:
    """The known topics, in the order in which readings count them."""

    def __init__(self, source: KnowsTopics) -> None:
        known = source.centroids()
        self.ids = [topic_id for topic_id, _, _ in known]
        self.names = [name for _, name, _ in known]
        centroids = np.asarray([centroid for _, _, centroid in known], np.float32)
        self.centroids: Floats = centroids.reshape(-1, 384)


class ChunkReport(NamedTuple):
    """How many mentions were read, and how many of them are near to no known topic."""

    mentions: int
    unplaced: int


class Reader(NamedTuple):
    """What mentions are read with: the models, and the words for the aspects that are looked for."""

    models: Models
    aspects: Vocabulary = DEFAULT


class Read(NamedTuple):
    """What was read in some mentions, as tables.READINGS, tables.UNPLACED and tables.READ_ASPECTS."""

    readings: pa.Table
    unplaced: pa.Table
    aspects: pa.Table


def reader_of(config: Config, *, threads: int = 0) -> Reader:
    """Return what `config` has mentions read with. Raises ModelError when a model cannot be used.

    `threads` 0 takes every core.
    """
    return Reader(load_models(config, threads=threads), config.aspects)


def read_chunk(
    warehouse: Warehouse, reader: Reader, topics: Topics, *, limit: int = CHUNK, part: int = 0, parts: int = 1
) -> ChunkReport:
    """Read up to `limit` mentions of a part of what is unread, the newest first, and keep what was read."""
    unread = warehouse.unread(limit, part, parts)
    if not unread.texts:
        return ChunkReport(0, 0)
    found = read_mentions(unread, reader, topics)
    warehouse.keep_readings(*found)
    return ChunkReport(len(unread.texts), found.unplaced.num_rows)


def read_mentions(unread: Unread, reader: Reader, topics: Topics) -> Read:
    """Return what is read in some mentions, as tables."""
    answer = read(reader.models, unread.texts, unread.languages, topics.centroids, aspects=reader.aspects)
    return Read(
        _readings_table(unread, answer, topics), _unplaced_table(unread, answer), _aspects_table(unread, answer)
    )


def find_new_topics(warehouse: Warehouse, ignored_words: Sequence[str], clock: Callable[[], datetime]) -> int:
    """Look for topics among the mentions that no topic is near to, keep them, and return how many were found."""
    unplaced = wh_topics.unplaced(warehouse)
    flat = unplaced["embedding"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    embeddings: Floats = flat.reshape(-1, 384)
    found = find_topics(unplaced["text"].to_pylist(), embeddings, ignored_words)
    if not found:
        return 0
    first_id = max(Topics(warehouse).ids, default=0) + 1
    rows: list[dict[str, Any]] = [
        {"topic_id": first_id + i, "topic": t.name, "words": t.words, "centroid": t.centroid, "found_at": utc(clock())}
        for i, t in enumerate(found)
    ]
    places = nearest(embeddings, np.stack([topic.centroid for topic in found]))
    mention_ids = unplaced["mention_id"].to_pylist()
    placed = [
        {"mention_id": mention_id, "topic_id": first_id + int(place)}
        for mention_id, place in zip(mention_ids, places, strict=True)
        if place >= 0
    ]
    wh_topics.keep_topics(warehouse, rows_table(rows, tables.FOUND_TOPICS), rows_table(placed, tables.PLACED))
    return len(found)


def _readings_table(unread: Unread, answer: Readings, topics: Topics) -> pa.Table:
    readings = answer.readings
    placed = [reading.topic for reading in readings]
    columns = {
        "mention_id": unread.mention_ids,
        "text_hash": unread.text_hashes,
        "language": [reading.language for reading in readings],
        "reading": [reading.status for reading in readings],
        "sentiment": [reading.sentiment for reading in readings],
        "score": [reading.score for reading in readings],
        "confidence": [reading.confidence for reading in readings],
        "mixed": [reading.mixed for reading in readings],
        "emotion": [reading.emotion for reading in readings],
        "signals": [reading.signals for reading in readings],
        "model": [reading.model for reading in readings],
        "topic_id": [None if place is None else topics.ids[place] for place in placed],
        "topic": [None if place is None else topics.names[place] for place in placed],
    }
    return pa.table(columns, tables.READINGS)


def _unplaced_table(unread: Unread, answer: Readings) -> pa.Table:
    rows = [i for i, reading in enumerate(answer.readings) if reading.status == "read" and reading.topic is None]
    columns = {
        "mention_id": [unread.mention_ids[i] for i in rows],
        "embedding": pa.FixedSizeListArray.from_arrays(answer.embeddings[rows].ravel(), 384),
    }
    return pa.table(columns, tables.UNPLACED)


def _aspects_table(unread: Unread, answer: Readings) -> pa.Table:
    mentions = zip(unread.mention_ids, unread.text_hashes, answer.readings, strict=True)
    rows = [
        {"mention_id": mention_id, "text_hash": text_hash} | aspect._asdict()
        for mention_id, text_hash, reading in mentions
        for aspect in reading.aspects
    ]
    return rows_table(rows, tables.READ_ASPECTS)
