"""Pulls one feed: pages land with their cursors until the feed is done or its time is spent."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Changed, Cursor, Page, Refused, SourceError
from flows.config import Config, Feed
from flows.progress import Bars
from warehouse.tables import utc
from warehouse.warehouse import Landed, Warehouse

log = logging.getLogger(__name__)

LAND_ROWS, LAND_S = 10_000, 2.0  # one transaction for many pages; a kill costs at most these seconds
Fault = Literal["unavailable", "refused", "changed"]


@dataclass(slots=True)
class FeedReport:
    """What one feed brought in one run. `status` is ok, suspect or failed; `message` says why."""

    feed: str
    source: str
    status: Literal["ok", "suspect", "failed"] = "ok"
    fault: Fault | None = None
    message: str | None = None
    pages: int = 0
    seen: int = 0
    new: int = 0
    changed: int = 0
    rejects: int = 0
    requests: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)


@dataclass(slots=True)
class _Buffer:
    """Pages that have come and not yet landed, and the cursor after the last of them."""

    mentions: list[Mention] = field(default_factory=list)
    rejects: list[tuple[str, str, str]] = field(default_factory=list)
    cursor: Cursor = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)

    def add(self, page: Page) -> None:
        self.mentions += page.mentions
        self.rejects += page.rejects
        self.cursor = page.cursor

    def is_full(self) -> bool:
        return len(self.mentions) >= LAND_ROWS or time.monotonic() - self.since > LAND_S


def collect(
    config: Config, warehouse: Warehouse, feed: Feed, run_id: str, *, clock: Callable[[], datetime], bars: Bars
) -> FeedReport:
    """Land what `feed` has to give and return the report, which is also kept in the warehouse.

    A source's error ends this feed only, after the pages before it have landed. Anything else is a bug and raised.
    """
    report = FeedReport(feed.name, feed.source.name)
    started_at, begun = clock(), time.monotonic()
    bar = bars.begin(f"collect {feed.name}")

    def land(buffer: _Buffer) -> None:
        if not buffer.mentions and not buffer.rejects and buffer.cursor == cursor:
            return
        landed = _land(warehouse, feed, buffer, clock())
        report.new += landed.new
        report.changed += landed.changed
        report.rejects += landed.rejects
        bars.advance(bar, len(buffer.mentions))

    with Http(feed.source.name, settings=config.http, base_dir=config.folder) as http:
        cursor = warehouse.cursor(feed.name, feed.options_hash)
        try:
            _walk(
                feed.source.walk(http, cursor, **feed.options), cursor, report, land, config.sections.collect.budget_s
            )
        except SourceError as error:
            report.status, report.message, report.fault = "failed", str(error), fault_of(error)
        finally:
            bars.end(bar)
            report.requests, report.bytes = http.requests, http.bytes
            report.seconds = round(time.monotonic() - begun, 3)
    _keep_report(warehouse, report, run_id, started_at)
    _log(report)
    return report


def _walk(
    pages: Iterator[Page], cursor: Cursor, report: FeedReport, land: Callable[[_Buffer], None], budget_s: float
) -> None:
    deadline = time.monotonic() + budget_s
    buffer, before = _Buffer(cursor=cursor), None
    try:
        for page in pages:
            if page.mentions and page.cursor == before:
                problem = "a page came again: its cursor is the one that asked for it"
                raise Changed(report.source, problem, "the site repeats itself; what came before it has been kept")
            before = page.cursor
            _count(report, page)
            buffer.add(page)
            if buffer.is_full():
                land(buffer)
                buffer = _Buffer(cursor=before)
            if time.monotonic() > deadline:
                report.message = f"stopped after {budget_s:g} s; the next run goes on from here"
                break
    except SourceError:
        land(buffer)
        raise
    land(buffer)


def _count(report: FeedReport, page: Page) -> None:
    report.pages += 1
    report.seen += len(page.mentions)
    if page.suspect:
        report.status, report.message = "suspect", page.suspect


def fault_of(error: SourceError) -> Fault:
    """Return who must act on `error`: nobody, the user, or a maintainer."""
    if isinstance(error, Refused):
        return "refused"
    return "changed" if isinstance(error, Changed) else "unavailable"


def _land(warehouse: Warehouse, feed: Feed, buffer: _Buffer, now: datetime) -> Landed:
    return warehouse.land(
        buffer.mentions,
        buffer.rejects,
        buffer.cursor,
        feed=(feed.name, feed.source.name, feed.kind),
        options_hash=feed.options_hash,
        now=now,
    )


def _log(report: FeedReport) -> None:
    told = f"{report.new} new, {report.changed} changed of {report.seen} seen, {report.rejects} rejects"
    level = logging.INFO if report.status == "ok" else logging.WARNING
    log.log(level, "%s: %s: %s in %.1f s %s", report.feed, report.status, told, report.seconds, report.message or "")


def _keep_report(warehouse: Warehouse, report: FeedReport, run_id: str, started_at: datetime) -> None:
    sql = "INSERT INTO ops.feed_runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    row = [run_id, report.feed, utc(started_at), report.seconds, report.status, report.message]
    row += [report.pages, report.seen, report.new, report.changed, report.rejects, report.requests, report.bytes]
    warehouse.write(sql, row)
