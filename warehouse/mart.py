"""Asks the published mart."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from warehouse.migrate import HERE, SCHEMA, VIEWS, WarehouseError


class Answer(NamedTuple):
    """Column names and rows of one query."""

    columns: list[str]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def ask(mart: Path, sql: str, values: Sequence[object] = ()) -> Answer:
    """Return the answer of `sql` on the published copy that `mart` points to, opened read-only.

    Raises WarehouseError when nothing is published yet or DuckDB refuses the SQL.
    """
    with opened(mart) as db:
        try:
            return _answer(db.execute(sql, list(values)))
        except duckdb.Error as error:
            raise WarehouseError(f"{error}\n`allears schema` lists the tables and columns") from None


def opened(mart: Path) -> duckdb.DuckDBPyConnection:
    """Return a read-only connection to the published copy that `mart` points to; raises WarehouseError without one."""
    if not mart.exists():
        raise WarehouseError(f"{mart} does not exist yet; `allears run` publishes it")
    # The pointer is resolved, because a process that still has the old file open would be given that one again.
    return duckdb.connect(mart.resolve(), read_only=True)


def describe() -> Answer:
    """Return kind, name, column, type, comment and the table's own comment of everything that a mart holds."""
    return _described()[0]


def describe_macros() -> Answer:
    """Return name, parameters and comment of every macro that a mart holds: the metrics, each written once."""
    return _described()[1]


def quoted(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@cache
def _described() -> tuple[Answer, Answer]:
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA ops")
        for file in [*sorted(SCHEMA.glob("*.sql")), *sorted(VIEWS.glob("*.sql"))]:
            db.execute(file.read_text())
        columns, macros = (HERE / "questions" / f"{name}.sql" for name in ("describe", "describe_macros"))
        return _answer(db.execute(columns.read_text())), _answer(db.execute(macros.read_text()))


def _answer(result: duckdb.DuckDBPyConnection) -> Answer:
    return Answer([column[0] for column in result.description or []], result.fetchall())
