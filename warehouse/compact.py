"""Gives back the room that changed and deleted rows leave in the file; DuckDB uses it again, but never gives it back.

The file is written anew beside the old one, compared with it, and takes its place in one step: whoever is killed on
the way finds the old file or the new one, and a draft that the next start removes. Measured on 1.5.5 with 300,000
mentions, 167 MB of which 70 were free: COPY FROM DATABASE 2.7 s of processor and 86 MB, one INSERT for each table 2.6 s
and 86 MB; IMPORT DATABASE fails on views that use macros, and VACUUM gives nothing back.
"""

import logging
import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from warehouse.lake import NAME, Lake
from warehouse.migrate import HERE, WarehouseError, draft_of, drop_draft, log_of
from warehouse.sqltext import literal
from warehouse.warehouse import Warehouse

FREE_SHARE, FREE_BYTES = 0.25, 64 * 2**20  # both: less is used again by the next days, and a rewrite reads everything
DIFFERENCES = HERE / "questions" / "differences.sql"
SIZE = "SELECT total_blocks, free_blocks, block_size FROM pragma_database_size()"
TABLES = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'old'"
KEPT = timedelta(days=1)  # longer than any query of a reader lasts, and than any writer takes to commit its files
TIDY = [
    f"CALL ducklake_flush_inlined_data('{NAME}')",
    f"CALL ducklake_rewrite_data_files('{NAME}', delete_threshold => 0.05)",
    f"CALL ducklake_merge_adjacent_files('{NAME}')",
    f"CALL ducklake_expire_snapshots('{NAME}', older_than => ?::TIMESTAMPTZ)",
    f"CALL ducklake_cleanup_old_files('{NAME}', older_than => ?::TIMESTAMPTZ)",
    f"CALL ducklake_delete_orphaned_files('{NAME}', older_than => ?::TIMESTAMPTZ)",
]
ROWS = "SELECT (SELECT count(*) FROM query_table(?)), (SELECT count(*) FROM query_table(?))"

log = logging.getLogger(__name__)


class Rebuilt(NamedTuple):
    """How many bytes the file had and has now, and how long that took."""

    before: int
    after: int
    seconds: float


def compact(warehouse: Warehouse, *, least_share: float = FREE_SHARE, least_bytes: int = FREE_BYTES) -> Rebuilt | None:
    """Rewrite the file if at least so much of it is free, and return what became of it; else None.

    Where the disk has no room for a second file, the file is left as it is, with a warning. A lake is tidied.
    """
    if isinstance(warehouse.store, Lake):
        tidy(warehouse)
        return None
    warehouse.checkpoint()
    ((blocks, free, block_bytes),) = warehouse.rows(SIZE)
    if free * block_bytes < least_bytes or free < least_share * blocks:
        return None
    if not has_room(warehouse.path):
        told = "%s: %d MB are free blocks; the disk has no room to write it anew without them"
        log.warning(told, warehouse.path, _mb(free * block_bytes))
        return None
    return rebuild(warehouse)


def rewrite(warehouse: Warehouse) -> None:
    """Leave no byte of what was deleted, in the file or in the files of the lake."""
    if isinstance(warehouse.store, Lake):
        tidy(warehouse, keep=timedelta(0))
    else:
        rebuild(warehouse)


def tidy(warehouse: Warehouse, keep: timedelta = KEPT) -> None:
    """Merge the small files of a lake, and drop what is older than `keep`: past states, and what killed writers left.

    While that is done nobody writes, for DuckLake lets two such jobs, or one and a deletion, undo one another.
    """
    with warehouse.locks.turn():
        for sql in TIDY:
            warehouse.write(sql, [datetime.now(UTC) - keep] * sql.count("?"))


def has_room(path: Path) -> bool:
    """Say whether a second file like `path` fits on its disk."""
    return shutil.disk_usage(path.parent).free > path.stat().st_size


def rebuild(warehouse: Warehouse) -> Rebuilt:
    """Rewrite the file, so that no byte is left in it of what was deleted.

    Raises WarehouseError, and leaves the file as it is, when the new one would hold something else.
    """
    begun, path = time.monotonic(), warehouse.path
    with warehouse.put_down():
        before = path.stat().st_size
        if log_of(path).exists():  # it would be replayed on the new file
            raise WarehouseError(f"{path} is open elsewhere in this process and cannot be written anew")
        drop_draft(path)
        draft = draft_of(path)
        _copy(path, draft)
        shutil.copymode(path, draft)
        _sync(draft)
        draft.replace(path)
        _sync(path.parent)
    done = Rebuilt(before, path.stat().st_size, round(time.monotonic() - begun, 1))
    log.info("%s: %d MB became %d MB in %.1f s", path, _mb(done.before), _mb(done.after), done.seconds)
    return done


def _copy(path: Path, draft: Path) -> None:
    with duckdb.connect() as db:
        db.execute(f"ATTACH {literal(str(path))} AS old (READ_ONLY)")
        db.execute(f"ATTACH {literal(str(draft))} AS new")
        db.execute("COPY FROM DATABASE old TO new")
        db.execute("CHECKPOINT new")
        db.execute("DETACH new")
        db.execute(f"ATTACH {literal(str(draft))} AS new (READ_ONLY)")  # as the next start will find it
        faults = [fault for (fault,) in db.execute(DIFFERENCES.read_text()).fetchall()]
        for schema, table in db.execute(TABLES).fetchall():
            old, new = (f'"{file}"."{schema}"."{table}"' for file in ("old", "new"))
            ((was, is_now),) = db.execute(ROWS, [old, new]).fetchall()
            if was != is_now:
                faults.append(f"{schema}.{table} has {is_now} rows where there are {was}")
    if faults:
        draft.unlink()
        raise WarehouseError(
            f"{path} stays as it is, for writing it anew loses: {'; '.join(faults)} (please report this)"
        )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _mb(size: int) -> int:
    return round(size / 2**20)
