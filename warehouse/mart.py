"""Asks the published mart."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from warehouse.migrate import HERE, SCHEMA, VIEWS, WarehouseError
from warehouse.sqltext import literal, quoted

_idle: list[duckdb.DuckDBPyConnection] = []  # engines: one is 20 ms of work to start, a mart 6 ms to open


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
    with attached(mart) as db:
        try:
            return _answer(db.execute(sql, list(values)))
        except duckdb.Error as error:
            raise WarehouseError(f"{error}\n`allears schema` lists the tables and columns") from None


def opened(mart: Path) -> duckdb.DuckDBPyConnection:
    """Return a read-only connection, with settings of its own, to the published copy that `mart` points to.

    Raises WarehouseError without one.
    """
    return duckdb.connect(_published(mart), read_only=True)


@contextmanager
def attached(mart: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that reads the published copy that `mart` points to; raises WarehouseError without one.

    The copy is opened anew and closed at the end. The engine that reads it, with nothing in it, stays for the next.
    """
    copy = _published(mart)
    engine = _engine()
    name = quoted(copy.stem)  # which is what DuckDB calls a file that it is connected to
    engine.execute(f"ATTACH {literal(str(copy))} AS {name} (READ_ONLY)")
    try:
        with engine.cursor() as db:
            db.execute(f"USE {name}")
            yield db
    finally:
        engine.execute(f"DETACH {name}")
    _idle.append(engine)


def describe() -> Answer:
    """Return kind, name, column, type, comment and the table's own comment of everything that a mart holds."""
    return _described()[0]


def describe_macros() -> Answer:
    """Return name, parameters and comment of every macro that a mart holds: the metrics, each written once."""
    return _described()[1]


def _engine() -> duckdb.DuckDBPyConnection:
    try:
        return _idle.pop()
    except IndexError:
        return duckdb.connect()


def _published(mart: Path) -> Path:
    """Return the file itself: a process that still has the old one open would be given that one by its pointer."""
    if not mart.exists():
        raise WarehouseError(f"{mart} does not exist yet; `allears run` publishes it")
    return mart.resolve()


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
