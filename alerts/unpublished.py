"""The one alert that no rule raises: the mart stays as it was, because what would be published is not right."""

from datetime import datetime, timedelta

from alerts.alert import Alert
from alerts.evidence import shorten
from alerts.rule import TEXT_CHARS, due, keep
from warehouse.tables import utc
from warehouse.warehouse import Warehouse

RULE, QUIET = "not_published", timedelta(hours=20)  # a schedule that fails every morning is told every morning
LAST = "SELECT max(raised_at) FROM alerts WHERE rule = ?"


def raise_unpublished(warehouse: Warehouse, why: str, now: datetime) -> None:
    """Put into the table `alerts` that nothing was published, unless that was told in the last 20 hours."""
    ((last,),) = warehouse.rows(LAST, [RULE])
    if due(QUIET, last, utc(now)):
        title = "The mart was not published: everybody still sees the last one"
        reason = shorten(why, TEXT_CHARS)
        told = Alert(key="mart", rule=RULE, severity="high", brand=None, title=title, reason=reason, raised_at=now)
        keep(warehouse, told)
