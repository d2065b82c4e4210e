"""Publishes read-only copies: readers hold one open for as long as they like, the writer never waits for them."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb

from warehouse.migrate import schema_version
from warehouse.warehouse import Warehouse

MART_VERSION = 1  # rises when a table, view or column that readers use changes its meaning or goes
KEEP = 3  # a reader that opened the one before last goes on; older ones are gone at its next start


def publish(warehouse: Warehouse, folder: Path, pointer: Path, about: Mapping[str, str]) -> Path:
    """Copy the checked warehouse to `folder`/mart-N.duckdb, point `pointer` at it, and return the new file.

    The copy holds the public tables and views only, and `about`. Readers see the old file or the new one, never a
    half. Raises WarehouseError, and leaves the last mart in place, if what would be published is not consistent.
    """
    warehouse.check()
    warehouse.checkpoint()
    folder.mkdir(parents=True, exist_ok=True)
    number = max((_number(file) for file in folder.glob("mart-*.duckdb")), default=0) + 1
    mart, draft = folder / f"mart-{number}.duckdb", folder / "draft.duckdb"
    shutil.copyfile(warehouse.path, draft)
    versions = {"mart_version": str(MART_VERSION), "schema_version": str(schema_version())}
    _keep_public(draft, versions | dict(about))
    _sync(draft)
    draft.replace(mart)
    _point(pointer, mart)
    _sync(folder)
    for old in sorted(folder.glob("mart-*.duckdb"), key=_number)[:-KEEP]:
        old.unlink()
    return mart


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


def _number(file: Path) -> int:
    return int(re.sub(r"\D", "", file.stem) or 0)
