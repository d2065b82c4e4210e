"""Raises alerts and delivers them, to Slack where a webhook is configured, else to the terminal."""

from alerts import unpublished
from alerts.alert import Alert
from alerts.outbox import Send, deliver
from alerts.rule import raise_alerts
from alerts.slack import SlackSender, render_text
from flows.desk import Desk


def raise_new_alerts(desk: Desk) -> None:
    """Run the rules; a rule that fails is a problem of the run and stops no other rule."""
    raised = raise_alerts(desk.warehouse, desk.now(), desk.config.rule_folders)
    desk.report.alerts = [render_text(alert) for alert in raised.alerts]
    desk.report.problems += [f"rule {name}: {reason}" for name, reason in raised.problems]


def raise_unpublished(desk: Desk, error: Exception) -> None:
    """Say that nothing was published, and why; the last mart stays."""
    unpublished.raise_unpublished(desk.warehouse, str(error), desk.now())


def deliver_alerts(desk: Desk) -> None:
    """Deliver what waits in the outbox; what Slack does not take stays there for the next run."""
    webhook = desk.config.webhook
    send: Send = SlackSender(webhook) if webhook else _print_later
    delivery = deliver(desk.warehouse, send, desk.now())
    desk.report.delivered = delivery.delivered
    desk.report.problems += [f"the alert {title!r} cannot be delivered" for title in delivery.given_up]
    if delivery.problem:
        desk.report.problems.append(f"{delivery.waiting} alerts wait for Slack: {delivery.problem}")


def _print_later(alert: Alert) -> None:
    """Take an alert as delivered: without a webhook the report of the run shows it."""
