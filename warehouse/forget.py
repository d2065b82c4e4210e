"""Removes what a person said, and what names them, from every table, and keeps it from being collected again."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from unicodedata import normalize

import duckdb
import pyarrow as pa

from warehouse import tables
from warehouse.brandquery import Match, Term, predicate
from warehouse.migrate import HERE
from warehouse.stories import Signed
from warehouse.tables import author_hash, rows_table, utc
from warehouse.warehouse import LOAD, Warehouse

SHORT = 4  # letters; a shorter name stands in texts by chance, and is looked for as "al", 'al' and @al only
SHOWN = 20  # of the mentions that are left for a person to look at
QUESTIONS = HERE / "questions"


class Author(NamedTuple):
    """A name as it is kept for a source; `is_sure` where that source was asked for, whatever is kept of it."""

    source: str
    author: str
    is_sure: bool = False


class Person(NamedTuple):
    """Who is to be forgotten: by the names of an author, or by single mentions; `names` are looked for in texts."""

    authors: Sequence[Author] = ()
    mention_ids: Sequence[int] = ()
    names: Sequence[str] = ()


class Traces(NamedTuple):
    """What there is of a person: mentions by source and feed, rows by place, and what others said of them.

    `said` has source, author, feed, mentions, first and last day; `elsewhere` up to SHOWN of the `others`.
    `is_known` says that they were forgotten before.
    """

    said: list[tuple[Any, ...]]
    rows: dict[str, int]
    others: int
    elsewhere: list[tuple[int, str, str | None]]
    is_known: bool

    @property
    def total(self) -> int:
        """Return how many rows go."""
        return sum(self.rows.values())


def find(warehouse: Warehouse, person: Person) -> Traces:
    """Return what `forget` would remove."""
    with warehouse.transaction(_asked(person)) as db:
        _find(db, person)
        said = db.execute((QUESTIONS / "said.sql").read_text()).fetchall()
        rows = dict(db.execute((QUESTIONS / "traces.sql").read_text()).fetchall())
        ((others, is_known),) = db.execute((QUESTIONS / "known_person.sql").read_text()).fetchall()
        elsewhere = db.execute("FROM elsewhere LIMIT ?", [SHOWN]).fetchall()
    return Traces(said, rows, others, elsewhere, is_known)


def forget(warehouse: Warehouse, person: Person, now: datetime) -> None:
    """Remove what `find` shows and note that it is not collected again; `settle` follows, and the copies.

    Stories that lose a mention are grouped anew in the same transaction.
    """
    nothing = {f"new_{name}": table for name, table in Signed()._asdict().items()}
    with warehouse.transaction(_asked(person) | nothing) as db:
        _find(db, person)
        db.execute("SET VARIABLE forgotten_at = ?::TIMESTAMP", [utc(now)])
        for name in ("story_words", "forget", "remove", "group_stories"):
            db.execute((LOAD / f"{name}.sql").read_text())


def forgotten_authors(warehouse: Warehouse) -> frozenset[int]:
    """Return the authors who are not collected again, as tables.author_hash."""
    rows = warehouse.rows("SELECT DISTINCT author_hash FROM ops.forgotten WHERE author_hash IS NOT NULL")
    return frozenset(author for (author,) in rows)


def is_unfinished(warehouse: Warehouse) -> bool:
    """Say whether copies or free blocks may still hold somebody who was forgotten."""
    return bool(warehouse.rows("SELECT count(*) FROM ops.forgotten WHERE cleaned_at IS NULL")[0][0])


def finish(warehouse: Warehouse, now: datetime) -> None:
    """Note that nothing holds them any more."""
    warehouse.write("UPDATE ops.forgotten SET cleaned_at = ?::TIMESTAMP WHERE cleaned_at IS NULL", [utc(now)])


def is_shared(warehouse: Warehouse, author: str) -> bool:
    """Say whether `author` is a name under which many write, such as Anonymous."""
    with warehouse.transaction({}) as db:
        db.execute((LOAD / "story_words.sql").read_text())
        return bool(db.execute("SELECT is_nobody(?)", [author]).fetchall()[0][0])


def pattern_of(names: Sequence[str]) -> str | None:
    """Return the pattern, for regexp_matches with 'i', of texts that hold one of `names` as a word of its own."""
    terms = [Term(term) for name in names for form in (name, normalize("NFC", name)) for term in _spellings(form)]
    return predicate(Match(tuple(dict.fromkeys(terms))))[1][-1] if terms else None


def _spellings(name: str) -> list[str]:
    """Return `name` as a text has it, and as it stands in Python's and JSON's way of writing one."""
    forms = [name, repr(name)[1:-1], json.dumps(name)[1:-1], json.dumps(name, ensure_ascii=False)[1:-1]]
    if len(name) < SHORT and name.isascii():
        return [quoted for form in forms for quoted in (f'"{form}"', f"'{form}'", f"@{form}")]
    return forms


def _asked(person: Person) -> dict[str, pa.Table]:
    authors = [each._asdict() | {"author_hash": author_hash(each.source, each.author)} for each in person.authors]
    ids = [{"mention_id": mention_id} for mention_id in person.mention_ids]
    return {
        "asked_authors": rows_table(authors, tables.ASKED_AUTHORS),
        "asked_ids": rows_table(ids, tables.ASKED_IDS),
    }


def _find(db: duckdb.DuckDBPyConnection, person: Person) -> None:
    db.execute((LOAD / "find_person.sql").read_text())
    db.execute((LOAD / "find_quotes.sql").read_text())
    db.execute("SET VARIABLE named = ?::VARCHAR", [pattern_of(person.names)])
    db.execute((LOAD / "find_names.sql").read_text())
