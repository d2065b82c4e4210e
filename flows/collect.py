"""Pulls one feed: pages land with their cursors until the feed is done or its time is spent."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from connectors.http import Http
from connectors.mention import Mention, mention_id
from connectors.source import Changed, Cursor, Page, Refused, SourceError
from flows.config import Feed
from flows.desk import Desk
from flows.privacy import at_the_door, told
from flows.report import Fault, FeedReport
from flows.retention import oldest_days
from warehouse.forget import forgotten_authors
from warehouse.tables import utc
from warehouse.warehouse import Batch, Walk

log = logging.getLogger(__name__)

RECHECK_SPAN, RECHECK_MENTIONS = timedelta(days=14), 500  # most edits and deletions come within days
OpenHttp: TypeAlias = Callable[..., Http]


class Span(NamedTuple):
    """The time that a backfill is for: from `since` to before `until`, or to now."""

    since: datetime
    until: datetime | None = None

    @property
    def name(self) -> str:
        """Return the name under which a backfill goes on after it was stopped."""
        return f"{self.since:%Y-%m-%d}/{self.until:%Y-%m-%d}" if self.until else f"{self.since:%Y-%m-%d}/"


def collect(desk: Desk, feed: Feed, *, span: Span | None = None, open_http: OpenHttp = Http) -> FeedReport:
    """Land what `feed` has to give and return the report, which is also kept in the warehouse.

    With a `span` its history is walked anew, beside the daily walk, and only what was posted in the span is kept.
    A source's error ends this feed only, after the pages before it have landed. Anything else is a bug and raised.
    """
    report = FeedReport(feed.name, feed.source.name)
    started_at, begun = desk.now(), time.monotonic()
    config, landing = desk.config, _Landing(desk, feed, span, report)
    with open_http(feed.source.name, settings=config.http, base_dir=config.folder, ledger=desk.ledger) as http:
        try:
            is_done = _walk(feed.source.walk(http, landing.cursor, **feed.options), landing, config.budget_s)
            if is_done and span is None:
                _recheck(http, feed, landing)
        except SourceError as error:
            report.status, report.message, report.fault = "failed", told(error, config.privacy), fault_of(error)
        finally:
            landing.close()
            report.requests, report.bytes, report.quota_left = http.requests, http.bytes, http.quota_left
            report.seconds = round(time.monotonic() - begun, 3)
    _keep_report(desk, report, started_at, span)
    _log(report)
    return report


class _Landing:
    """Pages on their way into the warehouse: those that have come and not yet landed, and the cursor after them."""

    def __init__(self, desk: Desk, feed: Feed, span: Span | None, report: FeedReport) -> None:
        self.report = report
        self._privacy = replace(desk.config.privacy, forgotten=forgotten_authors(desk.warehouse))
        self.desk, self._source = desk, feed.source.same_as or feed.source.name
        self._walk = Walk(feed.name, feed.source.name, feed.kind, feed.options_hash, span.name if span else "")
        self.cursor: Cursor = _window(span, desk.now()) | dict(desk.warehouse.cursor(self._walk))
        self._oldest = oldest_days(desk.config, desk.now()).get(feed.kind, date.min)
        self._span: Sequence[float] | None = self.cursor.get("span")
        self._landed: Cursor = self.cursor
        self._bar = desk.bars.begin(f"collect {feed.name}")
        self._clear()

    def add(self, page: Page) -> None:
        """Take a page, without what may not be kept; when enough have come, they land."""
        seen = len(page.mentions)
        page = at_the_door(page, self._privacy)
        self.report.pages += 1
        self.report.seen += seen
        self.report.forgotten += seen - len(page.mentions)
        if page.suspect:
            self.report.status, self.report.message = "suspect", page.suspect
        young = [mention for mention in page.mentions if mention.posted_at.date() >= self._oldest]
        self.report.too_old += len(page.mentions) - len(young)
        self._mentions += [mention for mention in young if self._is_wanted(mention)]
        self._rejects += page.rejects
        self._deleted += [mention_id(self._source, native_id) for native_id in page.deleted]
        self.cursor = {**page.cursor, "span": self._span} if self._span else page.cursor
        limits = self.desk.config.sections.collect
        if len(self._mentions) >= limits.land_rows or time.monotonic() - self._since > limits.land_s:
            self.land()

    def land(self, *, done: bool = False) -> None:
        """Land what has come; a backfill that is `done` is walked from the start when it is asked for again."""
        done = done and self._span is not None
        if self._mentions or self._rejects or self._deleted or done or self.cursor != self._landed:
            batch = Batch(self._mentions, self.cursor, self._rejects, self._deleted, done)
            landed = self.desk.warehouse.land(batch, self._walk, self.desk.now())
            self.report.new += landed.new
            self.report.changed += landed.changed
            self.report.rejects += landed.rejects
            self.report.deleted += landed.deleted
            self.report.forgotten += landed.forgotten
            self.desk.bars.advance(self._bar, len(self._mentions))
        self._clear()

    def close(self) -> None:
        """Take the progress bar away."""
        self.desk.bars.end(self._bar)

    def _clear(self) -> None:
        self._mentions: list[Mention] = []
        self._rejects: list[tuple[str, str, str]] = []
        self._deleted: list[int] = []
        self._landed, self._since = self.cursor, time.monotonic()

    def _is_wanted(self, mention: Mention) -> bool:
        return self._span is None or self._span[0] <= mention.posted_at.timestamp() < self._span[1]


def _window(span: Span | None, now: datetime) -> dict[str, Any]:
    """Return the cursor with which the walk of a backfill begins; see connectors/walks/paging.py."""
    return {"span": [span.since.timestamp(), (span.until or now).timestamp()]} if span else {}


def _walk(pages: Iterator[Page], landing: _Landing, budget_s: float) -> bool:
    """Land `pages` and say whether they came to their end before the time was spent."""
    deadline = time.monotonic() + budget_s
    before: Cursor | None = None
    same = 0
    try:
        for page in pages:
            same = same + 1 if page.mentions and page.cursor == before else 0
            if same == 2:  # once is the end of a listing that shows its last items again
                problem = "a page came again and again: its cursor is the one that asked for it"
                raise Changed(landing.report.source, problem, "the site repeats itself; what came before has been kept")
            before = page.cursor
            landing.add(page)
            if time.monotonic() > deadline:
                landing.report.message = f"stopped after {budget_s:g} s; the next run goes on from here"
                landing.land()
                return False
    except SourceError:
        landing.land()
        raise
    landing.land(done=True)
    return True


def _recheck(http: Http, feed: Feed, landing: _Landing) -> None:
    """Ask again for what the feed brought lately: what was edited is refreshed, what was deleted goes."""
    if feed.source.recheck:
        desk = landing.desk
        ids = desk.warehouse.recent_ids(feed.name, desk.now() - RECHECK_SPAN, RECHECK_MENTIONS)
        cursor = landing.cursor
        for page in feed.source.walk_again(http, ids, **feed.options) if ids else ():
            landing.add(page._replace(cursor=cursor))
        landing.land()


def fault_of(error: SourceError) -> Fault:
    """Return who must act on `error`: nobody, the user, or a maintainer."""
    if isinstance(error, Refused):
        return "refused"
    return "changed" if isinstance(error, Changed) else "unavailable"


def _log(report: FeedReport) -> None:
    told = f"{report.new} new, {report.changed} changed of {report.seen} seen, {report.rejects} rejects"
    level = logging.INFO if report.status == "ok" else logging.WARNING
    log.log(level, "%s: %s: %s in %.1f s %s", report.feed, report.status, told, report.seconds, report.message or "")


def _keep_report(desk: Desk, report: FeedReport, started_at: datetime, span: Span | None) -> None:
    row = asdict(report) | {
        "run_id": desk.report.run_id,
        "started_at": utc(started_at),
        "span": span.name if span else "",
    }
    desk.warehouse.keep_feed_run(row)
