"""Which column of a table is which field, and how a row becomes a mention."""

import difflib
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from connectors.formats.cells import READERS, read_cell
from connectors.mention import Mention
from connectors.source import Refused


class Plan(NamedTuple):
    """How one file's rows become mentions."""

    columns: Mapping[str, str]
    scope: str
    rating_max: float | None
    language: str | None
    date_format: str | None
    now: datetime


def choose_columns(
    has: Sequence[str], wanted: Mapping[str, str] | None, path: str, rating_max: float | None
) -> Mapping[str, str]:
    """Return the column of each field, `wanted` or named like the field; raises Refused for what cannot be meant."""
    there = f"{path} has the columns {', '.join(map(repr, has))}"
    chosen = {field: field for field in READERS if field in has} if wanted is None else wanted
    for field, column in chosen.items():
        if field not in READERS:
            raise Refused(
                "file", f"columns: unknown field {field!r}{_like(field, READERS)}", f"fields: {', '.join(READERS)}"
            )
        if has and has.count(column) != 1:  # JSONL without lines has no columns
            fault = "is there twice" if column in has else f"is not there{_like(column, has)}"
            raise Refused("file", f"columns: {field} = {column!r} {fault}", there)
    if not {"text", "title", "rating"} & chosen.keys():
        raise Refused(
            "file", "no column gives the text", f'set columns, for example columns = {{ text = "…" }}; {there}'
        )
    if "rating" in chosen and rating_max is None:
        raise Refused("file", "a rating means nothing without its scale", "set rating_max, for example rating_max = 5")
    return chosen


def _like(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def mention_of(cells: Mapping[str, Any], plan: Plan, seen: Counter[bytes]) -> Mention:
    """Return the mention in a row; `seen` counts equal rows without ids. Raises ValueError with what is wrong."""
    found = {
        field: read_cell(field, column, cells.get(column), plan.date_format) for field, column in plan.columns.items()
    }
    if found.get("parent_id"):
        found["parent_id"] = f"{plan.scope}:{found['parent_id']}"
    known = found.get("posted_at") is not None
    return Mention(
        **{
            **found,
            "source": "file",
            "native_id": _native_id(cells, found, plan, seen),
            "text": found.get("text") or found.get("title") or "",
            "posted_at": found["posted_at"] if known else plan.now,
            "posted_at_known": known,
            "language": found.get("language") or plan.language,
            "rating_max": None if found.get("rating") is None else plan.rating_max,
        }
    )


def _native_id(cells: Mapping[str, Any], found: Mapping[str, Any], plan: Plan, seen: Counter[bytes]) -> str:
    if "native_id" in plan.columns:
        if found["native_id"] is None:
            raise ValueError(f"native_id (column {plan.columns['native_id']}) is missing")
        return f"{plan.scope}:{found['native_id']}"
    content = json.dumps([[field, str(cells.get(column))] for field, column in sorted(plan.columns.items())])
    key = hashlib.blake2b(content.encode(), digest_size=16).digest()
    seen[key] += 1
    return f"{key.hex()}-{seen[key]}"
