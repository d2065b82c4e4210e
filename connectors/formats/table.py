"""Rows of CSV, JSONL, Parquet and spreadsheet files, the unreadable ones with their reason."""

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from connectors.formats.dates import from_epoch
from connectors.formats.textfile import ESCAPED, Letters, Unreadable, delimiter_of, header_of, letters_of, open_text

csv.field_size_limit(10_000_000)  # characters; more is an unclosed quote that swallows the file
BATCH = 1_000


class Row(NamedTuple):
    """One row: where it stands, its cells by column, what is wrong with it, and its raw form."""

    place: str
    cells: dict[str, Any]
    problem: str | None
    raw: Any


class Table(NamedTuple):
    """A file's columns and rows; `doubt` says what was guessed in reading it."""

    columns: list[str]
    rows: Iterator[Row]
    doubt: str | None = None


def open_table(
    path: Path, form: str, *, delimiter: str | None = None, encoding: str | None = None, sheet: str | None = None
) -> Table:
    """Return the table in `path`; raises Unreadable or OSError, also while the rows are read.

    Blank rows are no rows. CSV, JSONL and Parquet are streamed; a spreadsheet lies in memory as a whole.
    """
    form = (form or path.suffix).lower().lstrip(".")
    if form in ("csv", "tsv"):
        return _csv(path, delimiter or ("\t" if form == "tsv" else None), letters_of(path, encoding))
    if form in ("jsonl", "ndjson"):
        return _jsonl(path, letters_of(path, encoding))
    if form == "parquet":
        return _parquet(path)
    if form in ("xlsx", "xlsb", "xls", "ods"):
        return _spreadsheet(path, sheet)
    raise Unreadable(f"format {form!r} is unknown; set format to csv, tsv, jsonl, parquet or xlsx")


class _Lines:
    """The lines of a file; those taken since the last clear() are the raw form of the row being read."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.taken: list[str] = []
        self.ended = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._file, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        return line


def _csv(path: Path, delimiter: str | None, letters: Letters) -> Table:
    delimiter = delimiter or delimiter_of(path, letters.encoding)
    columns = [name.strip() for name in header_of(path, letters.encoding, delimiter)]
    if not columns:
        raise Unreadable("it is empty; the first line must name the columns")
    rows = _csv_rows(path, letters.encoding, delimiter, columns)
    next(rows, None)  # the header
    return Table(columns, rows, letters.doubt)


def _csv_rows(path: Path, encoding: str, delimiter: str, columns: Sequence[str]) -> Iterator[Row]:
    with open_text(path, encoding, newline="") as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=delimiter)
        while True:
            lines.taken.clear()
            place = f"line {reader.line_num + 1}"
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:  # the reader goes on with the next line
                yield Row(place, {}, str(error), "".join(lines.taken))
                continue
            if any(fields):
                raw = "".join(lines.taken)
                problem = _csv_problem(fields, columns, raw, unclosed=lines.ended)
                yield Row(place, dict(zip(columns, fields, strict=False)), problem, raw)


def _csv_problem(fields: Sequence[str], columns: Sequence[str], raw: str, *, unclosed: bool) -> str | None:
    if unclosed:
        return "a quote is opened here and never closed"
    if len(fields) != len(columns):
        return f"{len(fields)} fields where the header has {len(columns)}"
    return "bytes that are not in the file's encoding" if ESCAPED.search(raw) else None


def _jsonl(path: Path, letters: Letters) -> Table:
    first = islice(_jsonl_rows(path, letters.encoding), BATCH)
    columns = list(dict.fromkeys(name for row in first for name in row.cells))
    return Table(columns, _jsonl_rows(path, letters.encoding), letters.doubt)


def _jsonl_rows(path: Path, encoding: str) -> Iterator[Row]:
    with open_text(path, encoding, newline="\n") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                cells, problem = _json_object(line)
                yield Row(f"line {number}", cells, problem, line)


def _json_object(line: str) -> tuple[dict[str, Any], str | None]:
    if ESCAPED.search(line):
        return {}, "bytes that are not in the file's encoding"
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {}, f"broken JSON: {error}"
    return (value, None) if isinstance(value, dict) else ({}, f"a JSON {type(value).__name__} instead of an object")


def _parquet(path: Path) -> Table:
    rows = _parquet_rows(path)
    return Table(list(next(rows).cells), rows)


def _parquet_rows(path: Path) -> Iterator[Row]:
    """Yield a first row that only names the columns, then the file's."""
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            yield Row("schema", dict.fromkeys(names), None, names)
            for batch in file.iter_batches(batch_size=BATCH):
                for values in zip(*map(_values, batch.columns), strict=True):
                    number += 1
                    cells = dict(zip(names, values, strict=True))
                    yield Row(f"row {number}", cells, None, cells)
    except pa.ArrowException as error:
        raise Unreadable(f"it is no whole Parquet file: {error}") from None


def _values(column: Any) -> list[Any]:
    if not pa.types.is_timestamp(column.type):
        return list(column.to_pylist())
    # through integers, because pyarrow refuses nanoseconds without pandas
    micros = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64()).to_pylist()
    return [None if value is None else from_epoch(value / 1_000_000) for value in micros]


def _spreadsheet(path: Path, sheet: str | None) -> Table:
    try:
        with CalamineWorkbook.from_path(path) as book:
            if sheet is not None and sheet not in book.sheet_names:
                raise Unreadable(f"it has no sheet {sheet!r}; it has {', '.join(book.sheet_names)}")
            page = book.get_sheet_by_name(sheet or book.sheet_names[0])
    except CalamineError as error:
        raise Unreadable(f"it is no spreadsheet: {error}") from None
    rows = _sheet_rows(page)
    header = next(rows, None)
    if header is None:
        raise Unreadable("its sheet is empty; the first row must name the columns")
    columns = [str(cell).strip() for cell in header[1]]
    return Table(columns, (_sheet_row(number, columns, cells) for number, cells in rows))


def _sheet_rows(page: CalamineSheet) -> Iterator[tuple[int, list[Any]]]:
    numbered: Iterator[tuple[int, list[Any]]] = enumerate(page.iter_rows(), 1)
    return ((number, cells) for number, cells in numbered if any(cell != "" for cell in cells))


def _sheet_row(number: int, columns: Sequence[str], values: Sequence[Any]) -> Row:
    cells = dict(zip(columns, values, strict=True))
    return Row(f"row {number}", cells, None, cells)
