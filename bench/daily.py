"""What a daily run costs, by step: the first, one with nothing new, one after much history; and obsei beside it."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from bench.load import write_corpus
from bench.machine import Cost, measure, note, peer_python, print_machine, print_table
from bench.own_load import lay
from flows.config import load_config
from warehouse.warehouse import Warehouse

HERE = Path(__file__).parent
SEED = 7
WARM_UP = 200  # the smallest town
STEPS = ("collect", "read", "roll_up", "freshness", "alert", "publish", "tell")
COLUMNS = (
    *("run", "new mentions", "wall s", "CPU s", "peak MB", "all processes MB"),
    *("collect s", "of it load s", "read s", "roll up s", "freshness s", "alert s", "publish s", "tell s", "rest s"),
)
PEER_ENV = {"OBSEI_DB_KEY": "", "OBSEI_PSEUDONYM_SALT": "bench-bench-bench"}
NOTES = """\
peak MB is of the largest process, all processes MB of the run and Prefect's server together. load s is the
part of collect that wrote to the warehouse. rest s is wall time outside the steps: the start of Python, Prefect and its
server, and the end. A Prefect flow that does nothing took
{wall_s:.1f} s, {cpu_s:.1f} of them CPU, on the same database.
"""
PEER_NOTES = """\
obsei takes the same texts from one JSON lines file; it has no web to ask, reads no sentiment, finds no topics and
publishes nothing. It gets at most {cap:,} of them (--peer-cap), to keep the bench short."""


class Run(NamedTuple):
    """One run of ours: its cost and its own report."""

    cost: Cost
    report: dict[str, Any]

    @property
    def new(self) -> int:
        """Return how many mentions were new."""
        return sum(feed["new"] for feed in self.report["feeds"])

    def row(self, name: str) -> list[object]:
        """Return the cells under COLUMNS."""
        load_s = self.report["load_s"]
        collect_s, *others = (float(self.report["seconds"].get(step, 0)) for step in STEPS)
        rest_s = self.cost.wall_s - collect_s - sum(others)
        return [name, self.new, *self.cost[:4], collect_s, load_s, *others, rest_s]


def main(argv: Sequence[str] | None = None) -> None:
    """Print what daily runs over towns of --sizes mentions cost."""
    options = _options(argv)
    sizes, cap = [int(size) for size in options.sizes.split(",")], options.peer_cap
    print_machine("duckdb", "onnxruntime", "prefect")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _first_and_again(folder / "warm-up", WARM_UP)  # Prefect makes its database once for a machine
        idle = _python("from prefect import flow; flow(print)()", folder)
        runs = [_first_and_again(folder / str(size), size) for size in sizes]
        after = _after(folder, min(sizes), options.old)
        peer_rows = [row for size in _peer_sizes(sizes, cap) for row in _peer(folder, size, cap)]
    towns = [f"town of {size:,}" for size in sizes]
    print_table("The first run", COLUMNS, [first.row(town) for town, (first, _) in zip(towns, runs, strict=True)])
    print_table(
        "The next, nothing new", COLUMNS, [again.row(town) for town, (_, again) in zip(towns, runs, strict=True)]
    )
    empty = runs[sizes.index(min(sizes))][0]
    rows = [empty.row("into an empty warehouse"), after.row(f"after {options.old:,} old mentions")]
    print_table(f"The first run over the town of {min(sizes):,}", COLUMNS, rows)
    print(NOTES.format(wall_s=idle.wall_s, cpu_s=idle.cpu_s))
    print_table("obsei", ["run", "new mentions", "wall s", "CPU s", "peak MB"], peer_rows)
    print(PEER_NOTES.format(cap=cap))


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.daily", description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000", help="mentions of each town, with commas between")
    parser.add_argument("--old", type=int, default=100_000, help="mentions of the warehouse with a history")
    parser.add_argument("--peer-cap", type=int, default=10_000, help="obsei gets at most so many")
    return parser.parse_args(argv)


def _first_and_again(home: Path, size: int) -> tuple[Run, Run]:
    with _town(home, size):
        first, again = _run(home), _run(home)
    if again.new or first.report["read"] != first.new:
        sys.exit(f"of {first.new} new mentions {first.report['read']} were read, and {again.new} came twice")
    return first, again


def _after(folder: Path, size: int, old: int) -> Run:
    """Run once over a town of `size` mentions into a warehouse that holds `old` others, read and rolled up."""
    home, corpus = folder / "after", folder / "corpus.parquet"
    note(f"laying in {old:,} old mentions")
    with duckdb.connect() as db:
        write_corpus(db, corpus, old)
    with _town(home, size):
        config = load_config(home / "allears.toml")
        lay(config.warehouse, corpus)
        with Warehouse(config.warehouse, datetime.now(UTC)) as warehouse:
            warehouse.write("INSERT INTO ops.touched SELECT mention_id, day FROM mentions")
            warehouse.settle(config.brands)
        return _run(home)


def _run(home: Path) -> Run:
    cost = _python(
        "from flows.cli import main; main()", home.parent, "run", "--config", home / "allears.toml", "--json"
    )
    run = Run(cost, json.loads(cost.output))
    if run.report["problems"]:
        sys.exit(f"the run has problems: {'; '.join(run.report['problems'])}")
    note(f"{home.name}: {run.new:,} new in {cost.wall_s:.0f} s")
    return run


def _python(code: str, folder: Path, *arguments: str | Path) -> Cost:
    env = {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120"}
    return measure([sys.executable, "-c", code, *arguments], cwd=HERE.parent, env=env)


@contextmanager
def _town(home: Path, size: int) -> Iterator[None]:
    """Serve a town from a process of its own while the context lasts; its configuration is in `home`."""
    command = [sys.executable, "-m", "demo", "--mentions", str(size), "--seed", str(SEED)]
    command += ["--write-config", str(home / "allears.toml")]
    with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as town:
        try:
            if not town.stdout or not town.stdout.readline():  # it says its address when it can be asked
                sys.exit("the town did not start")
            yield
        finally:
            town.terminate()


def _peer_sizes(sizes: Sequence[int], cap: int) -> list[int]:
    """Return the towns that obsei gets: those up to `cap`, and of the larger ones the smallest."""
    larger = sorted(size for size in sizes if size > cap)
    return [size for size in sizes if size <= cap] + ([] if cap in sizes else larger[:1])


def _peer(folder: Path, size: int, cap: int) -> Iterator[list[object]]:
    home = folder / f"peer-{size}"
    home.mkdir()
    shutil.copyfile(HERE / "peer.yaml", home / "obsei.yaml")
    with duckdb.connect(folder / str(size) / "mart.duckdb", read_only=True) as db:
        db.execute("SET VARIABLE cap = ?", [cap])
        db.execute(f"COPY ({(HERE / 'peer_texts.sql').read_text()}) TO '{home / 'town.jsonl'}' (FORMAT JSON)")
    for run in ("first", "nothing new"):
        cost = measure([peer_python().with_name("obsei"), "run"], cwd=home, env=PEER_ENV)
        stored = int(cost.output.partition("stored ")[2].partition(",")[0])
        note(f"obsei, {size:,}: {stored:,} new in {cost.wall_s:.0f} s")
        yield [f"newest {min(size, cap):,} of the town of {size:,}, {run}", stored, *cost[:3]]


if __name__ == "__main__":
    main()
