"""Mentions out and readings back as Parquet files in a folder, for workers that have no warehouse."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from flows.sections import File
from warehouse import tables
from warehouse.warehouse import Unread

MINE = "allears-exchange-"  # how every file begins that is written here; others in the folder are left alone
ORDER, TOPICS = f"{MINE}order.json", f"{MINE}topics.parquet"
WAITING = f"{MINE}*.mentions.parquet"
MENTIONS = pa.schema({"mention_id": tables.ID, "text_hash": tables.ID, "text": pa.string(), "language": pa.string()})
KNOWN = pa.schema({"topic_id": pa.int64(), "topic": pa.string(), "centroid": tables.EMBEDDING})


class Order(NamedTuple):
    """How workers read: with [models] and [aspects] of the configuration `file`, which must make `reader`."""

    file: Path
    sections: File
    reader: str
    threads: int

    def as_json(self) -> str:
        """Return it as `order_in` reads it; no secret is in it."""
        sections = self.sections.model_dump(mode="json", include={"models", "aspects"})
        return json.dumps(self._asdict() | {"file": str(self.file), "sections": sections})


def order_in(told: str) -> Order:
    """Return the order that `as_json` wrote."""
    order = json.loads(told)
    return Order(**order | {"file": Path(order["file"]), "sections": File.model_validate(order["sections"])})


class TopicsFile(NamedTuple):
    """The topics that a warehouse knew when the file was written."""

    file: Path

    def centroids(self) -> list[tuple[int, str, list[float]]]:
        """Return (topic_id, topic, centroid) of every topic."""
        columns = pq.read_table(self.file, schema=KNOWN).columns
        return list(zip(*(column.to_pylist() for column in columns), strict=True))


class Exchange:
    """One rereading's files in `folder`, as its coordinator has them; `out` of them are not taken back yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = 0
        self._files = 0
        self._run = uuid4().hex[:12]  # a worker that outlived a killed rereading cannot mistake these files for its own

    def put(self, unread: Unread) -> None:
        """Write mentions for a worker to read."""
        self._files += 1
        self.out += 1
        _write(pa.table(list(unread), MENTIONS), self.folder / f"{MINE}{self._run}-{self._files:06}.mentions.parquet")

    def take(self, mentions: Path) -> tuple[pa.Table, pa.Table]:
        """Return what was read in a file of mentions: tables.READINGS and tables.READ_ASPECTS."""
        return (
            pq.read_table(_beside(mentions, "readings"), schema=tables.READINGS),
            pq.read_table(_beside(mentions, "aspects"), schema=tables.READ_ASPECTS),
        )

    def drop(self, mentions: Path) -> None:
        """Remove a file of mentions and what was read in it."""
        for file in (mentions, _beside(mentions, "readings"), _beside(mentions, "aspects")):
            file.unlink()
        self.out -= 1


@contextmanager
def open_exchange(folder: Path, order: Order, topics: list[tuple[int, str, list[float]]]) -> Iterator[Exchange]:
    """Yield an exchange in `folder`, with the `order` that says how to read; at the end all its files are gone."""
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    clear(folder)
    try:
        (folder / ORDER).write_text(order.as_json(), encoding="utf-8")
        _write(tables.rows_table([dict(zip(KNOWN.names, row, strict=True)) for row in topics], KNOWN), folder / TOPICS)
        yield Exchange(folder)
    finally:
        clear(folder)
        if is_new:
            folder.rmdir()


def clear(folder: Path) -> None:
    """Remove what a rereading that was killed left in `folder`: texts of people are in it."""
    for file in folder.glob(f"{MINE}*"):
        file.unlink(missing_ok=True)


def waiting(folder: Path) -> list[Path]:
    """Return the files of mentions in `folder`, in the order in which they were written."""
    return sorted(folder.glob(WAITING))


def mentions_in(file: Path) -> Unread:
    """Return the mentions that were written into `file`."""
    return Unread(*(column.to_pylist() for column in pq.read_table(file, schema=MENTIONS).columns))


def give_back(mentions: Path, readings: pa.Table, aspects: pa.Table) -> None:
    """Write what was read in a file of mentions; whoever is killed meanwhile leaves no half file."""
    _write(aspects, _beside(mentions, "aspects"))
    _write(readings, _beside(mentions, "readings"))


def _beside(mentions: Path, what: str) -> Path:
    return mentions.with_name(mentions.name.replace(".mentions.", f".{what}."))


def _write(table: pa.Table, file: Path) -> None:
    draft = file.with_name(f"{file.name}.{uuid4().hex}.draft")  # two workers may be at one file where one seemed lost
    pq.write_table(table, draft, compression="zstd")
    draft.replace(file)
