"""How the last runs went and how each feed is."""

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from flows import show
from flows.config import Config
from flows.desk import need_warehouse
from nlp.multilingual import EXTRA, extra_languages, is_installed
from warehouse.mart import Answer, ask
from warehouse.store import look_up

MOST_LANGUAGES = 12
RUNS = """
    SELECT run_id, started_at, ended_at, state, message FROM ops.runs ORDER BY started_at DESC LIMIT 5
"""
FEEDS = """
    SELECT
        feed, status, last_success_at, last_new_at, mentions, mentions_7d,
        round(usual_7d, 1) AS usual_7d, pages, requests, bytes, quota_left, rejects, reason
    FROM freshness
    ORDER BY status = 'ok', feed
"""
READINGS = """
    SELECT reading, language, count(*) AS mentions FROM mentions GROUP BY ALL ORDER BY mentions DESC LIMIT 12
"""
UNSUPPORTED = """
    SELECT language, count(*) AS mentions FROM mentions WHERE reading = 'unsupported'
    GROUP BY ALL ORDER BY mentions DESC, language
"""
WAITING = """
    SELECT key, title, raised_at, attempts, last_error FROM alerts WHERE delivered_at IS NULL ORDER BY raised_at
"""


ALWAYS = {"feeds": FEEDS, "readings": READINGS, "unsupported": UNSUPPORTED, "waiting_alerts": WAITING}


def status_of(config: Config) -> dict[str, Any]:
    """Return runs, feeds, readings by language and undelivered alerts; while a run is writing, of the last mart."""
    try:
        store = need_warehouse(config)
        queries = {"runs": RUNS} | ALWAYS
        state: dict[str, Any] = {"running": False, "retention": config.retention}
        return state | {name: look_up(store, sql).records() for name, sql in queries.items()}
    except duckdb.IOException:
        state = {"running": True, "retention": config.retention, "runs": []}
        return state | {name: ask(config.mart, sql).records() for name, sql in ALWAYS.items()}


def print_status(known: dict[str, Any]) -> None:
    """Print what `status_of` returns."""
    if known["running"]:
        show.out.print("A run is writing at this moment; this is how things stood when the last one ended.")
    titles = {"runs": "Runs", "feeds": "Feeds", "readings": "Readings", "waiting_alerts": "Alerts not yet delivered"}
    for name, title in titles.items():
        if known[name]:
            columns = list(known[name][0])
            answer = Answer(columns, [tuple(record.values()) for record in known[name]])
            show.print_table(answer.columns, answer.rows, title)
    if limits := known.get("retention"):
        told = ", ".join(f"{kind} {days} days" for kind, days in limits.items())
        show.out.print(f"Kept for as long as [retention] says: {told}; others for ever", markup=False, highlight=False)
    for line in _unsupported(known["unsupported"]):
        show.out.print(line, markup=False, highlight=False, soft_wrap=True)


def _unsupported(counted: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield how much is in languages that were not read, and what would read it."""
    if not counted:
        return
    yield f"Mentions in languages that no model here was trained on: {_total(counted)} ({_listed(counted)})"
    known = [row for row in counted if row["language"] in extra_languages()]
    if known:
        first = "" if is_installed() else f"{EXTRA}, then "
        yield f"{_total(known)} of them can be read: {first}allears reread"


def _total(counted: Sequence[dict[str, Any]]) -> str:
    return f"{sum(row['mentions'] for row in counted):,}"


def _listed(counted: Sequence[dict[str, Any]]) -> str:
    shown = [f"{row['language'] or 'unknown'} {row['mentions']:,}" for row in counted[:MOST_LANGUAGES]]
    return ", ".join(shown) + (" …" if len(counted) > MOST_LANGUAGES else "")
