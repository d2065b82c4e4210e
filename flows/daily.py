"""The daily run as a Prefect flow: collect every feed, read what is new, roll up, alert, publish, tell."""

from collections import Counter
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.collect import Span
from flows.config import Feed, load_config
from flows.desk import Desk, feeds_called, keep_rejects, open_desk
from flows.own import bring_own_tables
from flows.read import FIND_AT, reader_of
from flows.report import RunReport
from flows.retention import expire_old
from flows.share import hire, share
from flows.steps import (
    RUNNER,
    collect_feed,
    find_topics,
    freshen,
    publish_and_tell,
    raise_alerts,
    read_texts,
    settle,
)
from nlp.errors import ModelError
from warehouse.lake import Lake


@flow(name="daily", task_runner=RUNNER, validate_parameters=False)
def daily(config: str = "allears.toml", only: Sequence[str] = (), alerts: bool = True) -> State[RunReport]:
    """Run everything once for the configuration file `config`; `only` names the feeds to collect.

    One feed's error stops no other: the run then ends as CompletedWithFailures and says so. Anything that is not
    a source's, a model's or Slack's failure is a bug and fails the run; what has landed stays.
    """
    with open_desk(load_config(Path(config))) as desk:
        listen(desk, feeds_called(desk.config, only))
        freshen(desk)
        bring_own_tables(desk)
        if alerts:
            raise_alerts(desk)
        publish_and_tell(desk, alerts)
        report = desk.report
    message = "; ".join(report.problems) or f"{sum(feed.new for feed in report.feeds)} new mentions"
    return Completed(name=report.state, message=message, data=report)


def listen(desk: Desk, feeds: Sequence[Feed], span: Span | None = None) -> None:
    """Collect `feeds`, read what is unread and roll up; over a lake with whoever helps."""
    if isinstance(desk.config.store, Lake):
        hire(desk, feeds, span)
        share(desk, feeds, span)
        expire_old(desk)
    else:
        collect_feeds(desk, feeds, span)
        expire_old(desk)
        settle(desk)
        read_unread(desk)
    settle(desk)


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
                desk.report.new_topics += find_topics(desk)
                unplaced = 0
        desk.report.new_topics += find_topics(desk)
        desk.bars.end(bar)
