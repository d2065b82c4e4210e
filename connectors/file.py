"""The user's own files: exports of surveys, tickets and reviews, one mention per row."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.formats.mapping import Plan, choose_columns, mention_of
from connectors.formats.table import BATCH, Row, Table, open_table
from connectors.formats.textfile import Unreadable
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, Reject, source

if TYPE_CHECKING:
    from connectors.http import Http


@source(
    "CSV, JSONL, Parquet or Excel file",
    kind="own",
    terms="https://www.rfc-editor.org/rfc/rfc4180",
    history="the whole file",
    example={
        "path": "reviews.csv",
        "columns": {"text": "Comment", "rating": "Stars", "posted_at": "Date", "native_id": "Number"},
        "rating_max": 5,
    },
    fills=(
        "url",
        "title",
        "author",
        "language",
        "country",
        "rating",
        "rating_max",
        "parent_id",
        "reach",
        "likes",
        "replies",
        "reply_text",
        "replied_at",
    ),
    rate="your disk's",
)
def fetch(  # noqa: PLR0913  each is an option for the user
    http: "Http",
    cursor: Cursor,
    *,
    path: str,
    columns: dict[str, str] | None = None,
    rating_max: float | None = None,
    format: str | None = None,  # noqa: A002  the user's word
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    collection: str | None = None,
    language: str | None = None,
    date_format: str | None = None,
) -> Iterator[Page]:
    """Yield the rows of a file that has changed since it was last read to its end, in their order.

    `columns` says which column holds which of our fields; without it columns with our names are used.
    Ids count within `collection`, or else within `path`. A row without an id is known by its content and by
    how many equal rows stand before it, so the same file read twice adds nothing, and equal rows stay.
    """
    try:
        digest = _digest(http.local(path))
        if cursor.get("file") == digest and cursor.get("done"):
            return
        table = open_table(http.local(path), format or "", delimiter=delimiter, encoding=encoding, sheet=sheet)
        chosen = choose_columns(table.columns, columns, path, rating_max)
        plan = Plan(chosen, collection or path, rating_max, language, date_format, http.now())
        yield from _pages(table, plan, digest, cursor)
    except (OSError, UnicodeError, Unreadable) as error:
        raise Refused("file", f"{path}: {error}", "correct this feed's options or the file") from error


def _digest(place: Path) -> str:
    with place.open("rb") as file:  # the content, since a copied or downloaded file has a new date and nothing new
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _pages(table: Table, plan: Plan, digest: str, cursor: Cursor) -> Iterator[Page]:
    start = cursor.get("rows", 0) if cursor.get("file") == digest else 0
    seen: Counter[bytes] = Counter()
    done, doubt = 0, table.doubt
    while True:
        rows = list(islice(table.rows, BATCH))
        done, last = done + len(rows), len(rows) < BATCH
        mentions, rejects = _read(rows, plan, seen)  # rows before `start` too: equal rows are counted from the first
        if done > start or last:
            suspect = doubt or (None if done else "the file has no rows")
            yield Page(mentions, {"file": digest, "rows": done, "done": last}, rejects, suspect)
            doubt = None
        if last:
            return


def _read(rows: Iterable[Row], plan: Plan, seen: Counter[bytes]) -> tuple[list[Mention], list[Reject]]:
    mentions: list[Mention] = []
    rejects: list[Reject] = []
    for row in rows:
        try:
            if row.problem:
                raise ValueError(row.problem)
            mentions.append(mention_of(row.cells, plan, seen))
        except ValueError as error:
            raw = row.raw if isinstance(row.raw, str) else json.dumps(row.raw, default=str, ensure_ascii=False)
            rejects.append(Reject(row.place, str(error), raw[:10_000]))
    return mentions, rejects
