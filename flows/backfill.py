"""Collects history: the same walk as every day, begun anew and kept to a span of time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.collect import Span
from flows.config import Config, Feed, load_config
from flows.daily import listen
from flows.desk import feeds_called, open_desk
from flows.report import RunReport
from flows.steps import RUNNER, freshen, publish_mart
from warehouse.migrate import HERE
from warehouse.store import look_up
from warehouse.tables import utc

QUESTION = HERE / "questions" / "backfill.sql"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backfill would do with one feed, and what is there already."""

    feed: str
    step: str
    oldest: datetime | None
    in_span: int
    history: str

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return asdict(self)

    @property
    def is_due(self) -> bool:
        """Say whether the feed would be walked."""
        return self.step in ("starts", "goes on")


@flow(name="backfill", task_runner=RUNNER, validate_parameters=False)
def backfill(config: str, span: Span, only: Sequence[str]) -> State[RunReport]:
    """Collect, read and publish what the feeds called `only` hold of `span`. No alert is raised about the past."""
    with open_desk(load_config(Path(config))) as desk:
        listen(desk, feeds_called(desk.config, only), span)
        freshen(desk)
        publish_mart(desk)
        report = desk.report
    message = "; ".join(report.problems) or f"{sum(feed.new for feed in report.feeds)} new mentions"
    return Completed(name=report.state, message=message, data=report)


def plan_backfill(
    config: Config, feeds: Sequence[Feed], span: Span, now: datetime, *, missing: bool, failed: bool
) -> list[Plan]:
    """Return what a backfill of `span` does with each feed.

    With `missing` only feeds are due whose oldest mention is more than a day younger than the span's start; with
    `failed` those whose last run or whose backfill of the same span did not end well.
    """
    known: dict[str, dict[str, Any]] = {}
    if config.store.exists():
        until = utc(span.until or now)
        answer = look_up(
            config.store,
            QUESTION.read_text(),
            [[feed.name for feed in feeds], span.name, utc(span.since), until],
        )
        known = {record["feed"]: record for record in answer.records()}
    days = config.retention
    return [
        _plan(feed, known.get(feed.name, {}), span, days.get(feed.kind), missing=missing, failed=failed)
        for feed in feeds
    ]


def _plan(feed: Feed, known: dict[str, Any], span: Span, keeps: int | None, *, missing: bool, failed: bool) -> Plan:
    oldest = known["oldest"].replace(tzinfo=UTC) if known.get("oldest") else None
    step = "goes on" if known.get("backfill") == "unfinished" else "starts"
    if missing and oldest and oldest < span.since + timedelta(days=1):
        step = "skipped: it reaches back so far already"
    if failed and known.get("backfill") != "unfinished" and known.get("last_run") != "failed":
        step = "skipped: it did not fail"
    history = (
        feed.source.history if keeps is None else f"{feed.source.history}; [retention] drops it after {keeps} days"
    )
    return Plan(feed.name, step, oldest, known.get("in_span", 0), history)
