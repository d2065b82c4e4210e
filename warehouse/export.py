"""Writes tables, views and answers to files for others: Parquet by month, CSV, or a spreadsheet."""

import difflib
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast, get_args

import duckdb

from warehouse import cells
from warehouse.mart import opened
from warehouse.migrate import WarehouseError
from warehouse.sheet import MOST_COLUMNS, MOST_ROWS, Sheet
from warehouse.sqltext import quoted

Format = Literal["parquet", "csv", "xlsx"]
FORMATS = get_args(Format)
MONTHLY = ("day", "posted_at")  # what has one of these is written month by month
DATED = (*MONTHLY, "week", "first_at", "raised_at", "corrected_at", "found_at", "date")
TIMES = ("date", "timestamp")  # types; a table of the user's own may call a text "day"
ZSTD = "COMPRESSION zstd"
LIMITS = "SET memory_limit = '1GB'; SET threads = 4"  # else it keeps in memory whatever of the mart it has read
AT_ONCE = 1_000  # rows of a spreadsheet that are held in memory
OURS = re.compile(r"(month=[^/]+/)?part\.parquet")  # all that the folder of an earlier export holds
NAMES = """
    SELECT IF(schema_name = 'own', 'own.' || name, name), schema_name, name
    FROM (
        SELECT schema_name, table_name AS name FROM duckdb_tables() WHERE NOT internal
        UNION ALL
        SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal
    )
    WHERE schema_name IN ('main', 'own')
    ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to write: a table or view by its name or, with `sql`, the answer to it, which is called `what`.

    Of what has a day, only the days from `since` to `until`, both included.
    """

    what: str
    sql: str | None = None
    values: Sequence[object] | Mapping[str, object] = ()
    since: date | None = None
    until: date | None = None


class Target(NamedTuple):
    """A file, or a folder of Parquet files by month, that the export becomes."""

    path: Path
    form: Format
    is_folder: bool = False


class Written(NamedTuple):
    """Where it went, a file or a folder of files, and how much."""

    path: Path
    rows: int
    bytes: int


class _Part(NamedTuple):
    """Rows that are written together: all, or those of a month; `folder` is theirs in a folder of Parquet files."""

    folder: str = "."
    condition: str = "TRUE"
    month: date | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    """What is read: the `rows` rows of `relation` that are `within`; `when` is the column that says when, or None."""

    db: duckdb.DuckDBPyConnection
    what: str
    relation: str
    within: str
    columns: Sequence[tuple[str, Any]]
    when: str | None
    rows: int

    def select(self, form: Format, part: _Part) -> str:
        """Return the SQL of a part's rows as they stand in a file of this format."""
        shown = [cells.readable(name, kind, sheet=form == "xlsx") for name, kind in self.columns]
        columns = "*" if form == "parquet" else ", ".join(shown)
        return f"FROM {self.relation} SELECT {columns} WHERE {self.within} AND {part.condition}"

    def parts(self) -> list[_Part]:
        """Return a part for each month, the oldest first, or one of all rows where there is nothing to go by."""
        if self.when not in MONTHLY or not self.rows:
            return [_Part()]
        column = quoted(self.when)
        months = f"SELECT DISTINCT date_trunc('month', {column})::DATE WHERE {self.within} ORDER BY ALL"
        within = f"{column} >= getvariable('month') AND {column} < getvariable('month') + INTERVAL 1 MONTH"
        return [
            _Part(f"month={month:%Y-%m}", within, month) if month else _Part("month=unknown", f"{column} IS NULL")
            for (month,) in self.db.execute(f"FROM {self.relation} {months}").fetchall()
        ]

    def copy(self, file: Path, form: Format, part: _Part, options: str) -> int:
        """Write a part to `file` and return how many rows that were."""
        self.db.execute("SET VARIABLE month = ?::DATE", [part.month])
        self.db.execute("SET VARIABLE export_file = ?", [str(file)])
        select = self.select(form, part)
        copied = self.db.execute(f"COPY ({select}) TO (getvariable('export_file')) (FORMAT {form}, {options})")
        return int(copied.fetchall()[0][0])


def target_of(what: str, to: Path, asked: Format | None) -> Target:
    """Return what `to` means: itself where it ends in a format, else a place in that folder; raises WarehouseError.

    The format is the one `asked` for, else what the ending says, else parquet.
    """
    ending = to.suffix.lower().removeprefix(".")
    if to.is_dir() or not ending:
        form = asked or "parquet"
        return Target(to / what, form, is_folder=True) if form == "parquet" else Target(to / f"{what}.{form}", form)
    if ending not in FORMATS:
        raise WarehouseError(f"--to {to}: .{ending} is no format; known are {', '.join(FORMATS)}")
    if asked and asked != ending:
        raise WarehouseError(f"--to {to} ends in .{ending}, and --format is {asked}; change one of them")
    return Target(to, cast("Format", ending))


def export(mart: Path, wanted: Wanted, target: Target, told: Callable[[int, int], None]) -> Written:
    """Write what is `wanted` to `target`, in place of an earlier export.

    `told` is given the rows done and the rows in all, again and again. Memory does not grow with the rows. At the end
    all is there, or nothing has changed. Raises WarehouseError.
    """
    write = _parquet if target.is_folder else WRITERS[target.form]
    with opened(mart) as db:
        db.execute(LIMITS)
        cells.prepare(db)
        try:
            job = _job(db, wanted)
            _refuse_too_large(job, target.form)
            with _draft(target) as draft:
                done = 0
                for rows in write(job, draft):
                    done += rows
                    told(done, job.rows)
                if done != job.rows:
                    raise WarehouseError(f"{target.path} would hold {done} rows of {job.rows}, and was not written")
        except (OSError, duckdb.Error) as error:
            raise WarehouseError(f"{target.path} was not written: {error}") from None
    return Written(target.path, job.rows, _bytes(target.path))


def _job(db: duckdb.DuckDBPyConnection, wanted: Wanted) -> _Job:
    relation = _relation(db, wanted)
    columns = [(name, kind) for name, kind, *_ in db.execute(f"FROM {relation} LIMIT 0").description]
    dated = [name for name in DATED for column, kind in columns if column == name and kind.id in TIMES]
    when = dated[0] if dated else None
    if when is None and (wanted.since or wanted.until):
        raise WarehouseError(f"{wanted.what} has no day, so it has no --since and no --until; leave them out")
    db.execute("SET VARIABLE since = ?::DATE", [wanted.since])
    db.execute("SET VARIABLE until = ?::DATE", [wanted.until])
    since = f"{quoted(when or '')} >= getvariable('since')" if wanted.since else "TRUE"
    until = f"{quoted(when or '')} < getvariable('until') + 1" if wanted.until else "TRUE"
    within = f"{since} AND {until}"
    ((rows,),) = db.execute(f"FROM {relation} SELECT count(*) WHERE {within}").fetchall()
    return _Job(db, wanted.what, relation, within, columns, when, rows)


def _relation(db: duckdb.DuckDBPyConnection, wanted: Wanted) -> str:
    if wanted.sql is not None:
        db.execute(f"CREATE TEMP TABLE asked AS {wanted.sql.rstrip().rstrip(';')}", wanted.values)
        return "asked"
    names = {shown: f"{schema}.{quoted(name)}" for shown, schema, name in db.execute(NAMES).fetchall()}
    if wanted.what not in names:
        near = difflib.get_close_matches(wanted.what, names, 1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise WarehouseError(f"the mart has no table or view {wanted.what!r}{hint}; known are {', '.join(names)}")
    return names[wanted.what]


def _refuse_too_large(job: _Job, form: Format) -> None:
    if form == "xlsx" and (job.rows > MOST_ROWS or len(job.columns) > MOST_COLUMNS):
        size = f"{job.what} has {job.rows:,} rows and {len(job.columns):,} columns"
        most = f"a spreadsheet holds {MOST_ROWS:,} and {MOST_COLUMNS:,}"
        raise WarehouseError(f"{size}, {most}: narrow it with --since and --until, or use --format parquet or csv")


def _parquet(job: _Job, folder: Path) -> Iterator[int]:
    for part in job.parts():
        inside = folder / part.folder
        inside.mkdir(parents=True, exist_ok=True)
        yield job.copy(inside / "part.parquet", "parquet", part, ZSTD)


def _parquet_file(job: _Job, file: Path) -> Iterator[int]:
    yield job.copy(file, "parquet", _Part(), ZSTD)


def _csv(job: _Job, file: Path) -> Iterator[int]:
    first, *others = job.parts()
    yield job.copy(file, "csv", first, "HEADER TRUE")
    piece = file.with_name(f"{file.name}.piece")
    for part in others:
        rows = job.copy(piece, "csv", part, "HEADER FALSE")
        with file.open("ab") as whole, piece.open("rb") as more:
            shutil.copyfileobj(more, whole)
        piece.unlink()
        yield rows


def _sheet(job: _Job, file: Path) -> Iterator[int]:
    names = [(cells.harmless(name), kind.id) for name, kind in job.columns]
    result = job.db.execute(job.select("xlsx", _Part()))
    with Sheet(file, job.what, names) as sheet:
        while rows := result.fetchmany(AT_ONCE):
            sheet.write(rows)
            yield len(rows)


WRITERS: Mapping[Format, Callable[[_Job, Path], Iterator[int]]] = {
    "parquet": _parquet_file,
    "csv": _csv,
    "xlsx": _sheet,
}


@contextmanager
def _draft(target: Target) -> Iterator[Path]:
    """Yield a path beside the target that takes its place at the end, and is gone if anything goes wrong before."""
    to = target.path
    _refuse_strangers(target)
    to.parent.mkdir(parents=True, exist_ok=True)
    draft, piece, old = (to.with_name(f".{to.name}.{kind}") for kind in ("draft", "draft.piece", "old"))
    for path in (draft, piece, old):  # of an export that was killed
        _remove(path)
    try:
        yield draft
        if target.is_folder and to.exists():
            to.rename(old)
        draft.replace(to)
    finally:
        for path in (draft, piece, old):
            _remove(path)


def _refuse_strangers(target: Target) -> None:
    to = target.path
    if not target.is_folder and to.is_dir():
        raise WarehouseError(f"{to} is a folder; name a file in it")
    if target.is_folder and to.exists():
        inside = [path.relative_to(to) for path in to.rglob("*") if not path.is_dir()] if to.is_dir() else [to]
        strange = [path for path in inside if not OURS.fullmatch(path.as_posix())]
        if strange:
            raise WarehouseError(f"{to} would be replaced, but {strange[0]} is no part of an export; name another --to")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
