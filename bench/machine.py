"""The machine that a number was taken on, and what a child process cost there."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from flows.show import cell_text

PEER = "obsei==1.1.1"  # needs another DuckDB than ours, so it lives in an environment of its own
CHILD = Path(__file__).with_name("child.py")


class Cost(NamedTuple):
    """What a child process cost; megabytes are millions of bytes.

    `cpu_s` is of it and the children that it waited for, `peak_mb` of the largest of them alone, and
    `together_mb` of all that ran at one time (sampled; shared pages count for each; 0 where there is no /proc).
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    together_mb: float
    output: str


class CommandFailed(Exception):
    """A measured command ended with an error; its text shows the end of what it printed."""


def print_machine(*packages: str) -> None:
    """Print CPU, cores, memory, load, date, and the versions of Python and of `packages`, as a Markdown list."""
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    print(f"- {_cpu()}, {os.cpu_count()} cores, {memory_gb:.0f} GiB, {platform.system()} {platform.release()}")
    print(f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load before the start {load} (1, 5, 15 minutes)")
    print(f"- Python {platform.python_version()}, {versions}; beside it {PEER}\n", flush=True)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table: the first column is text, the others are numbers."""
    print(f"### {title}\n")
    for row in [columns, ["---", *["--:"] * (len(columns) - 1)], *rows]:
        print("| " + " | ".join(map(_shown, row)) + " |")
    print(flush=True)


def note(text: str) -> None:
    """Say on standard error how far a long command is."""
    print(f"[{datetime.now(UTC):%H:%M:%S}] {text}", file=sys.stderr, flush=True)


def measure(command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end and return what it cost; `env` is added to the environment.

    Raises CommandFailed when it does not end with 0.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        measured = [sys.executable, "-I", "-S", CHILD, report, *command]
        environment = {**os.environ, **(env or {})}
        done = subprocess.run(measured, check=False, capture_output=True, text=True, cwd=cwd, env=environment)
        if done.returncode:
            told = (done.stdout + done.stderr)[-2_000:]
            raise CommandFailed(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{told}")
        cost = json.loads(report.read_text())
    return Cost(cost["wall_s"], cost["cpu_s"], cost["peak_mb"], cost["together_mb"], done.stdout)


def peer_python() -> Path:
    """Return the Python of the peer's environment, made on first use; the peer's own commands lie beside it."""
    command = ["uv", "tool", "run", "--from", PEER, "python", "-c", "import sys; print(sys.executable)"]
    return Path(subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.strip())


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        digits = 0 if abs(cell) >= 100 else 1 if abs(cell) >= 10 else 2
        return f"{cell:,.{digits}f}"
    return f"{cell:,}" if isinstance(cell, int) else cell_text(cell)
