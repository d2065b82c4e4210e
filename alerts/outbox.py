"""Delivers the alerts that wait, in order, and marks each as soon as it is delivered."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

from alerts.alert import Alert, Quote
from warehouse.tables import utc
from warehouse.warehouse import Warehouse

Send: TypeAlias = Callable[[Alert], None]

GIVEN_UP = "given up: "  # how last_error begins for a message that no later run tries again
WAITING = """
    SELECT key, rule, severity, brand, title, reason, topics, quotes, raised_at
    FROM alerts
    WHERE delivered_at IS NULL AND NOT starts_with(coalesce(last_error, ''), ?)
    ORDER BY raised_at, list_position(['high', 'medium', 'low'], severity), rule, key
"""
MARK = """
    UPDATE alerts SET attempts = attempts + 1, delivered_at = ?::TIMESTAMP, last_error = ?
    WHERE rule = ? AND key = ? AND raised_at = ?
"""

log = logging.getLogger(__name__)


class DeliveryError(Exception):
    """An alert was not delivered. The message says why and what to do; it never holds the webhook's URL."""


class Unavailable(DeliveryError):
    """Nobody need act: timeout, 429, 5xx. The next run tries again."""


class Refused(DeliveryError):
    """The user must act: the webhook was revoked, or it is no webhook. Every message would be refused."""


class Unsendable(DeliveryError):
    """This one message is refused however often it is sent; others may pass."""


class Delivery(NamedTuple):
    """How many alerts were delivered, how many wait for the next run, the titles given up, and what stopped it."""

    delivered: int
    waiting: int
    given_up: list[str]
    problem: DeliveryError | None


def deliver(warehouse: Warehouse, send: Send, now: datetime) -> Delivery:
    """Send every waiting alert with `send`, the oldest first and of one run the gravest first.

    Each is marked, and the mark committed, before the next is sent: nothing is lost, and nothing is sent twice
    unless the process dies, or the answer is lost, in the moment between Slack's "ok" and the mark. A webhook knows
    no idempotency key, so that window cannot be closed, and a repeat is better than a loss.

    Unavailable and Refused stop the queue, which keeps its order for the next run. Unsendable gives up that alert:
    it stays undelivered, with its last_error, and the queue goes on.
    """
    alerts = waiting(warehouse)
    delivered, given_up = 0, []
    for alert in alerts:
        try:
            send(alert)
        except Unsendable as error:
            _mark(warehouse, alert, None, f"{GIVEN_UP}{error}")
            given_up.append(alert.title)
            log.warning("the alert %r cannot be delivered: %s", alert.title, error)
        except DeliveryError as error:
            _mark(warehouse, alert, None, str(error))
            left = len(alerts) - delivered - len(given_up)
            log.warning("%d alerts wait: %s", left, error)
            return Delivery(delivered, left, given_up, error)
        else:
            _mark(warehouse, alert, now, None)
            delivered += 1
    log.info("alerts: %d delivered, %d given up", delivered, len(given_up))
    return Delivery(delivered, 0, given_up, None)


def waiting(warehouse: Warehouse) -> list[Alert]:
    """Return the alerts that are to be delivered, in their order."""
    return [
        Alert(
            **dict(zip(("key", "rule", "severity", "brand", "title", "reason"), row[:6], strict=True)),
            topics=tuple(row[6]),
            quotes=tuple(Quote(**quote) for quote in row[7]),
            raised_at=row[8].replace(tzinfo=UTC),
        )
        for row in warehouse.rows(WAITING, [GIVEN_UP])
    ]


def _mark(warehouse: Warehouse, alert: Alert, delivered_at: datetime | None, error: str | None) -> None:
    at = utc(delivered_at) if delivered_at else None
    warehouse.write(MARK, [at, error, alert.rule, alert.key, utc(alert.raised_at)])
