"""What takes minutes: runs that are killed again and again, and a schedule that really starts one. Run by .ci/run."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.config import write_config
from demo.town import Town, serve
from warehouse.mart import ask
from warehouse.warehouse import Warehouse

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
KILLS = 25


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A Prefect server of its own on loopback; yields the environment in which commands find it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("prefect")
    env = os.environ | {"PREFECT_HOME": str(home), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "PWD": str(ROOT)}
    command = [BIN / "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with background(command, env):
        until(lambda: asked(env["PREFECT_API_URL"] + "/health"), 180)
        yield env


@contextmanager
def background(command: list[Any], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def asked(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


def until(condition: Any, seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"nothing within {seconds} s"
        time.sleep(1)
    return value


def test_a_run_killed_at_25_random_moments_loses_nothing_and_counts_nothing_twice(
    server: dict[str, str], tmp_path: Path
) -> None:
    moments = random.Random(11)
    town = Town(900, 3, datetime.now(UTC).date())
    config, warehouse = tmp_path / "allears.toml", tmp_path / "warehouse.duckdb"
    command = [BIN / "allears", "run", "--config", config, "--json"]
    kills, latest_s = 0, 9.0
    with serve(town) as base_url:
        write_config(config, base_url, town)
        while kills < KILLS:
            run = subprocess.Popen(command, cwd=ROOT, env=server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(moments.uniform(0.3, 1) * latest_s)
                latest_s *= 0.9  # it ended before it was hit: on this machine a run is shorter than that
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
                kills += 1
            if warehouse.exists():
                with Warehouse(warehouse, datetime.now(UTC)) as held:
                    assert held.rows("SELECT count(*) - count(DISTINCT mention_id) FROM mentions") == [(0,)]
        done = subprocess.run(command, cwd=ROOT, env=server, capture_output=True, check=True)
    assert json.loads(done.stdout)["state"] == "Completed"
    truth, mart = town.truth(), tmp_path / "mart.duckdb"
    assert ask(mart, "SELECT count(*), count(DISTINCT mention_id) FROM mentions").rows == [(truth["total"],) * 2]
    assert dict(ask(mart, "SELECT day::VARCHAR, count(*) FROM mentions GROUP BY ALL").rows) == truth["by_day"]
    by_brand = "SELECT brand, sum(mentions)::INTEGER FROM daily_brand WHERE brand IS NOT NULL GROUP BY ALL"
    assert dict(ask(mart, by_brand).rows) == truth["by_brand"]
    assert ask(mart, "SELECT count(*) FROM mentions WHERE reading = 'unread'").rows == [(0,)]


def test_a_deployment_on_a_cron_of_one_minute_really_runs(server: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("text\nThe coffee at Harbor Coffee is good\n")
    config = tmp_path / "allears.toml"
    config.write_text('[[feeds]]\nsource = "file"\npath = "notes.csv"\nbrand = "Harbor Coffee"\n')
    deployment = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    deployment["deployments"][0]["parameters"] = {"config": str(config)}
    deployment["deployments"][0]["schedules"] = [{"cron": "* * * * *", "timezone": "UTC", "active": True}]
    file = tmp_path / "prefect.yaml"
    file.write_text(yaml.safe_dump(deployment))
    prefect: list[Any] = [BIN / "prefect", "--no-prompt"]
    env = server | {"PATH": f"{BIN}{os.pathsep}{server['PATH']}"}
    subprocess.run([*prefect, "work-pool", "create", "allears", "--type", "process"], cwd=ROOT, env=env, check=True)
    subprocess.run([*prefect, "deploy", "--all", "--prefect-file", file], cwd=ROOT, env=env, check=True)
    completed = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}, "deployment_id": {"is_null_": False}}}
    with background([*prefect, "worker", "start", "--pool", "allears", "--limit", "1"], env):
        runs = until(lambda: asked(server["PREFECT_API_URL"] + "/flow_runs/filter", completed), 240)
    assert runs[0]["auto_scheduled"]
    assert ask(tmp_path / "mart.duckdb", "SELECT text FROM mentions").rows == [("The coffee at Harbor Coffee is good",)]


def test_schedule_needs_no_server_and_really_runs(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("text\nThe coffee at Harbor Coffee is good\n")
    config = tmp_path / "allears.toml"
    config.write_text(
        '[schedule]\ncron = "* * * * *"\n[[feeds]]\nsource = "file"\npath = "notes.csv"\nbrand = "Harbor Coffee"\n'
    )
    env = os.environ | {"PREFECT_HOME": str(tmp_path / "prefect")}
    env.pop("PREFECT_API_URL", None)
    mart = tmp_path / "mart.duckdb"
    with background([BIN / "allears", "schedule", "--config", config], env):
        until(mart.exists, 300)
    assert ask(mart, "SELECT count(*) FROM mentions").rows == [(1,)]
