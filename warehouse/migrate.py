"""Brings a warehouse file to the schema of this version: numbered SQL files, one transaction each."""

import hashlib
import shutil
from datetime import datetime
from pathlib import Path

import duckdb

from warehouse.tables import utc

HERE = Path(__file__).parent
SCHEMA, VIEWS = HERE / "schema", HERE / "views"


class WarehouseError(Exception):
    """The warehouse cannot be used. The message says what is wrong, where, and how to mend it."""


def migrate(path: Path, now: datetime, *, schema: Path = SCHEMA, views: Path = VIEWS) -> None:
    """Apply the schema files that `path` lacks, after keeping a copy beside it, and renew its views.

    A file that does not exist is made. Raises WarehouseError when the file is newer than this program, when a
    schema file that was applied has been edited, or when the file is no warehouse.
    """
    steps = sorted(schema.glob("[0-9][0-9][0-9]_*.sql"))
    applied = _applied(path) if path.exists() else []
    _refuse_unknown(path, applied, steps)
    pending = steps[len(applied) :]
    if pending and applied:
        shutil.copyfile(path, path.with_name(f"{path.name}.schema-{len(applied)}.bak"))
    with duckdb.connect(path) as db:
        for step in pending:
            _apply(db, step, now)
        _renew_views(db, views)


def schema_version(schema: Path = SCHEMA) -> int:
    """Return the number of the newest schema file."""
    return len(list(schema.glob("[0-9][0-9][0-9]_*.sql")))


def _applied(path: Path) -> list[tuple[str, str]]:
    try:
        with duckdb.connect(path) as db:
            tables = db.execute("SELECT count(*) FROM duckdb_tables()").fetchall()[0][0]
            if not tables:
                return []
            return db.execute("SELECT name, checksum FROM ops.migrations ORDER BY version").fetchall()
    except duckdb.CatalogException:
        raise WarehouseError(f"{path} is a DuckDB file but no warehouse; name another [warehouse] path") from None
    except duckdb.IOException as error:
        hint = "another program has it open for writing, or it is damaged; close that program, or restore a copy"
        raise WarehouseError(f"{path} cannot be opened: {error} ({hint})") from None


def _refuse_unknown(path: Path, applied: list[tuple[str, str]], steps: list[Path]) -> None:
    if len(applied) > len(steps):
        problem = f"{path} has schema {len(applied)}, this program knows {len(steps)}"
        raise WarehouseError(f"{problem}; update Allears to the version that wrote it")
    for (name, checksum), step in zip(applied, steps, strict=False):
        if (name, checksum) != (step.stem, _checksum(step)):
            raise WarehouseError(f"{path} was made with another {step.name}; restore that file, never edit it")


def _apply(db: duckdb.DuckDBPyConnection, step: Path, now: datetime) -> None:
    db.begin()
    try:
        db.execute("CREATE SCHEMA IF NOT EXISTS ops")
        db.execute(
            "CREATE TABLE IF NOT EXISTS ops.migrations "
            "(version INTEGER, name VARCHAR, checksum VARCHAR, applied_at TIMESTAMP)"
        )
        db.execute(step.read_text())
        row = [int(step.stem[:3]), step.stem, _checksum(step), utc(now)]
        db.execute("INSERT INTO ops.migrations VALUES (?, ?, ?, ?)", row)
        db.commit()
    except duckdb.Error as error:
        db.rollback()
        raise WarehouseError(f"{step.name} could not be applied, nothing was changed: {error}") from error
    db.execute("CHECKPOINT")  # DDL left in a WAL is what DuckDB replays worst


def _renew_views(db: duckdb.DuckDBPyConnection, views: Path) -> None:
    files = sorted(views.glob("*.sql"))
    wanted = "".join(_checksum(file) for file in files)
    db.execute("CREATE TABLE IF NOT EXISTS ops.views (checksums VARCHAR)")
    if db.execute("SELECT checksums FROM ops.views").fetchall() == [(wanted,)]:
        return
    db.begin()
    for (name,) in db.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall():
        db.execute(f'DROP VIEW "{name}"')
    for file in files:
        db.execute(file.read_text())
    db.execute("DELETE FROM ops.views")
    db.execute("INSERT INTO ops.views VALUES (?)", [wanted])
    db.commit()
    db.execute("CHECKPOINT")


def _checksum(file: Path) -> str:
    return hashlib.blake2b(file.read_bytes(), digest_size=8).hexdigest()
