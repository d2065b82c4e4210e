"""Brings a warehouse file to the schema of this version: numbered SQL files, one transaction each."""

import hashlib
import logging
import shutil
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import duckdb

from warehouse.tables import utc

HERE = Path(__file__).parent
SCHEMA, VIEWS = HERE / "schema", HERE / "views"
BACKUPS = 2  # kept beside the file: the one from before an upgrade that turns out badly, and the one before that

log = logging.getLogger(__name__)


class WarehouseError(Exception):
    """The warehouse cannot be used. The message says what is wrong, where, and how to mend it."""


class Applied(NamedTuple):
    """A schema file that a warehouse has; `program` is the version of Allears that applied it, None where unknown."""

    name: str
    checksum: str
    program: str | None


def migrate(path: Path, now: datetime, *, schema: Path = SCHEMA, views: Path = VIEWS) -> None:
    """Apply the schema files that `path` lacks, after keeping a copy beside it, and renew its views.

    A file that does not exist is made; of the copies the last two stay. Raises WarehouseError when the file is newer
    than this program, when a schema file that was applied has been edited, or when the file is no warehouse.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    drop_draft(path)
    steps = schema_steps(schema)
    with _opened(path) as db:
        applied = applied_steps(db, str(path))
        refuse_unknown(str(path), applied, steps, backups(path))
        if len(applied) == len(steps):
            _renew_views(db, views)
            return
    if applied:  # a closed file is whole
        _keep_copy(path, len(applied))
    with _opened(path) as db:
        for step in steps[len(applied) :]:
            apply(db, step, now)
            db.execute("CHECKPOINT")  # DDL left in a WAL is what DuckDB replays worst
        _renew_views(db, views)
    for old in backups(path)[:-BACKUPS]:
        old.unlink()


def backups(path: Path) -> list[Path]:
    """Return the copies of `path` that were kept before it was migrated, the oldest schema first."""
    return sorted(_beside(path, ".bak"), key=_schema_of)


def unfinished_backups(path: Path) -> list[Path]:
    """Return what somebody who was killed while copying `path` left behind."""
    return _beside(path, ".draft")


def draft_of(path: Path) -> Path:
    """Return the file in which `path` is written anew before it takes its place."""
    return path.with_name(f"{path.name}.draft")


def log_of(path: Path) -> Path:
    """Return the file in which DuckDB keeps what was committed to `path` and is not yet in it."""
    return path.with_name(f"{path.name}.wal")


def drop_draft(path: Path) -> None:
    """Remove what was left by somebody who was killed while writing `path` anew."""
    for draft in (draft_of(path), log_of(draft_of(path))):
        draft.unlink(missing_ok=True)


def schema_version(schema: Path = SCHEMA) -> int:
    """Return the number of the newest schema file."""
    return len(schema_steps(schema))


def schema_steps(schema: Path = SCHEMA) -> list[Path]:
    """Return the schema files in the order in which they are applied."""
    return sorted(schema.glob("[0-9][0-9][0-9]_*.sql"))


def applied_steps(db: duckdb.DuckDBPyConnection, place: str) -> list[Applied]:
    """Return the schema files that the database `db`, which is kept at `place`, has; none if it is empty."""
    if not db.execute("SELECT EXISTS (FROM duckdb_tables() WHERE database_name = current_catalog())").fetchall()[0][0]:
        return []
    try:
        rows = db.execute("FROM ops.migrations ORDER BY version")
    except duckdb.CatalogException:
        raise WarehouseError(f"{place} is a database but no warehouse; name another one under [warehouse]") from None
    names = [column[0] for column in rows.description]
    applied = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return [Applied(row["name"], row["checksum"], row.get("program")) for row in applied]


def _opened(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(path)
    except duckdb.IOException as error:
        hint = "another program has it open for writing, or it is damaged; close that program, or restore a copy"
        raise WarehouseError(f"{path} cannot be opened: {error} ({hint})") from None


def refuse_unknown(place: str, applied: list[Applied], steps: list[Path], copies: Sequence[Path] = ()) -> None:
    """Raise WarehouseError if `place` is newer than this program, or was made with another file than one of `steps`."""
    if len(applied) > len(steps):
        ours, wrote = version("allears"), applied[-1].program
        is_named = wrote not in (None, ours)  # between two releases the version is the same
        problem = f"{place} has schema {len(applied)}, this is Allears {ours} and knows {len(steps)}"
        mend = f"install allears >= {wrote}" if is_named else "update Allears to the version that wrote it"
        kept = next((f"; {old} is a copy from before it was migrated" for old in reversed(copies)), "")
        raise WarehouseError(f"{problem}; {mend}{kept}")
    for (name, checksum, _), step in zip(applied, steps, strict=False):
        if (name, checksum) != (step.stem, _checksum(step)):
            raise WarehouseError(f"{place} was made with another {step.name}; restore that file, never edit it")


def _keep_copy(path: Path, schema: int) -> None:
    """Copy `path` as it is, with its mode; a copy that was cut short is never taken for a whole one."""
    kept = path.with_name(f"{path.name}.schema-{schema}.bak")
    draft = kept.with_suffix(".draft")
    try:
        shutil.copy(path, draft)
        draft.replace(kept)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise WarehouseError(f"{path} is not migrated, for {kept} cannot be written: {error}") from None
    log.warning("%s is migrated from schema %d; %s is a copy from before", path, schema, kept)


def apply(db: duckdb.DuckDBPyConnection, step: Path, now: datetime) -> None:
    """Apply one schema file in a transaction of its own."""
    db.begin()
    try:
        db.execute("CREATE SCHEMA IF NOT EXISTS ops")
        db.execute(
            "CREATE TABLE IF NOT EXISTS ops.migrations "
            "(version INTEGER, name VARCHAR, checksum VARCHAR, applied_at TIMESTAMP)"
        )
        db.execute("ALTER TABLE ops.migrations ADD COLUMN IF NOT EXISTS program VARCHAR")  # 0.1.0 kept none
        db.execute(step.read_text())
        row = [int(step.stem[:3]), step.stem, _checksum(step), utc(now), version("allears")]
        db.execute("INSERT INTO ops.migrations VALUES (?, ?, ?, ?, ?)", row)
        db.commit()
    except duckdb.Error as error:
        db.rollback()
        raise WarehouseError(f"{step.name} could not be applied, nothing was changed: {error}") from error


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


def _schema_of(backup: Path) -> int:
    return int("".join(filter(str.isdecimal, backup.suffixes[-2])) or 0)


def _beside(path: Path, ending: str) -> list[Path]:
    start = f"{path.name}.schema-"
    return [file for file in path.parent.iterdir() if file.name.startswith(start) and file.name.endswith(ending)]
