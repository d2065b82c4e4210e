"""Starts the daily run, now or on its schedule."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from flows.config import Config
from flows.desk import feeds_called, refuse_second_run
from flows.report import RunReport

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from flows.collect import Span

ADDRESS = ("127.0.0.1", "4200")  # Prefect's own default, so its other commands find the server too
STARTUP_S = 180  # the first start makes a database


class ServerError(Exception):
    """Prefect's server did not start; the message says what to do."""


def run_daily(config: Config, only: Sequence[str], alerts: bool) -> RunReport:
    """Run the flow once in this process and return its report; raises what stopped it."""
    feeds_called(config, only)
    refuse_second_run(config)
    from flows.daily import daily

    state = cast("State[RunReport]", daily(str(config.file), list(only), alerts, return_state=True))
    return state.result()


def run_backfill(config: Config, span: "Span", only: Sequence[str]) -> RunReport:
    """Run the backfill of `span` once in this process and return its report; raises what stopped it."""
    refuse_second_run(config)
    from flows.backfill import backfill

    state = cast("State[RunReport]", backfill(str(config.file), span, list(only), return_state=True))
    return state.result()


def serve_daily(config: Config) -> None:
    """Serve the flow on the configured schedule until the process is stopped."""
    with prefect_server():
        from prefect.schedules import Cron

        from flows.daily import daily

        schedule = config.sections.schedule
        daily.serve(
            name=f"daily {config.folder.name}",
            schedules=[Cron(schedule.cron, timezone=schedule.timezone)],
            parameters={"config": str(config.file)},
            limit=1,
        )


@contextmanager
def prefect_server() -> Iterator[None]:
    """Make sure that a Prefect server answers while the context lasts: the configured one, or one of our own.

    The server that Prefect starts for a single run has no scheduler: a schedule served by it would never fire.
    Sets PREFECT_API_URL, so Prefect must not have been imported before.
    """
    if os.environ.get("PREFECT_API_URL"):
        yield
        return
    host, port = ADDRESS
    os.environ["PREFECT_API_URL"] = f"http://{host}:{port}/api"
    if _answers():
        yield
        return
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", port]
    with _deaf_to_ctrl_c():
        begun = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603  our own words only
    with begun as server:
        try:
            _wait_for(server)
            yield
        finally:
            server.terminate()


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Let processes begun inside not hear a Ctrl-C in the terminal: a flow that it ends still tells the server so."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _wait_for(server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTUP_S
    while not _answers():
        if server.poll() is not None or time.monotonic() > deadline:
            hint = f"is port {ADDRESS[1]} taken? Start a server yourself and set PREFECT_API_URL"
            raise ServerError(f"Prefect's server did not start on {ADDRESS[0]}:{ADDRESS[1]} ({hint})")
        time.sleep(0.5)


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"{os.environ['PREFECT_API_URL']}/health", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False
