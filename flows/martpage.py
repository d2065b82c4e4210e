"""The page docs/mart.md: the public contract in full, made from the comments in the mart itself."""

from itertools import groupby
from operator import itemgetter
from pathlib import Path

from flows import show
from warehouse.mart import Answer, ask, describe, describe_macros
from warehouse.migrate import HERE
from warehouse.publish import MART_VERSION

INTRODUCTION = """\
# The mart

Every table, view and column that `mart.duckdb` holds, in version {version} of the contract. `allears schema` prints the
same, and so do the comments in the file. This page is made by `allears schema --markdown`.

Within a version, tables, views and columns are added, and none goes or changes its name, type or meaning: a query that
runs today runs after every update. What breaks one raises the version, which `SELECT value FROM about WHERE name =
'mart_version'` tells, and CHANGELOG.md says what to write instead. Do not rely on the order of columns: a `SELECT *`
gains some. Times are TIMESTAMP in UTC; a day is a day in UTC. Tables of your own are in the schema `own`, and how tools
open the file is in [bi.md](bi.md).
"""
METRICS = """
## Metrics

What numbers mean, written once: views, questions and alerts use these macros, and your queries can too.
"""


def mart_page() -> str:
    """Return the page docs/mart.md."""
    described = [(row[:2], row) for row in describe().rows]
    tables = [(kind, name, [row for _, row in rows]) for (kind, name), rows in groupby(described, itemgetter(0))]
    index = [[f"[{name}](#{name})", kind, rows[0][5]] for kind, name, rows in tables]
    lines = [INTRODUCTION.format(version=MART_VERSION), *show.markdown_lines(("name", "kind", "what it holds"), index)]
    for kind, name, rows in tables:
        lines += [f"\n## {name}\n", f"The {kind} {name}. {rows[0][5]}\n"]
        lines += show.markdown_lines(("column", "type", "meaning"), [[f"`{r[2]}`", r[3], r[4]] for r in rows])
    macros = [[f"`{name}({', '.join(parameters)})`", comment] for name, parameters, comment in describe_macros().rows]
    if macros:
        lines += [METRICS, *show.markdown_lines(("metric", "meaning"), macros)]
    return "\n".join(lines) + "\n"


def known_columns(mart: Path | None) -> Answer:
    """Return what `describe` does, and the user's own tables where a `mart` has been published."""
    answer = describe()
    if mart is None or not mart.exists():
        return answer
    own = ask(mart, (HERE / "questions" / "describe.sql").read_text()).rows
    return answer._replace(rows=answer.rows + [row for row in own if row[1].startswith("own.")])
