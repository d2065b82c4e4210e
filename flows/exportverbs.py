"""The verb that writes the mart's tables, views and answers to files, and the list of what was written where."""

import json as jsons
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from flows import show
from flows.askverbs import pairs
from flows.config import Config, ConfigError, load_config
from flows.options import HERE, ConfigOption, JsonOption
from flows.progress import bars
from warehouse.export import Format, Wanted, Written, export, target_of
from warehouse.questions import Given, answer, days, question_called

LIST = "exports.jsonl"  # beside the warehouse


def export_verb(  # noqa: PLR0913, PLR0917  one for each option
    what: Annotated[
        str | None, typer.Argument(help="A table or view that `allears schema` lists; own.NAME is one of yours.")
    ] = None,
    question: Annotated[
        str | None, typer.Option(help="Instead of WHAT, a question that `allears ask` lists: 07 or rising_topics.")
    ] = None,
    to: Annotated[
        Path, typer.Option(help="A file that ends in .parquet, .csv or .xlsx, or a folder to put it into.")
    ] = Path("exports"),
    form: Annotated[
        Format | None, typer.Option("--format", help="If --to does not say it by its ending; else parquet.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="The first day: 2026-11-01, or 30d or 12w up to --until.")] = None,
    until: Annotated[str | None, typer.Option(help="The last day: 2026-11-30.")] = None,
    brand: Annotated[list[str] | None, typer.Option(help="Of a question: as `allears ask` takes it.")] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Of a question: another parameter.")
    ] = None,
    config: ConfigOption = HERE,
    json: JsonOption = False,
) -> None:
    """Write a table, a view or an answer to a file: allears export mentions --since 30d --to autumn.xlsx.

    In a folder, Parquet is a file for each month: exports/mentions/month=2026-09/part.parquet. A new export takes the
    place of the old one of that name once it is complete. In CSV and XLSX, a text that a spreadsheet would run as a
    formula has a ' before it, and lists read a, b, c. XLSX has real dates, ids as text, and at most 1,048,575 rows.
    """
    checked = load_config(config, secrets=False)
    if (what is None) == (question is None) or (what and (brand or given)):
        raise ConfigError("export takes WHAT, or --question with --brand and --set")
    if what:
        first, last = days(checked.mart, since, until) if since or until else (None, None)
        wanted = Wanted(what=what, since=first, until=last)
    else:
        options = {"brand": brand, "since": since, "until": until}
        asked = {name: value for name, value in options.items() if value} | pairs(given or [])
        wanted = _answer(checked, question or "", asked)
    written = write_export(checked, wanted, to, form)
    if json:
        show.print_json(written._asdict())
    else:
        show.out.print(_told(wanted, written), markup=False, highlight=False, soft_wrap=True)


def _answer(config: Config, called: str, asked: Given) -> Wanted:
    question = question_called(called)
    told = answer(config.mart, question, asked)
    return Wanted(what=f"{question.number}_{question.name}", sql=question.sql, values=told.values)


def write_export(config: Config, wanted: Wanted, to: Path, form: Format | None) -> Written:
    """Write what is `wanted`, with a bar in a terminal, and note it in the list of exports."""
    target = target_of(wanted.what, to, form)
    with bars(show.err) as shown:
        bar, before = shown.begin(f"export {wanted.what}"), 0

        def told(done: int, rows: int) -> None:
            nonlocal bar, before
            if not before:
                shown.end(bar)
                bar = shown.begin(f"export {wanted.what}", rows)
            shown.advance(bar, done - before)
            before = done

        written = export(config.mart, wanted, target, told)
    _note(config, wanted, written)
    return written


def _note(config: Config, wanted: Wanted, written: Written) -> None:
    """Add a line to the list of exports, by which whoever must be forgotten can be found outside the mart too."""
    entry: dict[str, Any] = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "file": str(written.path.resolve()),
        "what": wanted.what,
        "since": wanted.since and wanted.since.isoformat(),
        "until": wanted.until and wanted.until.isoformat(),
        "rows": written.rows,
    }
    with config.warehouse.with_name(LIST).open("a", encoding="utf-8") as listed:
        listed.write(jsons.dumps(entry, ensure_ascii=False) + "\n")


def _told(wanted: Wanted, written: Written) -> str:
    span = f" since {wanted.since}" if wanted.since else ""
    span += f" until {wanted.until}" if wanted.until else ""
    bytes_ = f"{written.bytes / 1e6:,.1f} MB" if written.bytes >= 1e6 else f"{written.bytes / 1e3:,.0f} kB"
    size = f"{written.rows:,} rows, {bytes_}"
    empty = "" if written.rows else ": there is nothing, so it holds the names of the columns only"
    return f"Wrote {wanted.what}{span} to {written.path} ({size}){empty}"
