"""A lake: the warehouse's tables as Parquet in a folder or an object store, which many machines write to at once.

DuckLake keeps the catalog in PostgreSQL. DuckLake 1.0 has no comments on macros and views, no types of a fixed length
and no keys: the views and metrics live in each session, and schema/008_lake.sql says what later schema files keep to.
"""

import importlib.util
import os
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse.migrate import VIEWS, WarehouseError, applied_steps, apply, migrate, refuse_unknown, schema_steps
from warehouse.sqltext import literal, quoted
from warehouse.turns import EXTRA, Turns, has_catalog

LOAD = Path(__file__).parent / "load"
NAME = "lake"  # of the attached catalog
OBJECT_STORE = "s3://"
OWN = "SELECT table_name, comment FROM duckdb_tables() WHERE database_name = current_catalog() AND schema_name = 'own'"
OWN_COLUMNS = """
    SELECT column_name, comment FROM duckdb_columns()
    WHERE database_name = current_catalog() AND schema_name = 'own' AND table_name = ?
"""
SOME = "WHERE day > (SELECT least(max(day), current_date) FROM daily_brand) - {}"


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """How an S3-compatible store is reached; its keys are AWS_ACCESS_KEY_ID and so on in the environment."""

    endpoint: str | None = None
    region: str = "us-east-1"
    path_style: bool = False


@dataclass(frozen=True, slots=True)
class Lake:
    """Where a lake is: `catalog` is a libpq connection string, `data` a folder or s3://bucket/prefix."""

    catalog: str = field(repr=False)  # may hold a password
    data: str
    s3: ObjectStore = ObjectStore()
    mart_days: int | None = None  # of which single mentions are published; None for all

    def __str__(self) -> str:
        return f"the lake in {self.data}"

    def exists(self) -> bool:
        """Say whether anything was ever kept in it."""
        if not has_catalog(self.catalog):
            return False
        with self._attached(read_only=True) as db:
            return bool(applied_steps(db, str(self)))

    def open(self, now: datetime) -> duckdb.DuckDBPyConnection:
        """Return a connection that writes to the lake, which is made, or brought to today's schema, before."""
        with closing(self.locks()) as locks, locks.turn():
            db = self._attached(read_only=False)
            steps, applied = schema_steps(), applied_steps(db, str(self))
            refuse_unknown(str(self), applied, steps)
            if not applied:
                _make(db, steps, now)
            else:
                for step in steps[len(applied) :]:
                    apply(db, step, now)
        _add_views(db)
        return db

    def look(self) -> duckdb.DuckDBPyConnection:
        """Return a connection that can only read; raises WarehouseError where there is no lake yet."""
        if not self.exists():
            raise WarehouseError(f"{self} does not exist yet; `allears run` makes it")
        db = self._attached(read_only=True)
        _add_views(db)
        return db

    def copy(self, db: duckdb.DuckDBPyConnection, file: Path) -> None:
        """Copy the tables that a mart shows, as one snapshot has them, into a file with its views."""
        migrate(file, datetime.now(UTC))
        db.execute(f"ATTACH {literal(str(file))} AS mart")
        try:
            db.begin()
            for name, order, is_of_mentions in db.execute((LOAD / "lake_public.sql").read_text()).fetchall():
                table = quoted(name)
                days = self.mart_days if is_of_mentions else None
                some = SOME.format(days) if days else ""
                db.execute(f"INSERT INTO mart.{table} BY NAME FROM {NAME}.main.{table} {some} ORDER BY {order}")
            db.execute("CREATE SCHEMA IF NOT EXISTS mart.own")
            for name, comment in db.execute(OWN).fetchall():
                table = f"own.{quoted(name)}"
                db.execute(f"CREATE TABLE mart.{table} AS FROM {NAME}.{table}")
                _comment(db, f"mart.{table}", comment, dict(db.execute(OWN_COLUMNS, [name]).fetchall()))
            db.commit()
        finally:
            with suppress(duckdb.TransactionException):
                db.rollback()
            db.execute("DETACH mart")

    def locks(self) -> Turns:
        """Return this process's part in the turns."""
        return Turns(self.catalog)

    def _attached(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        db = duckdb.connect()
        db.execute("SET enable_progress_bar = FALSE")  # DuckDB would draw one over what a verb prints
        remote = self.data.startswith(OBJECT_STORE)
        for name in ("postgres_scanner", "ducklake", *["httpfs"] * remote):
            db.execute(f"LOAD {literal(str(_extension(name)))}")
        if remote:
            db.execute(_secret(self.s3))
        options = f"DATA_PATH {literal(self.data)}" + ", READ_ONLY" * read_only
        try:
            db.execute(f"ATTACH {literal('ducklake:postgres:' + self.catalog)} AS {NAME} ({options})")
        except duckdb.Error as error:
            said = str(error).replace(self.catalog, "…").splitlines()[0]
            hint = "is PostgreSQL up, and does [warehouse] url name a database in it?"
            raise WarehouseError(f"{self} cannot be opened: {said} ({hint})") from None
        db.execute(f"USE {NAME}")
        return db


def _extension(name: str) -> Path:
    """Return the file of a DuckDB extension that came as a wheel: nothing is downloaded at run time."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or () for file in Path(folder).glob(f"extensions/*/{name}.duckdb_extension")]
    if not files:
        raise WarehouseError(f"a lake needs DuckDB's extension {name}, which is not here ({EXTRA})")
    return files[0]


def _secret(s3: ObjectStore) -> str:
    """Return the SQL that tells DuckDB how to reach the object store."""
    told = {
        "KEY_ID": os.environ.get("AWS_ACCESS_KEY_ID"),
        "SECRET": os.environ.get("AWS_SECRET_ACCESS_KEY"),
        "SESSION_TOKEN": os.environ.get("AWS_SESSION_TOKEN"),
        "REGION": s3.region,
        "ENDPOINT": s3.endpoint and s3.endpoint.partition("://")[2],
        "URL_STYLE": "path" if s3.path_style else "vhost",
    }
    if not told["KEY_ID"] or not told["SECRET"]:
        hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        raise WarehouseError(f"[warehouse] data is in an object store, whose keys are not in the environment ({hint})")
    use_ssl = not (s3.endpoint or "").startswith("http://")
    given = ", ".join(f"{name} {literal(value)}" for name, value in told.items() if value)
    return f"CREATE SECRET (TYPE s3, {given}, USE_SSL {str(use_ssl).lower()})"


def _make(db: duckdb.DuckDBPyConnection, steps: list[Path], now: datetime) -> None:
    """Make the tables as all of `steps` leave them: some of the older ones have words that a lake does not know."""
    with duckdb.connect() as model:
        for step in steps:
            apply(model, step, now)
        tables = model.execute((LOAD / "lake_columns.sql").read_text()).fetchall()
        migrations = model.execute("FROM ops.migrations ORDER BY version").fetchall()
    db.begin()
    db.execute("CREATE SCHEMA ops")
    for schema, table, columns, comment in tables:
        name = f"{quoted(schema)}.{quoted(table)}"
        kinds = [f"{quoted(c['name'])} {c['type']}{'' if c['is_nullable'] else ' NOT NULL'}" for c in columns]
        db.execute(f"CREATE TABLE {name} ({', '.join(kinds)})")
        _comment(db, name, comment, {c["name"]: c["comment"] for c in columns})
    for row in migrations:
        db.execute("INSERT INTO ops.migrations VALUES (?, ?, ?, ?, ?)", row)
    db.commit()


def _comment(db: duckdb.DuckDBPyConnection, table: str, meaning: str | None, columns: dict[str, str | None]) -> None:
    """Say what `table`, as SQL names it, and its `columns` mean."""
    told = {f"COLUMN {table}.{quoted(name)}": text for name, text in columns.items()} | {f"TABLE {table}": meaning}
    for what, text in told.items():
        if text:
            db.execute(f"COMMENT ON {what} IS {literal(text)}")


def _add_views(db: duckdb.DuckDBPyConnection) -> None:
    """Give the session the views and the metrics; tables are looked for in the lake first."""
    db.execute(f"SET search_path = 'memory.main,{NAME}.main'")
    for file in sorted(VIEWS.glob("*.sql")):
        db.execute(file.read_text())
    db.execute(f"SET search_path = '{NAME}.main,memory.main'")
