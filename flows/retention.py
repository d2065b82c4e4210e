"""For how long what people said is kept, as [retention] says."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from flows.config import Config
from flows.desk import Desk, write_rejects
from warehouse.retention import expire

FEEDS = "SELECT feed FROM ops.feeds ORDER BY ALL"


def oldest_days(config: Config, now: datetime) -> Mapping[str, date]:
    """Return the first UTC day that is kept, of each kind that is not kept for ever."""
    today = now.astimezone(UTC).date()
    return {kind: today - timedelta(days=days) for kind, days in config.retention.items()}


def expire_old(desk: Desk) -> None:
    """Remove what was kept for long enough, and note how much that was."""
    feeds = [(feed.name, feed.kind) for feed in desk.config.feeds]
    oldest = oldest_days(desk.config, desk.now())
    desk.report.expired = expire(desk.warehouse, oldest, feeds, desk.config.brands)
    for name, kind in feeds if desk.report.expired else ():
        if kind in oldest:
            write_rejects(desk.config, desk.warehouse, name)
