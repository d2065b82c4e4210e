"""The one file that the run writes: pages land with their cursor, readings and roll-ups follow, all or nothing."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple, Self

import duckdb
import pyarrow as pa

from connectors.mention import Mention
from warehouse import tables
from warehouse.brands import Brand, apply_brands
from warehouse.migrate import WarehouseError
from warehouse.store import OneFile, Store
from warehouse.tables import rows_table, utc

LOAD = Path(__file__).parent / "load"
NO_ASPECTS = rows_table([], tables.READ_ASPECTS)
CHECKS = ("check.sql", "recount.sql", "check_freshness.sql")


class Walk(NamedTuple):
    """Whose pages land: a feed with its options, in the daily walk or, with a `span`, in a backfill."""

    feed: str
    source: str
    kind: str
    options_hash: str
    span: str = ""


class Batch(NamedTuple):
    """What lands at once: mentions, rejects (place, reason, raw), ids that are gone, and the cursor after them."""

    mentions: Sequence[Mention]
    cursor: Mapping[str, Any]
    rejects: Sequence[tuple[str, str, str]] = ()
    deleted: Sequence[int] = ()
    done: bool = False


@dataclass(slots=True)
class _Slip:
    """A batch that waits for its turn, and what became of it."""

    batch: Batch
    walk: Walk
    landed: "Landed | None" = None
    error: Exception | None = None


class Landed(NamedTuple):
    """How many mentions were new or changed, rejects not seen before, mentions gone, and of forgotten people."""

    new: int
    changed: int
    rejects: int
    deleted: int = 0
    forgotten: int = 0


class Unread(NamedTuple):
    """Mentions that no model has read: parallel lists, the newest first."""

    mention_ids: list[int]
    text_hashes: list[int]
    texts: list[str]
    languages: list[str | None]


class Warehouse:
    """A writer's connection to a warehouse; may be shared by threads, which take turns, as the writers of a lake do.

    Of a file the caller has taken "run" before: DuckDB lets one process at a time open it for writing.
    """

    def __init__(self, store: Path | Store, now: datetime) -> None:
        self.store: Store = OneFile(store) if isinstance(store, Path) else store
        self._db = self.store.open(now)
        self.locks = self.store.locks()
        self._turn = threading.Lock()
        self._slips: SimpleQueue[_Slip] = SimpleQueue()
        self.busy_s = 0.0  # spent in transactions, not counting the wait for a turn

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self.locks.close()

    def cursor(self, walk: Walk) -> Mapping[str, Any]:
        """Return where `walk` goes on; empty for a new feed, or one whose options were edited since."""
        sql = "SELECT cursor FROM ops.feeds WHERE feed = ? AND options_hash = ? AND span = ? AND NOT done"
        rows = self.rows(sql, [walk.feed, walk.options_hash, walk.span])
        cursor: Mapping[str, Any] = json.loads(rows[0][0]) if rows else {}
        return cursor

    def land(self, batch: Batch, walk: Walk, now: datetime) -> Landed:
        """Keep a batch and the cursor after it in one transaction.

        A mention seen before is replaced if its source changed it, keeping its first sight, and its reading as long
        as its words are the same. Of one id the last one wins. What is gone from its source is removed.
        Threads that land at the same time share a transaction, which costs as much for fifty small batches as for one.
        """
        slip = _Slip(batch, walk)
        self._slips.put(slip)
        with self._turn:
            if slip.landed is None:  # else another thread, whose turn came before, has taken it along
                self._land([self._slips.get() for _ in range(self._slips.qsize())], now)
        if slip.landed is None:
            told = f"{self.store}: a batch was not kept, because another in its transaction failed"
            raise WarehouseError(told) from slip.error
        return slip.landed

    def _land(self, slips: Sequence[_Slip], now: datetime) -> None:
        moment, rejects, gone, states = utc(now), [], [], []
        for slip in slips:
            batch, walk = slip.batch, slip.walk
            rejects += [{"feed": walk.feed, "place": p, "reason": r, "raw": raw} for p, r, raw in batch.rejects]
            gone += [{"feed": walk.feed, "mention_id": mention_id} for mention_id in batch.deleted]
            states.append(walk._asdict() | {"cursor": json.dumps(batch.cursor), "done": batch.done})
        arrow = {
            "arrived": tables.arrived_table([(s.walk.feed, s.walk.kind, s.batch.mentions) for s in slips], now),
            "refused": rows_table([row | {"seen_at": moment} for row in rejects], tables.REFUSED),
            "gone": rows_table(gone, tables.GONE),
            "feed_state": rows_table([row | {"updated_at": moment} for row in states], tables.FEED_STATE),
        }
        try:
            with self._alone(), self._held_transaction(arrow) as db:
                db.execute((LOAD / "land.sql").read_text())
                landed = {feed: Landed(*counts) for feed, *counts in db.execute("FROM landed").fetchall()}
        except (duckdb.Error, WarehouseError) as error:
            for slip in slips:
                slip.error = error
            raise
        for slip in slips:
            slip.landed = landed[slip.walk.feed]

    def recent_ids(self, feed: str, since: datetime, limit: int) -> list[str]:
        """Return up to `limit` native ids of what `feed` brought that was posted after `since`, the newest first."""
        sql = "SELECT native_id FROM mentions WHERE feed = ? AND posted_at > ? ORDER BY posted_at DESC LIMIT ?"
        return [native_id for (native_id,) in self.rows(sql, [feed, utc(since), limit])]

    def unread(self, limit: int, part: int = 0, parts: int = 1) -> Unread:
        """Return up to `limit` mentions of a part of all that no model has read, the newest first."""
        sql = """
            SELECT mention_id, text_hash, concat_ws('. ', title, nullif(text, '')), language
            FROM mentions WHERE reading = 'unread' AND mention_id % ? = ? ORDER BY posted_at DESC, mention_id LIMIT ?
        """
        columns = zip(*self.rows(sql, [parts, part, limit]), strict=True)
        return Unread(*([list(column) for column in columns] or [[], [], [], []]))

    def unread_parts(self, parts: int) -> list[int]:
        """Return which of so many parts hold mentions that no model has read, the fullest first."""
        sql = """
            SELECT mention_id % ? AS part FROM mentions WHERE reading = 'unread' GROUP BY part ORDER BY count(*) DESC
        """
        return [int(part) for (part,) in self.rows(sql, [parts])]

    def unread_count(self) -> int:
        """Return how many mentions no model has read."""
        return int(self.rows("SELECT count(*) FROM mentions WHERE reading = 'unread'")[0][0])

    def keep_readings(self, readings: pa.Table, unplaced: pa.Table, aspects: pa.Table = NO_ASPECTS) -> None:
        """Keep `readings` (tables.READINGS) with what they say of single things (tables.READ_ASPECTS).

        `unplaced` (tables.UNPLACED) are the embeddings that no topic is near to.
        """
        with self.transaction({"readings": readings, "unplaced": unplaced, "read_aspects": aspects}) as db:
            db.execute((LOAD / "keep_readings.sql").read_text())

    def centroids(self) -> list[tuple[int, str, list[float]]]:
        """Return (topic_id, topic, centroid) of every topic."""
        return self.rows(
            "SELECT topic_id, topic, centroid FROM topics JOIN ops.centroids USING (topic_id) ORDER BY ALL"
        )

    def settle(self, brands: Sequence[Brand]) -> None:
        """Show people's corrections, and make brand_mentions and the roll-ups agree with the mentions and `brands`."""
        with self.transaction({}) as db:
            db.execute((LOAD / "show_corrections.sql").read_text())
            apply_brands(db, brands)
            db.execute((LOAD / "roll_up.sql").read_text())

    def freshen(self, feeds: Sequence[tuple[str, str]], now: datetime) -> None:
        """Write `freshness` anew for the configured feeds, given as (name, source)."""
        rows = [{"feed": name, "source": source} for name, source in feeds]
        with self.transaction({"configured": rows_table(rows, tables.CONFIGURED)}) as db:
            db.execute("SET VARIABLE checked_at = ?::TIMESTAMP", [utc(now)])
            db.execute((LOAD / "freshen.sql").read_text())

    def check(self) -> None:
        """Raise WarehouseError if ids are not unique, roll-ups disagree with the mentions, or a row has no owner."""
        faults = [fault for name in CHECKS for (fault,) in self.rows((LOAD / name).read_text())]
        if faults:
            hint = "nothing was published and the last mart stays; please report this"
            raise WarehouseError(f"{self.store}: {'; '.join(faults)} ({hint})")

    @property
    def path(self) -> Path:
        """Return the file; raises WarehouseError where the warehouse is a lake."""
        if isinstance(self.store, OneFile):
            return self.store.path
        raise WarehouseError(f"{self.store} is not one file")

    def checkpoint(self) -> None:
        """Write everything into the file itself, so that a copy of it is whole."""
        with self._turn:
            self._db.execute("CHECKPOINT")

    def copy(self, file: Path) -> None:
        """Write a DuckDB file with everything that a mart shows, and perhaps more; it must not be there yet."""
        with self._turn:
            self.store.copy(self._db, file)

    def keep_feed_run(self, row: Mapping[str, Any]) -> None:
        """Keep the report of one feed in one run; `row` holds the columns of ops.feed_runs and may hold more."""
        with self.transaction({"feed_run": rows_table([row], tables.FEED_RUN)}) as db:
            db.execute("INSERT INTO ops.feed_runs BY NAME FROM feed_run")

    def write(self, sql: str, values: Sequence[object] = ()) -> None:
        """Run one statement that changes the run's own book-keeping, or maintains the store."""
        with self._turn, self.locks.turn():
            self._db.execute(sql, list(values)).fetchall()

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of one query."""
        with self._turn:
            return self._db.execute(sql, list(values)).fetchall()

    def read_only_rows(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Return the rows of `sql` as dictionaries; a statement that would write raises duckdb.Error."""
        with self._turn:
            self._db.execute("BEGIN TRANSACTION READ ONLY")
            try:
                result = self._db.execute(sql, list(values))
                names = [column[0] for column in result.description]
                return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
            finally:
                self._db.rollback()

    @contextmanager
    def put_down(self) -> Iterator[None]:
        """Close the file while the caller does something with it, and open it again."""
        with self._turn:
            self._db.close()
            try:
                yield
            finally:
                self._db = self.store.open(datetime.now(UTC))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Use one thread: batches are small, so several cost more than they bring, and the others read answers."""
        self._db.execute("SET threads = 1")
        try:
            yield
        finally:
            self._db.execute("RESET threads")

    @contextmanager
    def transaction(self, arrow: Mapping[str, pa.Table]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield the connection inside a transaction in which `arrow` are temporary tables; all or nothing is kept."""
        with self._turn, self._held_transaction(arrow) as db:
            yield db

    @contextmanager
    def _held_transaction(self, arrow: Mapping[str, pa.Table]) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.locks.turn():
            begun, is_whole = time.monotonic(), False
            self._db.begin()
            try:
                for name, table in arrow.items():
                    # Copied, not scanned: DuckDB pushes join filters into a scan of Arrow, and an unsigned id
                    # beyond 2^63 overflows there.
                    self._db.register("arrow", table)
                    self._db.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM arrow")
                    self._db.unregister("arrow")
                yield self._db
                self.locks.confirm()
                is_whole = True
            finally:  # whatever stopped it, half a transaction must not be committed by the next one
                if not is_whole:
                    with suppress(duckdb.Error):  # a catalog that is away cannot be told; it has kept nothing
                        self._db.rollback()
            self._db.commit()
            self.busy_s += time.monotonic() - begun
