"""What the steps of one run share: the configuration, the open warehouse and the report."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from rich.console import Console

from connectors.web.pace import Ledger
from flows.config import Config, ConfigError, Feed
from flows.progress import Bars, bars
from flows.report import RunReport
from warehouse.lake import Lake
from warehouse.publish import KEEP, publish
from warehouse.quotas import keep_spent, spent
from warehouse.store import RUN, Store
from warehouse.tables import utc
from warehouse.warehouse import Warehouse

REJECT = ("place", "reason", "raw", "seen_at")


class Busy(Exception):
    """Another run is writing."""


class Desk:
    """One run's open warehouse, its quotas, its report and its progress bars. Made by `open_desk`."""

    def __init__(self, config: Config, warehouse: Warehouse, shown: Bars) -> None:
        self.config, self.warehouse, self.bars = config, warehouse, shown
        self.ledger = Ledger(spent(warehouse), partial(keep_spent, warehouse))
        self.report = RunReport(run_id=uuid4().hex[:12])

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add the seconds spent inside to the report."""
        begun = time.monotonic()
        yield
        self.report.seconds[phase] = round(self.report.seconds.get(phase, 0) + time.monotonic() - begun, 3)


def feeds_called(config: Config, names: Sequence[str]) -> list[Feed]:
    """Return the feeds called `names`, or all; raises ConfigError for a name that is not configured."""
    known = {feed.name: feed for feed in config.feeds}
    for name in names:
        if name not in known:
            raise ConfigError(f"--only {name}: there is no such feed; known are {', '.join(known)}")
    return [known[name] for name in names] or list(known.values())


def refuse_second_run(config: Config) -> None:
    """Raise Busy at once while another run is writing, before anything slow has started."""
    with _alone(config):
        pass


@contextmanager
def open_desk(config: Config) -> Iterator[Desk]:
    """Yield the desk of a new run and keep how the run ended. Raises Busy while another run is writing.

    The lock belongs to the process and dies with it, so a run that was killed blocks nobody; the next one
    records that it was interrupted.
    """
    with open_warehouse(config) as warehouse, bars(Console(stderr=True)) as shown:
        desk = Desk(config, warehouse, shown)
        _begin(desk)
        try:
            yield desk
        finally:
            _end(desk, sys.exception())


@contextmanager
def join_desk(config: Config, run_id: str) -> Iterator[Desk]:
    """Yield a desk beside the one of the run `run_id`, which another process began and will end; for lakes only."""
    with Warehouse(config.store, datetime.now(UTC)) as warehouse, bars(Console(stderr=True)) as shown:
        desk = Desk(config, warehouse, shown)
        desk.report.run_id = run_id
        yield desk


@contextmanager
def open_warehouse(config: Config) -> Iterator[Warehouse]:
    """Yield the warehouse, for a change that is no run. Raises Busy while a run is writing."""
    with _alone(config), Warehouse(config.store, datetime.now(UTC)) as warehouse:
        yield warehouse


def need_warehouse(config: Config) -> Store:
    """Return where the warehouse is kept; raises ConfigError where there is none yet."""
    if not config.store.exists():
        raise ConfigError(f"{config.store} does not exist yet; `allears run` makes it")
    return config.store


def publish_copy(config: Config, warehouse: Warehouse, run_id: str, *, keep: int = KEEP) -> str:
    """Publish the read-only copy and return its file; `run_id` is the run whose mentions it holds."""
    about = {"run_id": run_id, "published_at": datetime.now(UTC).isoformat(timespec="seconds")}
    with warehouse.locks.turn():
        if warehouse.rows("SELECT EXISTS (FROM ops.touched)") == [(True,)]:  # others land in a lake at any time
            warehouse.settle(config.brands)
        return str(publish(warehouse, config.published, config.mart, about, keep=keep))


def lake_of(config: Config) -> Store:
    """Return the lake; raises ConfigError where the warehouse is a file, which nobody but its run opens."""
    if isinstance(config.store, Lake):
        return config.store
    raise ConfigError("--lake: the warehouse is a file; the mart holds all of it (docs/scale.md is about lakes)")


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    locks = config.store.locks()
    try:
        if not locks.take(RUN):
            raise Busy(f"another run is writing to {config.store}; wait for it, or stop it")
        yield
    finally:
        locks.close()


def keep_rejects(desk: Desk) -> None:
    """Write what could not be read to one JSONL file for each feed, so that a person can mend and import it."""
    for report in desk.report.feeds:
        if report.rejects:
            write_rejects(desk.config, desk.warehouse, report.feed)


def rejects_file(config: Config, feed: str) -> Path:
    """Return the file of what could not be read of `feed`."""
    return config.rejects / f"{feed.replace('/', '-')}.jsonl"


def write_rejects(config: Config, warehouse: Warehouse, feed: str) -> None:
    """Write the file of one feed as the warehouse has it; where there is nothing, there is no file."""
    sql = "SELECT place, reason, raw, strftime(seen_at, '%xT%XZ') FROM ops.rejects WHERE feed = ? ORDER BY ALL"
    rows, file = warehouse.rows(sql, [feed]), rejects_file(config, feed)
    if not rows:
        file.unlink(missing_ok=True)
        return
    config.rejects.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(dict(zip(REJECT, row, strict=True)), ensure_ascii=False) for row in rows]
    draft = file.with_suffix(".draft")
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft.replace(file)


def _begin(desk: Desk) -> None:
    interrupted = "UPDATE ops.runs SET ended_at = ?, state = 'Interrupted' WHERE ended_at IS NULL"
    desk.warehouse.write(interrupted, [utc(desk.now())])
    row = [desk.report.run_id, utc(desk.now())]
    desk.warehouse.write("INSERT INTO ops.runs VALUES (?, ?, NULL, 'Running', NULL)", row)


def _end(desk: Desk, error: BaseException | None) -> None:
    state = "Failed" if error else desk.report.state
    message = f"{type(error).__name__}: {error}" if error else "; ".join(desk.report.problems) or None
    sql = "UPDATE ops.runs SET ended_at = ?, state = ?, message = ? WHERE run_id = ?"
    desk.warehouse.write(sql, [utc(desk.now()), state, message, desk.report.run_id])
