"""Tables of the user's own – customers, campaigns, releases – copied beside the mentions, so that one query joins them.

They are in the schema `own`, where no table of the mart can ever have the same name. Alert rules see them too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse.sqltext import literal, quoted
from warehouse.warehouse import Warehouse

# The whole file is sniffed before its types are settled: an odd value in its last row makes a column of text, no error.
CSV = "FROM read_csv(getvariable('own_file'), header = TRUE, skip = 0, sample_size = -1)"
PARQUET = "FROM read_parquet(getvariable('own_file'))"
READERS = {".csv": CSV, ".tsv": CSV, ".csv.gz": CSV, ".parquet": PARQUET}
THERE = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'own'"


class OwnTableError(Exception):
    """A file cannot be copied. The message says which, why, and how to mend it."""


@dataclass(frozen=True, slots=True)
class OwnTable:
    """One of [[tables]]: `columns` says what columns mean, of those that need saying."""

    name: str
    file: Path
    description: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def reader_of(file: Path) -> str | None:
    """Return the SQL that reads files of this ending, or None."""
    return next((sql for ending, sql in READERS.items() if file.name.lower().endswith(ending)), None)


def bring_tables(warehouse: Warehouse, tables: Sequence[OwnTable]) -> list[str]:
    """Copy each file into own.NAME in place of the last copy, drop what is no longer asked for; return the problems.

    Of a file that is missing or broken the last copy stays.
    """
    problems = []
    for table in tables:
        try:
            with warehouse.transaction({}) as db:
                problems += _copy(db, table)
        except OwnTableError as error:
            problems.append(f"{error}; the last copy stays, if there is one")
    asked = {table.name.casefold() for table in tables}
    for (name,) in warehouse.rows(THERE):
        if name.casefold() not in asked:
            warehouse.write(f"DROP TABLE own.{quoted(name)}")
    return problems


def try_table(table: OwnTable) -> tuple[int, list[tuple[str, str]], list[str]]:
    """Return how many rows a file has, names and types of its columns, and what is odd; raises OwnTableError."""
    with duckdb.connect() as db:
        sql = _read(db, table)
        columns = [(name, str(kind)) for name, kind, *_ in db.execute(f"{sql} LIMIT 0").description]
        ((rows,),) = db.execute(f"SELECT count(*) {sql}").fetchall()
    return rows, columns, _unknown(table, [name for name, _ in columns])


def _copy(db: duckdb.DuckDBPyConnection, table: OwnTable) -> list[str]:
    sql, target = _read(db, table), f"own.{quoted(table.name)}"
    db.execute("CREATE SCHEMA IF NOT EXISTS own")
    try:
        db.execute(f"CREATE OR REPLACE TABLE {target} AS {sql}")
    except duckdb.Error as error:
        raise _broken(table, error) from None
    names = [name for name, *_ in db.execute(f"FROM {target} LIMIT 0").description]
    about = table.description or f"A table of your own, from {table.file.name}."
    db.execute(f"COMMENT ON TABLE {target} IS {literal(about)}")
    said = {name.casefold(): text for name, text in table.columns.items()}
    for name in names:
        text = said.get(name.casefold(), f"As {table.file.name} has it.")
        db.execute(f"COMMENT ON COLUMN {target}.{quoted(name)} IS {literal(text)}")
    return _unknown(table, names)


def _read(db: duckdb.DuckDBPyConnection, table: OwnTable) -> str:
    """Return the SQL that reads the file, once its first look has shown that it can be read."""
    if not table.file.is_file():
        raise OwnTableError(f"own table {table.name}: {table.file} does not exist; mend file = … under [[tables]]")
    if not table.file.stat().st_size:
        raise OwnTableError(f"own table {table.name}: {table.file} is empty; its first line must name the columns")
    pattern = "".join(f"[{c}]" if c in "*?[" else c for c in str(table.file))  # a file may be called a[1].csv
    db.execute("SET VARIABLE own_file = ?", [pattern])
    sql = reader_of(table.file) or CSV
    try:
        names = [name for name, *_ in db.execute(f"{sql} LIMIT 0").description]
    except duckdb.Error as error:
        raise _broken(table, error) from None
    if len(names) == 1 and any(mark in names[0] for mark in ",;\t"):
        hint = f"{names[0]!r} is read as one column: some rows have more or fewer columns than the first line names"
        raise OwnTableError(f"own table {table.name}: {table.file}: {hint}")
    return sql


def _broken(table: OwnTable, error: duckdb.Error) -> OwnTableError:
    said = " ".join(line.strip() for line in str(error).splitlines()[:3])
    hint = "; save it as CSV UTF-8" if "not utf-8" in said else ""
    return OwnTableError(f"own table {table.name}: {table.file} cannot be read: {said.rstrip('. ')}{hint}")


def _unknown(table: OwnTable, names: Sequence[str]) -> list[str]:
    there = {name.casefold() for name in names}
    missing = [name for name in table.columns if name.casefold() not in there]
    listed = ", ".join(names)
    return [f"own table {table.name}: columns names {name!r}, and the file has only {listed}" for name in missing]
