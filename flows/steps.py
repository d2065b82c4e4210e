"""The steps of a run as Prefect tasks: each a second of work or more, none handing on rows.

What a run knows is in the warehouse, so that a step that fails for a moment – the catalog of a lake was away – is made
again from there, and a run that was killed is simply run again.
"""

from typing import Any, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows import tell
from flows.collect import Span, collect
from flows.config import Feed
from flows.desk import Desk, publish_copy
from flows.forget import clean
from flows.read import ChunkReport, Reader, Topics, find_new_topics, read_chunk
from flows.report import FeedReport
from flows.stories import group_stories
from warehouse.compact import compact
from warehouse.forget import is_unfinished
from warehouse.migrate import WarehouseError
from warehouse.turns import again

FEEDS_AT_ONCE = 64  # they wait for the network, and take turns at a host and in the warehouse anyway
RUNNER = cast("TaskRunner[PrefectFuture[Any]]", ThreadPoolTaskRunner(max_workers=FEEDS_AT_ONCE))


@task(cache_policy=NO_CACHE)
@again
def collect_feed(desk: Desk, feed: Feed, span: Span | None) -> FeedReport:
    """Collect one feed."""
    return collect(desk, feed, span=span)


@task(name="read", cache_policy=NO_CACHE)
@again
def read_texts(desk: Desk, reader: Reader, part: int = 0, parts: int = 1) -> ChunkReport:
    """Read one chunk of a part of what is unread."""
    limit = desk.config.sections.workers.chunk
    return read_chunk(desk.warehouse, reader, Topics(desk.warehouse), limit=limit, part=part, parts=parts)


@task(name="find topics", cache_policy=NO_CACHE)
@again
def find_topics(desk: Desk) -> int:
    """Look for topics among the mentions that are near none."""
    names = [brand.name for brand in desk.config.brands]
    return find_new_topics(desk.warehouse, names, desk.now)


@task(name="roll up", cache_policy=NO_CACHE)
@again
def settle(desk: Desk) -> None:
    """Group copies, match brands and compute the roll-ups of the touched days."""
    with desk.timed("stories"):
        group_stories(desk.warehouse)
    with desk.timed("roll_up"):
        desk.warehouse.settle(desk.config.brands)


@task(name="freshness", cache_policy=NO_CACHE)
@again
def freshen(desk: Desk) -> None:
    """Note how every feed is."""
    with desk.timed("freshness"):
        desk.warehouse.freshen([(feed.name, feed.source.name) for feed in desk.config.feeds], desk.now())


@task(name="alert", cache_policy=NO_CACHE)
@again
def raise_alerts(desk: Desk) -> None:
    """Run the alert rules."""
    with desk.timed("alert"):
        tell.raise_new_alerts(desk)


@task(name="publish", cache_policy=NO_CACHE)
@again
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
@again
def tell_alerts(desk: Desk) -> None:
    """Deliver what is in the outbox."""
    with desk.timed("tell"):
        tell.deliver_alerts(desk)


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
