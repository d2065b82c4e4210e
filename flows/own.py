"""The user's own tables: copied into the mart by each run, looked at by `allears check`."""

from flows import show
from flows.config import Config
from flows.desk import Desk
from warehouse.own import OwnTableError, bring_tables, try_table


def bring_own_tables(desk: Desk) -> None:
    """Copy the configured files; one that cannot be read is a problem of the run, and its last copy stays."""
    with desk.timed("own_tables"):
        desk.report.problems += bring_tables(desk.warehouse, desk.config.own_tables)


def check_own_tables(config: Config, *, shown: bool) -> list[str]:
    """Read every configured file and return what is wrong, in words; where `shown`, print what is in them."""
    rows, problems = [], []
    for table in config.own_tables:
        try:
            count, columns, odd = try_table(table)
        except OwnTableError as error:
            problems.append(str(error))
            continue
        held = ", ".join(f"{name} {kind}" for name, kind in columns)
        rows.append([f"own.{table.name}", table.file.name, count, held])
        problems += odd
    if rows and shown:
        show.print_table(["own table", "file", "rows", "columns"], rows)
    return problems
