"""The daily run as a Prefect flow: collect every feed, read what is new, roll up, alert, publish, tell.

A task is a second of work or more – a feed, a chunk of texts, a roll-up – and tasks hand on no rows: what a run
knows is in the warehouse, so that a run that was killed is simply run again.
"""

from collections import Counter
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Completed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows import tell
from flows.collect import Span, collect
from flows.config import Feed, load_config
from flows.desk import Desk, feeds_called, keep_rejects, open_desk, publish_copy
from flows.forget import clean
from flows.own import bring_own_tables
from flows.read import FIND_AT, ChunkReport, Reader, Topics, find_new_topics, read_chunk, reader_of
from flows.report import FeedReport, RunReport
from flows.retention import expire_old
from flows.stories import group_stories
from nlp.errors import ModelError
from warehouse.compact import compact
from warehouse.forget import is_unfinished
from warehouse.migrate import WarehouseError

FEEDS_AT_ONCE = 64  # they wait for the network, and take turns at a host and in the warehouse anyway


RUNNER = cast("TaskRunner[PrefectFuture[Any]]", ThreadPoolTaskRunner(max_workers=FEEDS_AT_ONCE))


@flow(name="daily", task_runner=RUNNER, validate_parameters=False)
def daily(config: str = "allears.toml", only: Sequence[str] = (), alerts: bool = True) -> State[RunReport]:
    """Run everything once for the configuration file `config`; `only` names the feeds to collect.

    One feed's error stops no other: the run then ends as CompletedWithFailures and says so. Anything that is not
    a source's, a model's or Slack's failure is a bug and fails the run; what has landed stays.
    """
    with open_desk(load_config(Path(config))) as desk:
        collect_feeds(desk, feeds_called(desk.config, only))
        expire_old(desk)
        settle(desk)
        read_unread(desk)
        settle(desk)
        freshen(desk)
        bring_own_tables(desk)
        if alerts:
            raise_alerts(desk)
        publish_and_tell(desk, alerts)
        report = desk.report
    message = "; ".join(report.problems) or f"{sum(feed.new for feed in report.feeds)} new mentions"
    return Completed(name=report.state, message=message, data=report)


def collect_feeds(desk: Desk, feeds: Sequence[Feed], span: Span | None = None) -> None:
    """Collect all feeds at once and note the ones that failed."""
    with desk.timed("collect"):
        named = {f"collect {feed.name}": feed for feed in mixed(feeds)}
        futures = [collect_feed.with_options(task_run_name=name).submit(desk, f, span) for name, f in named.items()]
        for future in futures:
            future.wait()
        reports = {report.feed: report for report in (future.result() for future in futures)}
        desk.report.feeds = [reports[feed.name] for feed in feeds]
    desk.report.load_s = round(desk.warehouse.busy_s, 3)
    keep_rejects(desk)
    desk.report.problems += [str(report.message) for report in desk.report.feeds if report.status == "failed"]


def mixed(feeds: Sequence[Feed]) -> list[Feed]:
    """Return the feeds with those of one source apart, so that no thread waits for a turn at a host others are at."""
    nth: Counter[str] = Counter()
    turns: list[tuple[int, Feed]] = []
    for feed in feeds:
        turns.append((nth[feed.source.name], feed))
        nth[feed.source.name] += 1
    return [feed for _, feed in sorted(turns, key=itemgetter(0))]


def read_unread(desk: Desk) -> None:
    """Read in chunks until nothing is unread; a model that cannot be used is a problem, not the end of the run."""
    with desk.timed("read"):
        total = desk.warehouse.unread_count()
        if not total:
            return
        try:
            reader = reader_of(desk.config)
        except ModelError as error:
            desk.report.problems.append(str(error))
            return
        bar = desk.bars.begin("read", total)
        unplaced = 0
        while (chunk := read_texts(desk, reader)).mentions:
            desk.bars.advance(bar, chunk.mentions)
            desk.report.read += chunk.mentions
            unplaced += chunk.unplaced
            if unplaced >= FIND_AT:
                find_topics(desk)
                unplaced = 0
        find_topics(desk)
        desk.bars.end(bar)


def publish_and_tell(desk: Desk, alerts: bool) -> None:
    """Publish and deliver the alerts. That nothing could be published is an alert too, and ends the run."""
    try:
        publish_mart(desk)
    except (WarehouseError, OSError) as error:
        if alerts:
            tell.raise_unpublished(desk, error)
            tell_alerts(desk)
        raise
    if alerts:
        tell_alerts(desk)


@task(cache_policy=NO_CACHE)
def collect_feed(desk: Desk, feed: Feed, span: Span | None) -> FeedReport:
    """Collect one feed."""
    return collect(desk, feed, span=span)


@task(name="read", cache_policy=NO_CACHE)
def read_texts(desk: Desk, reader: Reader) -> ChunkReport:
    """Read one chunk."""
    return read_chunk(desk.warehouse, reader, Topics(desk.warehouse))


@task(name="find topics", cache_policy=NO_CACHE)
def find_topics(desk: Desk) -> None:
    """Look for topics among the mentions that are near none."""
    names = [brand.name for brand in desk.config.brands]
    desk.report.new_topics += find_new_topics(desk.warehouse, names, desk.now)


@task(name="roll up", cache_policy=NO_CACHE)
def settle(desk: Desk) -> None:
    """Group copies, match brands and compute the roll-ups of the touched days."""
    with desk.timed("stories"):
        group_stories(desk.warehouse)
    with desk.timed("roll_up"):
        desk.warehouse.settle(desk.config.brands)


@task(name="freshness", cache_policy=NO_CACHE)
def freshen(desk: Desk) -> None:
    """Note how every feed is."""
    with desk.timed("freshness"):
        desk.warehouse.freshen([(feed.name, feed.source.name) for feed in desk.config.feeds], desk.now())


@task(name="alert", cache_policy=NO_CACHE)
def raise_alerts(desk: Desk) -> None:
    """Run the alert rules."""
    with desk.timed("alert"):
        tell.raise_new_alerts(desk)


@task(name="publish", cache_policy=NO_CACHE)
def publish_mart(desk: Desk) -> None:
    """Publish the read-only copy, of a file that is written anew when much of it is free.

    Where somebody was being forgotten and that was interrupted, it is finished first.
    """
    if is_unfinished(desk.warehouse):
        desk.report.mart = clean(desk.config, desk.warehouse)[1]
        return
    with desk.timed("compact"):
        compact(desk.warehouse)
    with desk.timed("publish"):
        desk.report.mart = publish_copy(desk.config, desk.warehouse, desk.report.run_id)


@task(name="tell", cache_policy=NO_CACHE)
def tell_alerts(desk: Desk) -> None:
    """Deliver what is in the outbox."""
    with desk.timed("tell"):
        tell.deliver_alerts(desk)
