"""Reads history again, beside the readings that are shown, and switches to the new ones at once."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa

from flows.desk import Desk, publish_copy
from flows.read import CHUNK, Reader, Topics, read_chunk, read_mentions
from nlp.reader import Models
from warehouse import readings, tables
from warehouse.readings import Change, Plan
from warehouse.warehouse import Unread, Warehouse

AT_ONCE = 10  # chunks fetched with one look through the warehouse, which takes 0.1 s for a million mentions


class Reread(NamedTuple):
    """What a rereading did; `staged` mentions had been read again before it was stopped the last time."""

    read: int
    staged: int
    changes: list[Change]
    mart: str

    @property
    def changed(self) -> list[Change]:
        """Return the changes in which a label became another, the most frequent first."""
        return sorted((c for c in self.changes if c.before != c.after), key=lambda c: -c.mentions)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return self._asdict() | {"changes": [change._asdict() for change in self.changes]}


@dataclass(frozen=True)
class Rest:
    """What a rereading has left to read: `mentions` of them, with `reader`, near to `topics`."""

    desk: Desk
    reader: Reader
    topics: Topics
    mentions: int
    bar: int

    def chunks(self) -> Iterator[Unread]:
        """Yield the mentions, the newest first, CHUNK at a time.

        Wherever they are read, the chunks are the same: what is read beside a text decides the last digits.
        """
        for start in range(0, self.mentions, AT_ONCE * CHUNK):
            fetched = readings.chunk(self.desk.warehouse, start, AT_ONCE * CHUNK)
            for first in range(0, len(fetched.texts), CHUNK):
                part = slice(first, first + CHUNK)
                ids, hashes = fetched.mention_ids[part], fetched.text_hashes[part]
                yield Unread(ids, hashes, fetched.texts[part], fetched.languages[part])

    def keep(self, read: pa.Table, aspects: pa.Table) -> None:
        """Keep what was read in some of them (tables.READINGS, tables.READ_ASPECTS) for the switch."""
        newest_topic = max(self.topics.ids, default=0)
        readings.stage(self.desk.warehouse, name_of(self.reader), newest_topic, read, aspects)
        self.desk.bars.advance(self.bar, read.num_rows)


def read_here(rest: Rest) -> None:
    """Read all of `rest` in this process."""
    for unread in rest.chunks():
        found = read_mentions(unread, rest.reader, rest.topics)
        rest.keep(found.readings, found.aspects)


def plan_rereading(warehouse: Warehouse, reader: Reader, since: date | None, *, everything: bool) -> Plan:
    """Return what `reread` would do: which mentions posted since then another model has read, or with `everything` all.

    Mentions without words and those that no model has read yet are not among them.
    """
    languages = readings.languages(warehouse)
    pairs = [pair for language in languages for pair in _models_of(reader.models, language)]
    readers = pa.table(dict(zip(tables.READERS.names, zip(*pairs, strict=True), strict=True)), tables.READERS)
    return readings.plan(warehouse, name_of(reader), readers, since, everything=everything)


def reread(
    desk: Desk,
    reader: Reader,
    since: date | None = None,
    *,
    everything: bool = False,
    read: Callable[[Rest], None] = read_here,
) -> Reread:
    """Read again what `plan_rereading` says, switch to the new readings in one transaction, and publish.

    What is unread is read first, here; `read` reads the rest. When it is stopped, what it has kept stays aside for the
    next time with the same `reader`, and everything shown is as it was. Corrections stay; topics keep their ids and
    are chosen again.
    """
    _read_unread(desk, reader)
    planned = plan_rereading(desk.warehouse, reader, since, everything=everything)
    bar = desk.bars.begin("read again", planned.due)
    desk.bars.advance(bar, planned.staged)
    left = planned.due - planned.staged
    if left:
        read(Rest(desk, reader, Topics(desk.warehouse), left, bar))
    desk.bars.end(bar)
    changes = readings.switch(desk.warehouse, name_of(reader))
    desk.warehouse.settle(desk.config.brands)
    return Reread(left, planned.staged, changes, publish_copy(desk.config, desk.warehouse, desk.report.run_id))


def name_of(reader: Reader) -> str:
    """Return a name that differs when any model or any word for an aspect does."""
    words = json.dumps(reader.aspects and {name: list(words) for name, words in reader.aspects.items()})
    models = reader.models
    names = [model.name for model in (models.encoder, models.sentiment, *models.others) if model]
    return " ".join([*names, hashlib.blake2b(words.encode(), digest_size=6).hexdigest()])


def _read_unread(desk: Desk, reader: Reader) -> None:
    bar = desk.bars.begin("read", desk.warehouse.unread_count())
    topics = Topics(desk.warehouse)
    while (chunk := read_chunk(desk.warehouse, reader, topics)).mentions:
        desk.bars.advance(bar, chunk.mentions)
        desk.report.read += chunk.mentions
    desk.bars.end(bar)


def _models_of(models: Models, language: str | None) -> list[tuple[str | None, str | None]]:
    """Return (language, model) for every model that may have given the sentiment of a text in `language`.

    None is the model of a text that none can read. Where the language is not known, it may be any of them.
    """
    every = [model for model in (models.sentiment, models.encoder, *models.others) if model]
    if language is None:
        any_language = any(model.languages is None for model in every)
        return [(None, model.name) for model in every] + [(None, None)] * (not any_language)
    name = next((m.name for m in every if m.languages is None or language in m.languages), None)
    return [(language, name)]
