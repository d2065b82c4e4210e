"""How answers look: tables for people, JSON and CSV for machines."""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from warehouse.cells import harmless
from warehouse.sandbox.cells import printable

WIDE = 200  # columns of a table that goes into a file or a pipe

out = Console(width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True)


def print_json(value: Any) -> None:
    """Print `value` as JSON; dates become ISO 8601, what JSON lacks becomes text."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_plain, indent=2) + "\n")


def print_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print CSV whose texts no spreadsheet takes for formulas."""
    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if cell is None else _unformulated(cell) for cell in row])


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str | None = None) -> None:
    """Print a table as wide as the terminal, or WIDE where there is none; long cells are folded, never cut."""
    table = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        is_number = any(isinstance(row[number], int | float) for row in rows)
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*[escape(cell_text(cell)) for cell in row])
    out.print(table)


def markdown_lines(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(cell_text(cell).replace("|", "\\|") for cell in line) + " |" for line in lines]


def cell_text(cell: Any) -> str:
    """Return one value as a person reads it."""
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:.3f}".rstrip("0").rstrip(".")
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    if isinstance(cell, list):
        return ", ".join(map(cell_text, cell))
    return printable(str(cell))


def lines(pairs: Mapping[str, Any]) -> str:
    """Return name and value of each pair on its own line."""
    width = max(map(len, pairs), default=0)
    return "\n".join(f"{name:<{width}}  {cell_text(value)}" for name, value in pairs.items())


def _unformulated(cell: Any) -> Any:
    return harmless(cell) if isinstance(cell, str) else cell


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
