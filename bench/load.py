"""How many mentions a second go into a warehouse that is already large, beside obsei's store, in turns."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import duckdb

from bench.machine import Cost, measure, note, peer_python, print_machine, print_table

HERE = Path(__file__).parent
ROUNDS = 3
EDITED_EVERY = 5  # of the mentions that come again


class Side(NamedTuple):
    """Who is measured: how its steps are started, where its rows are, and how many come again in a round.

    As many are new. `lands_recent`: SQL cannot compute its ids, so it has to land what will come again itself.
    """

    name: str
    command: Sequence[str | Path]
    file: Path
    half: int
    lands_recent: bool

    def run(self, step: str, *paths: Path) -> tuple[Cost, dict[str, float]]:
        """Run one step to its end and return its cost and its answer."""
        cost = measure([*self.command, step, self.file, *paths], cwd=HERE.parent)
        answer: dict[str, float] = json.loads(cost.output)
        return cost, answer

    def file_mb(self) -> float:
        """Return the size of its file."""
        return self.file.stat().st_size / 1e6


class Round(NamedTuple):
    """What one round of one side took."""

    side: str
    turn: int
    mentions: int
    seconds: float
    rate: float
    checkpoint_s: float
    peak_mb: float
    file_mb: float


def main(argv: Sequence[str] | None = None) -> None:
    """Print how fast both sides take batches into a store that holds --held mentions, and check their counts."""
    options = _options(argv)
    held = options.held
    print_machine("duckdb", "pyarrow")
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as db:
        sides = [
            Side("allears", _own_command(), Path(folder, "own.duckdb"), options.batch // 2, True),
            Side("obsei", _peer_command(), Path(folder, "peer.duckdb"), options.peer_batch // 2, False),
        ]
        write_corpus(db, Path(folder, "corpus.parquet"), held + ROUNDS * max(side.half for side in sides))
        for side in sides:
            _fill(db, side, held)
        filled_mb = [side.file_mb() for side in sides]
        rounds = [_land(db, side, held, turn) for turn in range(ROUNDS) for side in sides]
        for side in sides:
            wanted = held + ROUNDS * side.half
            _check(side, side.run("count")[1], {"rows": wanted, "ids": wanted})
    _report(held, sides, filled_mb, rounds)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.load", description=__doc__)
    parser.add_argument("--held", type=int, default=1_000_000, help="mentions that both hold before")
    parser.add_argument("--batch", type=int, default=20_000, help="mentions in a round of ours")
    parser.add_argument("--peer-batch", type=int, default=1_000, help="mentions in a round of obsei's, one call")
    return parser.parse_args(argv)


def _own_command() -> list[str | Path]:
    return [sys.executable, "-m", "bench.own_load"]


def _peer_command() -> list[str | Path]:
    return [peer_python(), HERE / "peer_load.py"]


def write_corpus(db: duckdb.DuckDBPyConnection, file: Path, size: int) -> None:
    """Write `size` mentions to a Parquet file and show them in `db` as the view `corpus`."""
    note(f"writing {size:,} mentions")
    db.execute("SET VARIABLE size = ?", [size])
    db.sql((HERE / "corpus.sql").read_text()).write_parquet(str(file))
    db.read_parquet(str(file)).create_view("corpus")


def _fill(db: duckdb.DuckDBPyConnection, side: Side, held: int) -> None:
    """Make the store; the mentions that will come again are its last ones."""
    recent = ROUNDS * side.half
    corpus, rows = side.file.with_suffix(".parquet"), side.file.with_suffix(".jsonl")
    by_sql = held - recent if side.lands_recent else held
    db.sql("FROM corpus WHERE number < $by_sql", params={"by_sql": by_sql}).write_parquet(str(corpus))
    _write_rows(db, rows, range(0), range(held - recent, held))
    cost, _ = side.run("fill", corpus, rows)
    note(f"{side.name}: filled in {cost.wall_s:.0f} s, {side.file_mb():.0f} MB")


def _land(db: duckdb.DuckDBPyConnection, side: Side, held: int, turn: int) -> Round:
    seen = range(held - (turn + 1) * side.half, held - turn * side.half)
    rows = side.file.with_suffix(".jsonl")
    _write_rows(db, rows, seen, range(held + turn * side.half, held + (turn + 1) * side.half))
    cost, done = side.run("land", rows)
    edited = sum(number % EDITED_EVERY == 0 for number in seen)
    _check(side, done, {"new": side.half, "changed": edited})
    mentions, seconds = 2 * side.half, done["seconds"]
    note(f"{side.name}: round {turn + 1}, {mentions:,} mentions in {seconds:.2f} s")
    rate = mentions / seconds
    return Round(side.name, turn + 1, mentions, seconds, rate, done["checkpoint_s"], cost.peak_mb, side.file_mb())


def _write_rows(db: duckdb.DuckDBPyConnection, file: Path, seen: range, new: range) -> None:
    variables = {"seen_from": seen.start, "seen_to": seen.stop, "new_from": new.start, "new_to": new.stop}
    for name, value in {**variables, "edited_every": EDITED_EVERY}.items():
        db.execute(f"SET VARIABLE {name} = ?", [value])
    db.execute(f"COPY ({(HERE / 'round.sql').read_text()}) TO '{file}' (FORMAT JSON)")


def _check(side: Side, found: dict[str, float], wanted: dict[str, int]) -> None:
    for name, number in wanted.items():
        if found[name] != number:
            sys.exit(f"{side.name}: {name} is {found[name]:,} and must be {number:,}")


def _report(held: int, sides: Sequence[Side], filled_mb: Sequence[float], rounds: Sequence[Round]) -> None:
    columns = ["side", "round", "mentions", "s", "mentions/s", "checkpoint s", "peak MB", "file MB"]
    print_table(f"Landing into a store of {held:,} mentions, round by round", columns, rounds)
    columns = ["side", "median mentions/s", "min", "max", "new rows", "file MB before", "after", "peak MB"]
    print_table("Together", columns, [_summary(*side, rounds) for side in zip(sides, filled_mb, strict=True)])
    ours, theirs = ([r.rate for r in rounds if r.side == side.name] for side in sides)
    ratios = [own / peer for own, peer in zip(ours, theirs, strict=True)]
    print(
        f"allears to obsei, round by round: median {median(ratios):.0f}, {min(ratios):.0f} to {max(ratios):.0f} times"
    )
    print("Counted afterwards: both hold every mention once, and as many changed as were edited.")


def _summary(side: Side, filled_mb: float, rounds: Sequence[Round]) -> list[object]:
    own = [r for r in rounds if r.side == side.name]
    rates = [r.rate for r in own]
    sizes = [ROUNDS * side.half, filled_mb, own[-1].file_mb]
    return [side.name, median(rates), min(rates), max(rates), *sizes, max(r.peak_mb for r in own)]


if __name__ == "__main__":
    main()
