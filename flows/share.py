"""A run over a lake, shared by every process that helps: each takes what nobody is doing, until all is done.

Nothing is handed out. Who collects from a host, or reads a part of the unread mentions, has taken that in the lake's
locks; whoever dies gives it back, and another takes what was left. What is collected is in ops.feed_runs, what is read
is in the mentions: a process that joins late or starts again finds there what is left.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from prefect import flow
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.futures import PrefectFuture

from flows.collect import Span
from flows.config import Feed, load_config
from flows.desk import Desk, feeds_called, join_desk, keep_rejects
from flows.read import FIND_AT, Reader, reader_of
from flows.report import FeedReport
from flows.steps import FEEDS_AT_ONCE, RUNNER, collect_feed, find_topics, read_texts
from nlp.errors import ModelError
from warehouse.tables import utc

HELP = "help/help"  # the deployment in prefect.yaml
PARTS_EACH = 4  # of the unread mentions for every process, so that whoever is quick takes more
PAUSE_S = 1.0
TOPICS = "topics"
DONE = "SELECT feed FROM ops.feed_runs WHERE run_id = ? AND span = ?"
REPORTS = "SELECT * EXCLUDE (run_id, span, started_at) FROM ops.feed_runs WHERE run_id = ? AND span = ?"
READ = "SELECT sum(mentions)::BIGINT, sum(new_topics)::BIGINT FROM ops.chunks WHERE run_id = ?"
IS_ON = "SELECT count(*) FROM ops.runs WHERE run_id = ? AND ended_at IS NULL"


class Part(NamedTuple):
    """What a process of a run works on beside others."""

    desk: Desk
    feeds: Sequence[Feed]
    span: Span | None
    hand: str

    @property
    def key(self) -> list[str]:
        """Return the run and the span, as ops.feed_runs has them."""
        return [self.desk.report.run_id, self.span.name if self.span else ""]

    @property
    def parts(self) -> int:
        """Return how many parts the unread mentions have; it is the same in every process of a run."""
        return PARTS_EACH * self.hands

    @property
    def hands(self) -> int:
        """Return how many processes share a run when all that are configured come."""
        return 1 + self.desk.config.sections.workers.helpers


@flow(name="help", task_runner=RUNNER, validate_parameters=False)
def help_out(config: str, run_id: str, only: Sequence[str], span: Sequence[str | None] = ()) -> None:
    """Help the run `run_id` until everything is collected and read; a run that has ended needs no help."""
    with join_desk(load_config(Path(config)), run_id) as desk:
        if desk.warehouse.rows(IS_ON, [run_id]) != [(0,)]:
            times = [datetime.fromisoformat(time) if time else None for time in span]
            whole = Span(times[0], times[1]) if times and times[0] else None
            _work(Part(desk, feeds_called(desk.config, only), whole, uuid4().hex[:8]))


def hire(desk: Desk, feeds: Sequence[Feed], span: Span | None) -> None:
    """Ask the pool for as many helpers as are configured; without them the run does everything itself."""
    told = {
        "config": str(desk.config.file),
        "run_id": desk.report.run_id,
        "only": [feed.name for feed in feeds],
        "span": [time and time.isoformat() for time in span or ()],
    }
    for _ in range(desk.config.sections.workers.helpers):
        try:
            run_deployment(HELP, parameters=told, timeout=0, as_subflow=False)
        except ObjectNotFound:
            hint = "`prefect deploy --all` makes it; this run did everything itself"
            desk.report.problems.append(f"[workers] helpers: Prefect knows no deployment {HELP} ({hint})")
            return


def share(desk: Desk, feeds: Sequence[Feed], span: Span | None) -> None:
    """Collect and read with whoever helps, and report what all of them did."""
    part = Part(desk, feeds, span, "run")
    with desk.timed("collect and read"):
        _work(part)
        ((read, found),) = desk.warehouse.rows(READ, [desk.report.run_id])
        desk.report.read = read or 0
        desk.report.new_topics = (found or 0) + (_find_last(part) if read else 0)
    told = {row["feed"]: row for row in desk.warehouse.read_only_rows(REPORTS, part.key)}
    desk.report.feeds = reports = [FeedReport(source=feed.source.name, **told[feed.name]) for feed in feeds]
    desk.report.load_s = round(desk.warehouse.busy_s, 3)
    keep_rejects(desk)
    desk.report.problems += [str(report.message) for report in reports if report.status == "failed"]


def _find_last(part: Part) -> int:
    """Look for topics once nothing is unread, after whoever looks for them now, and return how many were found."""
    while True:
        with _held(part, TOPICS) as is_ours:
            if is_ours:
                return find_topics(part.desk)
        time.sleep(PAUSE_S)


def _work(part: Part) -> None:
    """Collect and read what is free, until nothing is left, neither for us nor in the hands of others."""
    reader: Reader | None = None
    warehouse, is_able = part.desk.warehouse, True
    while True:
        _collect_free(part)
        if is_able and warehouse.unread_count():
            try:
                reader = reader or reader_of(part.desk.config)
            except ModelError as error:
                part.desk.report.problems.append(str(error))
                is_able = False
        if reader is not None and _read_free(part, reader):
            continue
        if not _left(part) and not (is_able and warehouse.unread_count()):
            return
        time.sleep(PAUSE_S)


def _collect_free(part: Part) -> None:
    """Collect from every host that nobody collects from, a fair share of them at once."""
    limit = min(FEEDS_AT_ONCE, -(-len(part.feeds) // part.hands))
    running: dict[str, list[PrefectFuture[Any]]] = {}
    while True:
        if sum(map(len, running.values())) < limit and (taken := _take_host(part)):
            host, feeds = taken
            running[host] = [
                collect_feed.with_options(task_run_name=f"collect {feed.name}").submit(part.desk, feed, part.span)
                for feed in feeds
            ]
            continue
        if not running:
            return
        for host in [host for host, futures in running.items() if all(f.state.is_final() for f in futures)]:
            for future in running.pop(host):
                future.result()
            part.desk.warehouse.locks.give_back(host)
        time.sleep(PAUSE_S / 2)


def _take_host(part: Part) -> tuple[str, list[Feed]] | None:
    """Take a host that somebody must collect from and nobody does, and return what its lock is called and its feeds."""
    locks = part.desk.warehouse.locks
    for host in _left(part):
        if locks.take(host):
            feeds = _left(part).get(host)  # it may have been done just before we took it
            if feeds:
                return host, feeds
            locks.give_back(host)
    return None


def _left(part: Part) -> dict[str, list[Feed]]:
    """Return the feeds that are to be collected still, by source and host: one process asks a host, politely."""
    done = {feed for (feed,) in part.desk.warehouse.rows(DONE, part.key)}
    left = defaultdict(list)
    for feed in part.feeds:
        if feed.name not in done:
            left[f"collect {feed.source.name} {_host(feed)}".strip()].append(feed)
    return left


def _host(feed: Feed) -> str:
    links = (value for value in feed.options.values() if isinstance(value, str) and "://" in value)
    return next((urlsplit(link).hostname or "" for link in links), "")


def _read_free(part: Part, reader: Reader) -> bool:
    """Read a part that nobody reads, and say whether there was one."""
    for number in part.desk.warehouse.unread_parts(part.parts):
        with _held(part, f"read {number} of {part.parts}") as is_ours:
            if is_ours:
                _read_part(part, reader, number)
                return True
    return False


def _read_part(part: Part, reader: Reader, number: int) -> None:
    desk, unplaced, begun = part.desk, 0, time.monotonic()
    while (chunk := read_texts(desk, reader, number, part.parts)).mentions:
        unplaced += chunk.unplaced
        found = 0
        if unplaced >= FIND_AT:
            with _held(part, TOPICS) as is_ours:
                found, unplaced = (find_topics(desk), 0) if is_ours else (0, unplaced)
        seconds, begun = round(time.monotonic() - begun, 3), time.monotonic()
        row = [desk.report.run_id, part.hand, chunk.mentions, found, seconds, utc(desk.now())]
        desk.warehouse.write("INSERT INTO ops.chunks VALUES (?, ?, ?, ?, ?, ?)", row)


@contextmanager
def _held(part: Part, what: str) -> Iterator[bool]:
    locks = part.desk.warehouse.locks
    is_ours = locks.take(what)
    try:
        yield is_ours
    finally:
        if is_ours:
            locks.give_back(what)
