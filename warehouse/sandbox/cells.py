"""Cells between the process that asks and the one that answers: JSON, with the types that JSON lacks by name."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

LONGEST = 32_767  # characters of a cell, as many as a spreadsheet's cell holds
CUT = "…"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # all but tab and the ends of lines

# The first that fits is taken: a datetime is a date too.
NAMED: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "datetime": (datetime, datetime.isoformat, datetime.fromisoformat),
    "date": (date, date.isoformat, date.fromisoformat),
    "time": (time, time.isoformat, time.fromisoformat),
    "decimal": (Decimal, str, Decimal),
    "seconds": (timedelta, lambda span: [span.days, span.seconds, span.microseconds], lambda span: timedelta(*span)),
    "bytes": (bytes, bytes.hex, bytes.fromhex),
}


def packed(cell: Any) -> Any:
    """Return `cell` as JSON can hold it, as a text that is cut where it is longer than LONGEST characters."""
    held = _packed(cell)
    if isinstance(held, list | dict) and len(json.dumps(held)) > LONGEST:
        return str(cell)[:LONGEST] + CUT
    return held[:LONGEST] + CUT if isinstance(held, str) and len(held) > LONGEST else held


def unpacked(held: Any) -> Any:
    """Return the cell that was `packed`. Raises ValueError, KeyError or TypeError for what was not."""
    if isinstance(held, list):
        return [unpacked(item) for item in held]
    if isinstance(held, str):
        return printable(held)
    if not isinstance(held, dict):
        return held
    ((name, value),) = held.items()
    if name == "pairs":
        return {_key(unpacked(key)): unpacked(item) for key, item in value}
    return NAMED[name][2](value)


def printable(text: str) -> str:
    """Return `text` without the control characters that a terminal would obey."""
    return CONTROL.sub("\ufffd", text)


def _packed(cell: Any) -> Any:
    if cell is None or isinstance(cell, bool | int | float | str):
        return cell
    if isinstance(cell, list | tuple):
        return [_packed(item) for item in cell]
    if isinstance(cell, Mapping):
        return {"pairs": [[_packed(key), _packed(item)] for key, item in cell.items()]}
    for name, (kind, pack, _) in NAMED.items():
        if isinstance(cell, kind):
            return {name: pack(cell)}
    return str(cell)


def _key(key: Any) -> Any:
    return tuple(key) if isinstance(key, list) else key
