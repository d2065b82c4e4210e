"""Writes rows into a spreadsheet, one after the other, in the memory of one row."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import Any, Self

MOST_ROWS, MOST_COLUMNS = 1_048_576 - 1, 16_384  # what one sheet holds, below the line of names
MOST_CHARS = 32_767  # what one cell holds
EXACT = 10**15  # beyond, a spreadsheet rounds
FIRST_YEAR = 1901  # spreadsheets know no day before 1900, and take that for a leap year
WIDTHS = {"date": 11, "timestamp": 19}  # characters; narrower, a date is shown as #####


class Sheet:
    """A spreadsheet that is being written; whole only once the context has ended without an error."""

    def __init__(self, file: Path, title: str, columns: Sequence[tuple[str, str]]) -> None:
        """Begin with names and types of the columns; the names stay in sight and can be filtered by."""
        import xlsxwriter  # 40 ms that only an export to XLSX needs

        # No text is taken for a formula, a link or a number.
        options = {"constant_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
        self._book = xlsxwriter.Workbook(str(file), options)
        self._sheet = self._book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\'")[:31])
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._columns, self._rows = len(columns), 0
        bold = self._book.add_format({"bold": True})
        for number, (name, kind) in enumerate(columns):
            self._sheet.set_column(number, number, WIDTHS.get(kind))
            self._sheet.write_string(0, number, name, bold)
        self._sheet.freeze_panes(1, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._columns:
            self._sheet.autofilter(0, 0, self._rows, self._columns - 1)
        self._book.close()

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows below the last."""
        for row in rows:
            self._rows += 1
            for number, value in enumerate(row):
                if value is not None:
                    self._put(self._rows, number, value)

    def _put(self, row: int, column: int, value: Any) -> None:
        """Write one cell: a real date, number or truth value where it is one, else text."""
        match value:
            case bool():
                self._sheet.write_boolean(row, column, value)
            case int() | float() | Decimal() if isfinite(value) and -EXACT < value < EXACT:
                self._sheet.write_number(row, column, value)
            case datetime() if value.year >= FIRST_YEAR:
                self._sheet.write_datetime(row, column, value, self._moment)
            case date() if value.year >= FIRST_YEAR:
                self._sheet.write_datetime(row, column, value, self._day)
            case _:
                text = str(value)
                cut = text if len(text) <= MOST_CHARS else f"{text[: MOST_CHARS - 1]}…"
                self._sheet.write_string(row, column, cut)
