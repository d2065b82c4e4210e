"""Where a warehouse is kept, and who writes to it: one file of this machine, or a lake that many machines share."""

import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb
from filelock import FileLock, Timeout

from warehouse.mart import Answer
from warehouse.migrate import WarehouseError, migrate

RUN = "run"  # what one at a time does: a run, or a change that a person makes


class Locks(Protocol):
    """Who does what, among all who write to one warehouse. What a process has taken is free again when it dies."""

    def take(self, what: str) -> bool:
        """Say whether nobody does `what`; if so it is ours until it is given back."""

    def give_back(self, what: str) -> None:
        """Leave `what` to others."""

    def turn(self) -> AbstractContextManager[None]:
        """Wait until nobody writes; inside nobody else does."""

    def confirm(self) -> None:
        """Raise WarehouseError if it is not our turn any more."""

    def close(self) -> None:
        """Give everything back."""


class Store(Protocol):
    """Where a warehouse is kept; str() names it in messages, without a secret."""

    def exists(self) -> bool:
        """Say whether there is a warehouse."""

    def open(self, now: datetime) -> duckdb.DuckDBPyConnection:
        """Return a connection to the warehouse, which is made, or brought to the schema of this program, before."""

    def look(self) -> duckdb.DuckDBPyConnection:
        """Return a connection that can only read."""

    def copy(self, db: duckdb.DuckDBPyConnection, file: Path) -> None:
        """Write a DuckDB file with everything that a mart shows, and perhaps more; `db` is what `open` returned."""

    def locks(self) -> Locks:
        """Return what this process takes part in the writing with."""


class OneFile:
    """A DuckDB file, which one process at a time writes: the one that has taken "run"."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        """Say whether the file is there."""
        return self.path.exists()

    def open(self, now: datetime) -> duckdb.DuckDBPyConnection:
        """Return a connection to the file."""
        migrate(self.path, now)
        return duckdb.connect(self.path)

    def look(self) -> duckdb.DuckDBPyConnection:
        """Return a read-only connection; raises duckdb.IOException while somebody writes."""
        return duckdb.connect(self.path, read_only=True)

    def copy(self, db: duckdb.DuckDBPyConnection, file: Path) -> None:
        """Copy the whole file, byte for byte: 35 times cheaper than copying its tables."""
        db.execute("CHECKPOINT")
        shutil.copyfile(self.path, file)

    def locks(self) -> Locks:
        """Return locks that are files."""
        return _FileLocks(self.path)


class _FileLocks:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: dict[str, FileLock] = {}

    def take(self, what: str) -> bool:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._path.with_name(f"{self._path.name}{'' if what == RUN else f'.{what}'}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._held[what] = lock
        return True

    def give_back(self, what: str) -> None:
        self._held.pop(what).release()

    def turn(self) -> AbstractContextManager[None]:
        return nullcontext()  # threads take turns in Warehouse, and there is no other process

    def confirm(self) -> None:
        pass

    def close(self) -> None:
        for what in list(self._held):
            self.give_back(what)


def look_up(store: Store, sql: str, values: Sequence[object] = ()) -> Answer:
    """Return the answer of `sql` on the warehouse itself, the book-keeping included.

    Raises duckdb.IOException while somebody writes a file, WarehouseError when DuckDB refuses the SQL.
    """
    with store.look() as db:
        try:
            result = db.execute(sql, list(values))
            return Answer([column[0] for column in result.description or []], result.fetchall())
        except duckdb.Error as error:
            raise WarehouseError(f"{store}: {error}") from None
