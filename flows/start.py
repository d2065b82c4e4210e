"""Starts the daily run, now or on its schedule."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from flows.config import Config
from flows.desk import RunReport, feeds_called, refuse_second_run

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


def run_daily(config: Config, only: Sequence[str], alerts: bool) -> RunReport:
    """Run the flow once in this process and return its report; raises what stopped it."""
    feeds_called(config, only)
    refuse_second_run(config)
    from flows.daily import daily

    state = cast("State[RunReport]", daily(str(config.file), list(only), alerts, return_state=True))
    return state.result()


def serve_daily(config: Config) -> None:
    """Serve the flow on the configured schedule until the process is stopped."""
    from prefect.schedules import Cron

    from flows.daily import daily

    schedule = config.sections.schedule
    daily.serve(
        name=f"daily {config.folder.name}",
        schedules=[Cron(schedule.cron, timezone=schedule.timezone)],
        parameters={"config": str(config.file)},
        limit=1,
    )
