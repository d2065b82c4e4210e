"""Publishes read-only copies: readers hold one open for as long as they like, the writer never waits for them."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import duckdb

from warehouse.migrate import schema_version
from warehouse.warehouse import Warehouse

MART_VERSION = 1  # rises when a table, view or column that readers use changes its meaning or goes
KEEP = 3  # a reader that opened the one before last goes on; older ones are gone at its next start


def publish(warehouse: Warehouse, folder: Path, pointer: Path, about: Mapping[str, str], *, keep: int = KEEP) -> Path:
    """Copy the checked warehouse to `folder`/mart-N/mart.duckdb, point `pointer` at it, and return the new file.

    The copy holds the public tables and views only, and `about`. Readers see the old file or the new one, never a
    half. Raises WarehouseError, and leaves the last mart in place, if what would be published is not consistent.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = max(map(_number, copies(folder)), default=0) + 1
    mart, draft = folder / f"mart-{number}" / "mart.duckdb", folder / "draft.duckdb"
    versions = {"mart_version": str(MART_VERSION), "schema_version": str(schema_version())}
    with warehouse.locks.turn():
        warehouse.check()
        try:
            _forget_draft(draft)  # of a run that was killed
            warehouse.copy(draft)
            _keep_public(draft, versions | dict(about))
            draft.chmod(draft.stat().st_mode & ~0o222)  # who opened it for writing would lock out all others
            _sync(draft)
            mart.parent.mkdir(exist_ok=True)
            draft.replace(mart)
        finally:
            _forget_draft(draft)  # a disk that is full must not stay so
        _point(pointer, mart)
        _sync(folder)
        warehouse.write("DELETE FROM ops.rolled")  # checked; a run that dies before this checks them once more
    for old in copies(folder)[:-keep]:
        old.unlink()
        if old.parent != folder:
            old.parent.rmdir()
    return mart


def copies(folder: Path) -> list[Path]:
    """Return the published copies in `folder`, the oldest first.

    A file of its own in a folder of its own: DuckDB names a database after its file, and tools keep that name in what
    people save. Those that version 0.1 published are called mart-N.duckdb.
    """
    return sorted([*folder.glob("mart-*/mart.duckdb"), *folder.glob("mart-*.duckdb")], key=_number)


def _forget_draft(draft: Path) -> None:
    """Remove a draft with its log, which DuckDB would replay into the next draft of this name."""
    draft.unlink(missing_ok=True)
    draft.with_name(f"{draft.name}.wal").unlink(missing_ok=True)


def _keep_public(file: Path, about: Mapping[str, str]) -> None:
    with duckdb.connect(file) as db:
        db.execute("DROP SCHEMA ops CASCADE")
        db.execute("DELETE FROM about")
        for item in about.items():
            db.execute("INSERT INTO about VALUES (?, ?)", item)
        db.execute("CHECKPOINT")


def _point(pointer: Path, mart: Path) -> None:
    draft = pointer.with_name(f"{pointer.name}.draft")
    draft.unlink(missing_ok=True)
    draft.symlink_to(os.path.relpath(mart, pointer.parent))
    draft.replace(pointer)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _number(copy: Path) -> int:
    named = copy.parent if copy.name == "mart.duckdb" else copy
    return int(re.sub(r"\D", "", named.stem) or 0)
