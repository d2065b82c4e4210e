"""Who writes to a lake, and when.

DuckLake gives every transaction a snapshot, and lets two that saw the same snapshot both add a mention that neither
saw. So writers take turns at their transactions, each a second or two, by an advisory lock of the catalog's PostgreSQL,
and do what takes long – asking sources, reading texts – outside. A lock dies with the connection of whoever holds it.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import duckdb
import stamina

from warehouse.migrate import WarehouseError

if TYPE_CHECKING:
    import psycopg

EXTRA = "install the extra: uv sync --extra lake"
TRY, FREE = "SELECT pg_try_advisory_lock(%s)", "SELECT pg_advisory_unlock(%s)"
TURN, WAIT = "turn", "SELECT pg_advisory_lock(%s)"
PASSING = re.compile(
    "transaction conflict|server closed the connection|unable to connect to postgres|recent snapshot", re.IGNORECASE
)


class Lost(WarehouseError):
    """The catalog did not answer while it was our turn; what was being written is rolled back."""


def is_passing(error: BaseException | None) -> bool:
    """Say whether `error` is one after which the same step can be tried again.

    The catalog was away, or somebody who takes no turns, such as a person, changed the same rows.
    """
    if error is None or isinstance(error, Lost):
        return error is not None
    return (isinstance(error, duckdb.Error) and PASSING.search(str(error)) is not None) or is_passing(error.__cause__)


# A minute and a half in all: a PostgreSQL that is started again is back by then.
again = stamina.retry(on=is_passing, attempts=6, timeout=None, wait_initial=2, wait_max=30)


class Turns:
    """The locks of everybody who writes to one lake: advisory locks of its PostgreSQL, held by two connections."""

    def __init__(self, catalog: str) -> None:
        self._catalog = catalog
        self._taken: set[str] = set()
        self._claims = _connected(catalog)
        self._turns = _connected(catalog)  # waits, while the other one must answer

    def take(self, what: str) -> bool:
        """Say whether nobody does `what`; if so it is ours until it is given back, or this process ends."""
        if what in self._taken or not _asked(self._claims, TRY, what):
            return False
        self._taken.add(what)
        return True

    def give_back(self, what: str) -> None:
        """Leave `what` to others."""
        if what in self._taken:
            self._taken.remove(what)
            with suppress(Lost):
                _asked(self._claims, FREE, what)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody writes; inside nobody else does."""
        try:
            _asked(self._turns, WAIT, TURN)
        except Lost:  # PostgreSQL was started again, or it was quiet for too long
            self._reconnect()
            _asked(self._turns, WAIT, TURN)
        try:
            yield
        finally:
            with suppress(Lost):  # then the lock is gone with its connection
                _asked(self._turns, FREE, TURN)

    def confirm(self) -> None:
        """Raise Lost if it is not our turn any more, because the connection that held the lock has broken."""
        _asked(self._turns, "SELECT %s IS NOT NULL", TURN)

    def close(self) -> None:
        """Give everything back."""
        self._claims.close()
        self._turns.close()

    def _reconnect(self) -> None:
        """Connect anew. What was taken is free then, and taken again if nobody was quicker."""
        self._turns, self._claims = _connected(self._catalog), _connected(self._catalog)
        self._taken = {what for what in self._taken if _asked(self._claims, TRY, what)}


def _connected(catalog: str) -> "psycopg.Connection[Any]":
    try:
        import psycopg
    except ImportError:
        raise WarehouseError(f"a lake needs psycopg, which is not here ({EXTRA})") from None
    try:
        return psycopg.connect(catalog, autocommit=True, keepalives=1, keepalives_idle=30, connect_timeout=30)
    except psycopg.Error as error:
        raise Lost(f"the lake's catalog does not answer: {error}") from None


def _asked(connection: "psycopg.Connection[Any]", sql: str, what: str) -> bool:
    import psycopg

    key = int.from_bytes(hashlib.blake2b(what.encode(), digest_size=8).digest(), "big", signed=True)
    try:
        row = connection.execute(sql, [key]).fetchone()
    except psycopg.OperationalError as error:
        raise Lost(f"the lake's catalog does not answer: {error}") from None
    return row is not None and row[0] is not False


def has_catalog(catalog: str) -> bool:
    """Say whether a lake was ever made in the database that `catalog` names; DuckLake makes one where there is none."""
    with _connected(catalog) as connection:
        row = connection.execute("SELECT to_regclass('ducklake_metadata') IS NOT NULL").fetchone()
    return row is not None and bool(row[0])
