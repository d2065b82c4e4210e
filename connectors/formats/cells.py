"""What a table's cell means in each of a mention's fields."""

import math
from collections.abc import Callable
from typing import Any

from connectors.formats.dates import parse_date
from connectors.formats.markup import plain


def read_cell(field: str, column: str, cell: Any, date_format: str | None = None) -> Any:
    """Return the value of `field` that `cell` holds, None for an empty one; raises ValueError for a bad one."""
    if cell is None or (isinstance(cell, str) and not cell.strip()) or (isinstance(cell, float) and math.isnan(cell)):
        return None
    try:
        return parse_date(cell, date_format) if field in DATES else READERS[field](cell)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{field} (column {column}) is {cell!r:.100}: {error}") from None


def _word(cell: Any) -> str:
    if isinstance(cell, dict | list):
        raise ValueError("a list or an object, not text")
    if isinstance(cell, bytes):
        return cell.decode()
    if isinstance(cell, float) and cell.is_integer():  # spreadsheets know no whole numbers, and an id is none other
        return str(int(cell))
    return str(cell).strip()


def _prose(cell: Any) -> str | None:
    return plain(_word(cell)) or None


def _number(cell: Any) -> float:
    try:
        return float(_word(cell).replace(",", "."))  # half of the world writes 4,5
    except ValueError:
        raise ValueError("no number") from None


def _whole(cell: Any) -> int:
    number = _number(cell)
    if not number.is_integer() or abs(number) >= 2**53:  # beyond, floats skip whole numbers
        raise ValueError("no whole number")
    return int(number)


DATES = frozenset({"posted_at", "replied_at"})
READERS: dict[str, Callable[[Any], Any]] = {
    "native_id": _word,
    "text": _prose,
    "title": _prose,
    "author": _word,
    "url": _word,
    "language": _word,
    "country": _word,
    "rating": _number,
    "posted_at": parse_date,
    "likes": _whole,
    "replies": _whole,
    "reach": _whole,
    "reply_text": _prose,
    "replied_at": parse_date,
    "parent_id": _word,
}
