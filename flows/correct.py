"""Keeps what people say of single mentions, shows it, and publishes it, at once."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from connectors.formats.table import Row, open_table
from connectors.formats.textfile import Unreadable
from flows.config import Config, ConfigError
from flows.desk import need_warehouse, open_warehouse, publish_copy
from warehouse import corrections
from warehouse.corrections import Correction
from warehouse.mart import ask
from warehouse.warehouse import Warehouse

SENTIMENTS = ("negative", "neutral", "positive")
LAST_RUN = "SELECT run_id FROM ops.runs ORDER BY started_at DESC LIMIT 1"
LIST = """
    SELECT
        c.mention_id, c.sentiment, c.corrected_at, c.note, c.text_hash IS NOT DISTINCT FROM m.text_hash AS shown,
        m.source, m.url, left(m.text, 100) AS text
    FROM corrections AS c
    LEFT JOIN mentions AS m ON m.mention_id = c.mention_id
    ORDER BY c.corrected_at DESC, c.mention_id
"""


class Done(NamedTuple):
    """How many corrections were made or taken back, and the copy that shows it."""

    corrections: int
    mart: str


def correct(config: Config, given: Sequence[Correction]) -> Done:
    """Keep `given`, all or none of them, and publish. Raises ConfigError that tells every one that cannot be kept."""
    wrong = [(one.place, fault) for one in given if (fault := _label_fault(one))]

    def keep(warehouse: Warehouse) -> int:
        _refuse([*wrong, *corrections.faults(warehouse, given)], given)
        corrections.correct(warehouse, given, datetime.now(UTC))
        return len(given)

    return _change(config, keep)


def undo(config: Config, mention: str) -> Done:
    """Show again what the model says of `mention`, an id or a link, and publish."""

    def take_back(warehouse: Warehouse) -> int:
        count = corrections.undo(warehouse, mention)
        if not count:
            raise ConfigError(f"--undo {mention}: no correction is of that id or link; --list shows them")
        return count

    return _change(config, take_back)


def corrections_in(file: Path) -> list[Correction]:
    """Return the corrections in a CSV file or a spreadsheet with the columns mention, sentiment and perhaps note.

    Raises ConfigError that tells every row that cannot be read; other columns are the reader's own business.
    """
    try:
        table = open_table(file, "")
        missing = {"mention", "sentiment"} - set(table.columns)
        if missing:
            names = " and ".join(sorted(missing))
            raise ConfigError(f"{file}: column {names} is missing; its first line has {', '.join(table.columns)}")
        rows = list(table.rows)
    except (Unreadable, OSError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from None
    given = [_correction(row) for row in rows]
    _refuse([(row.place, row.problem) for row in rows if row.problem], given)
    if not given:
        raise ConfigError(f"{file} has no rows")
    return given


def listed(config: Config) -> list[dict[str, Any]]:
    """Return every correction as the published copy has it; one is shown while its mention has the text it is of."""
    return ask(config.mart, LIST).records()


def _change(config: Config, change: Callable[[Warehouse], int]) -> Done:
    need_warehouse(config)
    with open_warehouse(config) as warehouse:
        count = change(warehouse)
        warehouse.settle(config.brands)
        run_id = next((str(run_id) for (run_id,) in warehouse.rows(LAST_RUN)), "none")
        return Done(count, publish_copy(config, warehouse, run_id))


def _correction(row: Row) -> Correction:
    cells = {name: str(row.cells.get(name) or "").strip() for name in ("mention", "sentiment", "note")}
    return Correction(row.place, cells["mention"], cells["sentiment"].lower(), cells["note"] or None)


def _label_fault(one: Correction) -> str | None:
    return None if one.sentiment in SENTIMENTS else f"{one.sentiment!r} is none of {', '.join(SENTIMENTS)}"


def _refuse(wrong: Sequence[tuple[str, str]], given: Sequence[Correction]) -> None:
    if wrong:
        order = {one.place: number for number, one in enumerate(given)}
        told = [f"  {place}: {fault}" for place, fault in sorted(wrong, key=lambda each: order[each[0]])]
        raise ConfigError("\n".join(["nothing was written:", *told]))
