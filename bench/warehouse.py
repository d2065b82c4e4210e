"""What ten million mentions cost: a day's load, each question, a word search and a publish, and how that grows."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles

import duckdb

from bench.machine import measure, note, print_machine, print_table
from connectors.mention import Mention
from flows.sections import LAND_ROWS
from warehouse.brands import Brand
from warehouse.mart import ask as ask_sql
from warehouse.publish import publish
from warehouse.questions import all_questions, answer
from warehouse.warehouse import Batch, Walk, Warehouse

HERE = Path(__file__).parent
SIZES = (1_000_000, 10_000_000)
DAYS, BATCH, ROUNDS = 700, 100_000, 20
LAID_AT_ONCE = 500_000  # mentions, so that laying needs no more memory than a run
BRANDS = [Brand(f"brand{n}", n > 0, f'"brand{n}"') for n in range(8)]
Figures = dict[str, float]
WALK = Walk("forum-1", "forum", "forum", "bench")
PLAIN = {  # asked of the tables as they are
    "words in the last 30 days": "word_search.sql",
    "share of voice by week, 12 weeks, without roll-ups": "raw_voice.sql",
    "net sentiment by week, all of history, without roll-ups": "raw_sentiment.sql",
}


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables, a column for each size, so that the slope from the first to the last is seen."""
    parser = argparse.ArgumentParser("python -m bench.warehouse", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="mentions that the warehouse holds before")
    parser.add_argument("--batch", type=int, default=BATCH, help="mentions of the day, half of them seen before")
    parser.add_argument("--dir", type=Path, help="where the files go: 4 GB at ten million")
    options = parser.parse_args(argv)
    print_machine("duckdb", "pyarrow")
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        told = [_measured(Path(folder, f"{size}"), size, options.batch) for size in options.sizes]
    columns = [f"{size:,}" for size in options.sizes]
    for title in told[0]:
        print_table(title, ["what", *columns], [[name, *(one[title][name] for one in told)] for name in told[0][title]])


def _measured(folder: Path, size: int, batch: int) -> dict[str, Figures]:
    folder.mkdir()
    file = folder / "warehouse.duckdb"
    lay(file, size, batch)
    before_mb = file.stat().st_size / 1e6
    note(f"{size:,}: laid, {before_mb:.0f} MB")
    loaded = _step("load", file, batch)
    sizes = {"file MB before": before_mb, "grown by, MB": file.stat().st_size / 1e6 - before_mb}
    note(f"{size:,}: loaded")
    published = _step("publish_copy", file, batch)
    note(f"{size:,}: published")
    asked = _step("ask", file, batch)
    shutil.rmtree(folder)
    return {
        f"Loading {batch:,} mentions, half seen before": loaded | sizes,
        "Publishing": published,
        f"Answers, each from a mart opened anew, {ROUNDS} times": asked,
    }


def _step(name: str, file: Path, batch: int) -> Figures:
    cost = measure([sys.executable, "-m", "bench.warehouse", "step", name, file, str(batch)], cwd=HERE.parent)
    told: Figures = json.loads(cost.output)
    return told | {"peak MB": cost.peak_mb}


def lay(file: Path, size: int, batch: int) -> None:
    """Make a warehouse of `size` mentions over DAYS days; half a batch of them is landed as a run lands."""
    with Warehouse(file, datetime.now(UTC)) as warehouse:
        warehouse.settle(BRANDS)  # signs the brands, so that history is not matched again
    variables = {"last_day": _last_day(), "per_day": size // DAYS, "end_of_all": size}
    with duckdb.connect(file) as db:
        db.execute("INSERT INTO topics SELECT n, 'topic ' || n, ['word'], now() FROM range(201) AS t (n)")
    for first in range(0, size, LAID_AT_ONCE):
        with duckdb.connect(file) as db:
            for name, value in {**variables, "first": first, "stop": min(size, first + LAID_AT_ONCE)}.items():
                db.execute(f"SET VARIABLE {name} = ?", [value])
            db.execute((HERE / "volume.sql").read_text())
            db.execute((HERE.parent / "warehouse" / "load" / "roll_up.sql").read_text())
    with duckdb.connect(file) as db:
        db.execute("DELETE FROM ops.rolled")  # as if it had been published day by day
    land(file, _mentions(batch // 2, edited=False))


def _last_day() -> date:
    return datetime.now(UTC).date() - timedelta(1)


def _mentions(count: int, *, start: int = 0, edited: bool) -> list[Mention]:
    """Return mentions of the last two days; when they come again, one in five has been `edited` since."""
    noon = datetime.combine(_last_day(), datetime.min.time(), UTC)
    return [
        Mention(
            source="forum",
            native_id=f"day-{n}",
            text=f"waited half an hour for one latte at brand{n % 8} and it was cold, number {n}"
            + (" edited since" if edited and n % 5 == 0 else ""),
            posted_at=noon + timedelta(seconds=n % 86_400 - 43_200),
            url=f"https://forum.example/{n}",
            author=f"author {n % 40_000}",
            language="en",
        )
        for n in range(start, start + count)
    ]


def land(file: Path, mentions: Sequence[Mention]) -> Figures:
    """Land `mentions` in the pages of a run, settle and checkpoint; returns the seconds of each."""
    pages = [mentions[at : at + LAND_ROWS] for at in range(0, len(mentions), LAND_ROWS)]
    with Warehouse(file, datetime.now(UTC)) as warehouse:
        told: Figures = {}
        _timed(told, "land, s", lambda: [warehouse.land(Batch(p, {}), WALK, datetime.now(UTC)) for p in pages])
        _timed(told, "brands and roll-ups, s", lambda: warehouse.settle(BRANDS))
        _timed(told, "checkpoint, s", warehouse.checkpoint)
    return {"together, s": sum(told.values()), **told}


def load(file: Path, batch: int) -> Figures:
    """Load a batch, half of it seen before."""
    half = batch // 2
    return land(file, _mentions(half, edited=True) + _mentions(half, start=half, edited=False))


def publish_copy(file: Path, _: int) -> Figures:
    """Check and publish."""
    told: Figures = {}
    with Warehouse(file, datetime.now(UTC)) as warehouse:
        _timed(told, "checks, s", warehouse.check)
        _timed(told, "publish, checks included, s", lambda: publish(warehouse, file.parent, _mart(file), {}))
    return told


def ask(file: Path, _: int) -> Figures:
    """Ask every question with its defaults, and the plain ones."""
    told: Figures = {}
    for question in all_questions():
        told |= _often(f"{question.number} {question.name}", partial(answer, _mart(file), question, {}))
    for name, sql in PLAIN.items():
        told |= _often(name, partial(ask_sql, _mart(file), (HERE / sql).read_text()))
    return told


def _often(name: str, work: Callable[[], object]) -> Figures:
    runs: list[float] = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        runs.append(1_000 * (time.perf_counter() - begun))
    return {f"{name}, median ms": median(runs), f"{name}, 95th percentile ms": quantiles(runs, n=20)[-1]}


def _mart(file: Path) -> Path:
    return file.with_name("mart.duckdb")


def _timed(told: Figures, name: str, work: Callable[[], object]) -> None:
    begun = time.perf_counter()
    work()
    told[name] = time.perf_counter() - begun


STEPS: dict[str, Callable[[Path, int], Figures]] = {"load": load, "publish_copy": publish_copy, "ask": ask}

if __name__ == "__main__":
    if sys.argv[1:2] == ["step"]:
        name, file, batch = sys.argv[2:]
        print(json.dumps(STEPS[name](Path(file), int(batch))))
    else:
        main()
