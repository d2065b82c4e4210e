"""The verb that answers the questions marketers ask."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows import show
from flows.config import ConfigError, load_config
from flows.desk import lake_of
from flows.options import HERE, ConfigOption, JsonOption, LakeOption
from warehouse.questions import Question, Told, answer, question_called


def ask(  # noqa: PLR0913, PLR0917  one for each option
    question: Annotated[
        str | None, typer.Argument(help="Number or name, such as 07 or rising_topics. Without one, all are listed.")
    ] = None,
    brand: Annotated[
        list[str] | None, typer.Option(help="A brand, or own, competitors, all; may be repeated. Default: own.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="The first day: 2026-11-01, or 30d or 12w up to --until.")] = None,
    until: Annotated[str | None, typer.Option(help="The last day; by default the newest that was over.")] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Another parameter; may be repeated.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    json: JsonOption = False,
    chart: Annotated[bool, typer.Option("--chart", help="Draw a chart here.")] = False,
    chart_file: Annotated[Path | None, typer.Option(help="Draw a chart into this .svg or .png.")] = None,
    help_question: Annotated[
        bool, typer.Option("--help-question", help="Show what the question takes, and its SQL.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/questions.md.")] = False,
    lake: LakeOption = False,
    config: ConfigOption = HERE,
) -> None:
    """Answer a question that marketers ask: allears ask 07 --brand "Harbor Coffee" --since 30d.

    It is asked of the published mart. Every share and mean comes with its 95 % interval; what is within chance is
    called so.
    """
    from flows.ask import print_question, print_questions, questions_page

    if markdown:
        sys.stdout.write(questions_page())
    elif question is None:
        print_questions()
    elif help_question:
        print_question(question_called(question))
    else:
        called = question_called(question)
        options = {"brand": brand, "since": since, "until": until}
        asked = {name: value for name, value in options.items() if value} | pairs(given or [])
        checked = load_config(config, secrets=False)
        told = answer(lake_of(checked) if lake else checked.mart, called, asked)
        _print(called, told, csv=csv, json=json, chart=chart, file=chart_file)


def _print(question: Question, told: Told, *, csv: bool, json: bool, chart: bool, file: Path | None) -> None:
    from flows.ask import print_answer, print_asked
    from flows.chart import chart_file, terminal_chart

    if file:
        chart_file(question, told.answer, file)
    if json:
        head = {"question": question.number, "name": question.name, "title": question.title}
        show.print_json(head | {"parameters": told.values, "rows": told.answer.records()})
    elif csv:
        show.print_csv(told.answer.columns, told.answer.rows)
    elif chart and told.answer.rows:
        print_asked(question, told.values)
        for drawn in terminal_chart(question, told.answer):
            show.out.print(drawn)
    elif file:
        show.out.print(f"Wrote {file}", markup=False, soft_wrap=True)
    else:
        print_answer(question, told)


def pairs(given: list[str]) -> dict[str, str]:
    """Return what --set gave, NAME=VALUE, by name."""
    parted = [pair.partition("=") for pair in given]
    for name, equals, _ in parted:
        if not equals:
            raise ConfigError(f"--set {name}: write a name and a value, such as --set top=5")
    return {name.strip(): value.strip() for name, _, value in parted}
