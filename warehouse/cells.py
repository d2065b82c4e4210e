"""How the values of a table stand in a CSV file or a spreadsheet: readable, and nothing in them is run."""

from pathlib import Path
from typing import Any

import duckdb

from warehouse.sqltext import quoted

MACROS = Path(__file__).parent / "load" / "cells.sql"
# What a spreadsheet takes for the beginning of a formula; the wide ones in Japanese, the white ones before any of them.
FORMULA = "=+-@\t\r\n＝＋－＠"
AS_THEY_ARE = {
    *("boolean", "date", "timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "float", "double", "decimal"),
    *("tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint", "hugeint"),
}
NESTED = ("list", "array", "struct", "map", "union")


def harmless(text: str) -> str:
    """Return `text` so that no spreadsheet runs it."""
    return f"'{text}" if text.startswith(tuple(FORMULA)) else text


def prepare(db: duckdb.DuckDBPyConnection) -> None:
    """Make what `readable` uses known to a connection; nothing is written to the file that it has open."""
    db.execute("SET VARIABLE formula = ?", [FORMULA])
    db.execute(MACROS.read_text())


def readable(name: str, kind: Any, *, sheet: bool) -> str:
    """Return the SQL that shows the column `name` of DuckDB's type `kind` in a CSV file or, with `sheet`, an XLSX file.

    Lists become a, b, c and what is nested deeper becomes JSON. In a spreadsheet, ids become text.
    """
    column = quoted(name)
    if kind.id in ("list", "array") and kind.children[0][1].id not in NESTED:
        shown = f"harmless(listed({column}))"
    elif kind.id in NESTED:
        shown = f"harmless(to_json({column})::VARCHAR)"
    elif kind.id == "ubigint" and sheet:
        shown = f"{column}::VARCHAR"
    elif kind.id in AS_THEY_ARE:
        shown = column
    else:
        shown = f"harmless({column}::VARCHAR)"
    return f"{shown} AS {quoted(harmless(name))}"
