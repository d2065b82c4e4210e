"""`allears sql --safe`: the SQL of somebody else, and what is said of its answer."""

from pathlib import Path

from flows import show
from flows.config import ConfigError
from warehouse.mart import Answer, ask
from warehouse.sandbox.ask import DEFAULT, Limits, ask_safely


def answer_sql(
    mart: Path, sql: str, *, safe: bool, timeout_s: float | None, rows: int | None, memory_mb: int | None
) -> Answer:
    """Answer `sql`, shut in if `safe`; what was cut off, or could not be shut off, is said on standard error."""
    if not safe:
        if any(limit is not None for limit in (timeout_s, rows, memory_mb)):
            raise ConfigError(
                "--timeout, --rows and --memory limit a query with --safe only: add it, or take them away"
            )
        return ask(mart, sql)
    limits = Limits(timeout_s or DEFAULT.timeout_s, rows or DEFAULT.rows, memory_mb or DEFAULT.memory_mb)
    answer, cut, exposed = ask_safely(mart, sql, limits=limits)
    notes = list(cut)
    if exposed:
        notes.append(
            f"this machine does not let a query be shut off from {' and '.join(exposed)}: see docs/safe-sql.md"
        )
    for note in notes:
        show.err.print(f"allears: {note}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    return answer
