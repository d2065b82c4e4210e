"""The habits of the project, checked with everything else: style, types, imports, files that must parse."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CODE = [
    p for d in ("connectors", "nlp", "warehouse", "alerts", "flows", "demo", "bench") for p in (ROOT / d).rglob("*.py")
]


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["importlinter.cli", "lint-imports"],
    ],
    ids=lambda command: command[0],
)
def test_the_tools_are_content(command: list[str]) -> None:
    if command[0] == "importlinter.cli":
        argv = [str(Path(sys.executable).with_name("lint-imports"))]
    else:
        argv = [sys.executable, "-m", *command]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in CODE}
    assert {name: n for name, n in lengths.items() if n > 300} == {}


def test_only_one_file_imports_httpx() -> None:
    importers = [
        p.relative_to(ROOT).as_posix() for p in CODE if re.search(r"^\s*(import|from) httpx", p.read_text(), re.M)
    ]
    assert importers == ["connectors/http.py"]


def test_the_container_set_up_holds_together() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert {"server", "worker"} <= services.keys()
    for service in services.values():
        assert service["build"] == "."
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert lines[0].startswith("FROM python:3.11")
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert 'ENTRYPOINT ["allears"]' in lines and "allears" in entry


def test_the_deployments_name_flows_that_exist_and_the_daily_one_is_at_six() -> None:
    daily, helper = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    for deployment in (daily, helper):
        file, function = deployment["entrypoint"].split(":")
        assert f'@flow(name="{deployment["name"]}"' in (ROOT / file).read_text()
        assert f"def {function}(" in (ROOT / file).read_text()
    assert daily["schedules"][0]["cron"] == "0 6 * * *"
    assert daily["schedules"][0]["timezone"]
    assert daily["concurrency_limit"]["limit"] == 1
    assert "schedules" not in helper  # a run asks for it


def test_the_workflow_only_calls_ci_run() -> None:
    steps = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["ci"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["bash .ci/run"]
