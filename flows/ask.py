"""How the answers to questions look in a terminal, and the page that lists the questions."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from rich.markup import escape

from flows import show
from warehouse.questions import Parameter, Question, Told, Value, all_questions

INTRODUCTION = """\
# Questions

What can be asked with `allears ask`. `allears ask 07 --brand "Harbor Coffee" --since 30d` answers number 07;
`--set name=value` gives any other parameter, `--csv`, `--json`, `--chart` and `--chart-file trend.svg` say how the
answer looks, and `--help-question` shows the SQL. This page is made by `allears ask --markdown` from the files in
`warehouse/questions`.

Brands are names, with commas between several, or `own`, `competitors`, `all`; `own` is all brands where none is ours. A
day is a date, `newest` (the newest day that was over when the mart was published), or a time such as `30d` or `12w`: of
`since` it is so many days up to `until`, of any other so long before the newest. Days are UTC.

`x_low` and `x_high` are the ends of the 95 % interval of `x`: the true value lies outside in five of a hundred cases. A
difference whose interval holds zero is within chance.
"""
PERCENT = ("share", "growth")  # how columns end that are shown in per cent


def print_questions() -> None:
    """Print number, name and question of all."""
    show.print_table(["", "question", "answers"], [[q.number, q.name, q.answers] for q in all_questions()])
    show.out.print('One of them: allears ask 07 --brand "Harbor Coffee" --since 30d', markup=False)


def print_question(question: Question) -> None:
    """Print what a question answers and takes, and its SQL."""
    show.out.print(f"{question.number} {question.name}: {question.title}", style="bold", markup=False)
    show.out.print(f"{question.answers}\n{question.notes}", markup=False, highlight=False)
    show.print_table(["parameter", "takes", "default", "what it means"], list(map(_parameter_row, question.parameters)))
    show.out.print(_select(question), markup=False, highlight=False)


def print_answer(question: Question, told: Told) -> None:
    """Print the answer as a table, each number with its interval in one cell, under what it was asked with."""
    print_asked(question, told.values)
    if not told.answer.rows:
        show.out.print(_why_nothing(told.values), markup=False)
        return
    columns, rows = folded(told.answer.columns, told.answer.rows)
    show.print_table(columns, rows)


def print_asked(question: Question, values: Mapping[str, Value]) -> None:
    """Print the title and the values that the answer is for."""
    asked = " · ".join(f"{name} = {_told(value)}" for name, value in values.items())
    head = f"[bold]{escape(question.title)}[/bold]  [dim]{escape(asked)}[/dim]"
    show.out.print(head, highlight=False, soft_wrap=True)


def folded(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[list[str], list[list[Any]]]:
    """Return columns and rows with x, x_low and x_high in one cell, and lists with a line for each item."""
    places = {column: place for place, column in enumerate(columns)}
    has_ends = {column for column in columns if {f"{column}_low", f"{column}_high"} <= places.keys()}
    ends = {f"{column}_{end}" for column in has_ends for end in ("low", "high")}
    kept = [column for column in columns if column not in ends]

    def cell(column: str, row: Sequence[Any]) -> Any:
        value = row[places[column]]
        if column in has_ends:
            return with_interval(column, value, row[places[f"{column}_low"]], row[places[f"{column}_high"]])
        return _listed(value) if isinstance(value, list) else value

    return kept, [[cell(column, row) for column in kept] for row in rows]


def with_interval(column: str, value: Any, low: Any, high: Any) -> str | None:
    """Return `value (low to high)` as a person reads it: shares and growth in per cent, an unknown end as ?."""
    if low is None and high is None:
        return None if value is None else _number(column, value)
    return f"{_number(column, value)} ({_number(column, low)} to {_number(column, high)})"


def _listed(values: Sequence[Any]) -> str:
    texts = [str(value) for value in values]
    return "\n".join(f"• {text}" for text in texts) if any(" " in text for text in texts) else "\n".join(texts)


def questions_page() -> str:
    """Return the page docs/questions.md."""
    rows = [[f"[{q.number}](#{q.number}-{q.name})", q.name, q.answers] for q in all_questions()]
    lines = [INTRODUCTION, *show.markdown_lines(["", "question", "answers"], rows)]
    return "\n".join([*lines, *(line for question in all_questions() for line in _section(question))]) + "\n"


def _section(question: Question) -> Iterator[str]:
    yield f"\n## {question.number} {question.name}\n\n**{question.title}.** {question.answers}\n"
    if question.notes:
        yield f"{question.notes}\n"
    yield from show.markdown_lines(
        ["parameter", "takes", "default", "what it means"], list(map(_parameter_row, question.parameters))
    )
    chart = question.chart
    over = f"`{chart.value}` by `{chart.x}` and `{chart.y}`" if chart.value else f"`{chart.y}` by `{chart.x}`"
    series = f", for each `{chart.by}`" if chart.by else ""
    yield f"\nChart: {over}{series}. SQL: [{question.number}_{question.name}.sql]({_link(question)})"


def _link(question: Question) -> str:
    return f"../warehouse/questions/{question.number}_{question.name}.sql"


def _parameter_row(parameter: Parameter) -> list[str]:
    return [parameter.name, parameter.kind.replace("|", " or "), parameter.default, parameter.meaning]


def _select(question: Question) -> str:
    lines = question.sql.splitlines()
    return "\n".join(lines[next(place for place, line in enumerate(lines) if not line.startswith("--")) :]).strip()


def _told(value: Value) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "any" if value is None else str(value)


def _why_nothing(values: Mapping[str, Value]) -> str:
    if values.get("brand") == []:
        return "Nothing: the mart holds no brand. Add [[brands]] to allears.toml, then: allears run"
    since, until = values.get("since"), values.get("until")
    days = f" from {since} to {until}" if isinstance(since, date) and isinstance(until, date) else ""
    return f"Nothing{days}: no mention of these brands answers this. A longer time: --since 90d"


def _number(column: str, value: Any) -> str:
    if value is None:
        return "?"
    if column.endswith(PERCENT):
        return f"{value:.0%}"
    return show.cell_text(round(value, 2) if isinstance(value, float) else value)
