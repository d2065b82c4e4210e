"""A run over a lake that the workers of a Prefect pool share, one of them killed half-way."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.lakes import new_lake, postgres
from warehouse.lake import Lake
from warehouse.mart import ask
from warehouse.store import look_up

pytestmark = pytest.mark.servers
ROOT, BIN = Path(__file__).parents[1], Path(sys.executable).parent
FEEDS, EACH, WORKERS = 6, 700, 3
SAID = ["The app crashes at login since the update.", "Lovely staff and good coffee.", "Is the café open on Sunday?"]


class Pool:
    """A Prefect server with a pool and its workers, each the leader of a process group of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            self._port = held.getsockname()[1]
        url = f"http://127.0.0.1:{self._port}/api"
        self.env = os.environ | {"PREFECT_HOME": str(folder), "PREFECT_API_URL": url, "PYTHONPATH": str(ROOT)}
        self.workers: list[subprocess.Popen[bytes]] = []

    def start(self, stack: ExitStack, workers: int) -> None:
        """Start everything; `stack` stops it."""
        plain = {name: value for name, value in self.env.items() if name != "PREFECT_API_URL"}
        self._run_beside(stack, "server", "start", "--host", "127.0.0.1", "--port", self._port, env=plain)
        self._wait()
        for command in (["work-pool", "create", "allears", "--type", "process"], ["--no-prompt", "deploy", "--all"]):
            subprocess.run([BIN / "prefect", *command], env=self.env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        for _ in range(workers):
            self.workers.append(self._run_beside(stack, "worker", "start", "--pool", "allears", "--limit", "1"))

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill a worker and the flow run it has started, as a power cut would."""
        for process in [worker.pid, *begun_by(worker.pid)]:
            os.kill(process, signal.SIGKILL)

    def _run_beside(
        self, stack: ExitStack, *command: object, env: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        words = [str(BIN / "prefect"), *map(str, command)]
        with Path(os.devnull).open("wb") as nothing:
            process = subprocess.Popen(words, env=env or self.env, cwd=ROOT, stdout=nothing, stderr=nothing)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        return process

    def _wait(self) -> None:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self._port}/api/health")
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("Prefect's server did not start")


def begun_by(parent: int) -> Iterator[int]:
    """Yield the processes that `parent` has started; a bare machine has no program to ask."""
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has ended meanwhile
            if f"\nPPid:\t{parent}\n" in status.read_text():
                yield int(status.parent.name)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with postgres() as server:
        yield new_lake(server.address, tmp_path / "data")


def write_config(folder: Path, lake: Lake) -> Path:
    """Write a configuration of several feeds, whose files hold mentions of their own and one in ten of the next's."""
    lines = [f'[warehouse]\nurl = "ducklake:postgres:{lake.catalog}"\ndata = "data"', f"[workers]\nhelpers = {WORKERS}"]
    for feed in range(FEEDS):
        with (folder / f"{feed}.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "text", "date"])
            for n in range(EACH):
                rows.writerow([f"{feed}-{n}", f"{SAID[n % 3]} Number {feed}, {n}.", f"2026-11-{1 + n % 20:02}"])
        lines.append(f'[[feeds]]\nsource = "file"\nname = "{feed}"\npath = "{feed}.csv"\nbrand = "Harbor"')
    (folder / "allears.toml").write_text("\n\n".join(lines))
    return folder / "allears.toml"


def chunks(lake: Lake) -> dict[str, int]:
    """Return how many mentions each process of the run has read."""
    if not lake.exists():
        return {}
    rows = look_up(lake, "SELECT hand, sum(mentions) FROM ops.chunks GROUP BY ALL").rows
    return {hand: int(read) for hand, read in rows}


def test_a_run_that_three_workers_share_keeps_and_reads_each_mention_once_though_one_is_killed(
    lake: Lake, tmp_path: Path
) -> None:
    config, pool = write_config(tmp_path, lake), Pool(tmp_path / "prefect")
    with ExitStack() as stack:
        pool.start(stack, WORKERS)
        command = [BIN / "allears", "run", "--json", "--config", config]
        run = subprocess.Popen(command, env=pool.env, stdout=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 300
        while set(chunks(lake)) <= {"run"} and run.poll() is None and time.monotonic() < deadline:
            time.sleep(1)
        pool.kill(pool.workers[0])
        told: dict[str, Any] = json.loads(run.communicate(timeout=500)[0])
    total = FEEDS * EACH
    assert run.returncode == 0 and told["state"] == "Completed", told["problems"]
    assert sum(feed["new"] for feed in told["feeds"]) == total
    once = "SELECT count(*), count(DISTINCT mention_id), count(*) FILTER (reading <> 'unread') FROM mentions"
    assert look_up(lake, once).rows == ask(tmp_path / "mart.duckdb", once).rows == [(total,) * 3]
    read = chunks(lake)
    assert sum(read.values()) == told["read"] == total
    assert len(read) >= 2, "nobody helped"
