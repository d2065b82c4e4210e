"""How often freshness takes a healthy feed for a silent or a jumping one, and how soon it notices a silent one."""

import argparse
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from bench.machine import note, print_machine, print_table
from warehouse.tables import utc
from warehouse.warehouse import Warehouse

START = datetime(2026, 1, 1, tzinfo=UTC)
LEARNING, WATCHED, SILENT = 90, 120, 120  # days before the first judgement, of a healthy life, and after the feed died
RATES = (0.3, 1.0, 3.0, 10.0, 50.0)  # mentions a day
BURST = 0.5  # shape of the gamma-Poisson: news come in waves, with a variance of mean + 2 mean²
INSERT = """
    INSERT INTO mentions BY NAME
    SELECT
        hash(feed, ?, k)::UBIGINT AS mention_id, hash(feed, ?, k)::VARCHAR AS native_id, 'bench' AS source, feed,
        'forum' AS kind,
        'x' AS text, ?::DATE::TIMESTAMP AS posted_at, TRUE AS posted_at_known, ?::DATE AS day, 'empty' AS reading,
        0 AS story_id, ?::DATE::TIMESTAMP AS first_seen_at, 0 AS text_hash, 0 AS item_hash
    FROM (SELECT unnest(?::VARCHAR[]) AS feed, unnest(?::BIGINT[]) AS n), range(n) AS r(k)
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Simulate feeds of several rates and rhythms for a year and judge them every day with load/freshen.sql itself."""
    parser = argparse.ArgumentParser("python -m bench.silence", description=__doc__)
    parser.add_argument("--feeds", type=int, default=200, help="feeds of each kind")
    per_kind = parser.parse_args(argv).feeds
    print_machine("duckdb", "numpy")
    kinds = [(rate, rhythm) for rate in RATES for rhythm in ("every day alike", "weekdays only", "in waves")]
    names = [f"{rate:g} a day, {rhythm}" for rate, rhythm in kinds]
    feeds = [f"{name}/{n}" for name in names for n in range(per_kind)]
    dice = np.random.default_rng(11)
    states: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder, Warehouse(Path(folder, "w.duckdb"), START) as warehouse:
        for number in range(LEARNING + WATCHED + SILENT):
            day = START + timedelta(days=number)
            if number < LEARNING + WATCHED:
                counts = [int(c) for kind in kinds for c in _counts(dice, *kind, day, per_kind)]
                warehouse.write(INSERT, [number, number, day.date(), day.date(), day.date(), feeds, counts])
            if number >= LEARNING:
                states.append(_judged(warehouse, feeds, day))
            if number % 50 == 0:
                note(f"day {number}")
    rows = [_row(name, [_of(state, index, per_kind) for state in states]) for index, name in enumerate(names)]
    columns = ("feed", "days with a false alarm", "false alarms a feed and year", "days until noticed, median", "90 %")
    print_table(f"{per_kind} feeds of each kind, {WATCHED} healthy days, then silence", columns, rows)


def _counts(dice: np.random.Generator, rate: float, rhythm: str, day: datetime, feeds: int) -> Sequence[int]:
    if rhythm == "weekdays only":
        return list(dice.poisson(rate * 7 / 5 if day.weekday() < 5 else 0, feeds))
    if rhythm == "in waves":
        return list(dice.poisson(dice.gamma(BURST, rate / BURST, feeds)))
    return list(dice.poisson(rate, feeds))


def _judged(warehouse: Warehouse, feeds: Sequence[str], day: datetime) -> list[str]:
    """Return "ok", or why the feed is suspect, of each feed as a run on that day's evening would say it."""
    warehouse.write("DELETE FROM ops.feed_runs")
    run = "SELECT unnest(?::VARCHAR[]) AS feed, ? AS started_at, 'ok' AS status, '' AS span"
    warehouse.write(f"INSERT INTO ops.feed_runs BY NAME {run}", [list(feeds), utc(day)])
    warehouse.freshen([(feed, "bench") for feed in feeds], day)
    known = dict(warehouse.rows("SELECT feed, status FROM freshness"))
    return [known[feed] for feed in feeds]


def _of(state: Sequence[str], index: int, per_kind: int) -> list[bool]:
    return [status == "suspect" for status in state[index * per_kind : (index + 1) * per_kind]]


def _row(name: str, states: Sequence[Sequence[bool]]) -> list[object]:
    flags = np.array(states)
    healthy, silent = flags[:WATCHED], flags[WATCHED:]
    begun = healthy[1:] & ~healthy[:-1]
    noticed = np.where(silent.any(axis=0), silent.argmax(axis=0) + 1, SILENT)
    a_year = float(begun.sum()) / healthy.shape[1] / WATCHED * 365
    return [name, f"{healthy.mean():.2%}", a_year, float(np.median(noticed)), float(np.quantile(noticed, 0.9))]


if __name__ == "__main__":
    main()
