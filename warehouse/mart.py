"""Asks the published mart."""

from collections.abc import Sequence
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
    if not mart.exists():
        raise WarehouseError(f"{mart} does not exist yet; `allears run` publishes it")
    # The pointer is resolved, because a process that still has the old file open would be given that one again.
    with duckdb.connect(mart.resolve(), read_only=True) as db:
        try:
            result = db.execute(sql, list(values))
            columns = [column[0] for column in result.description or []]
            return Answer(columns, result.fetchall())
        except duckdb.Error as error:
            raise WarehouseError(f"{error}\n`allears schema` lists the tables and columns") from None


def describe() -> Answer:
    """Return kind, name, column, type, comment and the table's own comment of everything that a mart holds."""
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA ops")
        for file in [*sorted(SCHEMA.glob("*.sql")), *sorted(VIEWS.glob("*.sql"))]:
            db.execute(file.read_text())
        result = db.execute((HERE / "questions" / "describe.sql").read_text())
        return Answer([column[0] for column in result.description], result.fetchall())
