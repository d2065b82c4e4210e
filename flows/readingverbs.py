"""The verbs that are about readings: reading history again, and correcting what was read."""

import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows import show
from flows.config import Config, ConfigError, load_config
from flows.options import HERE, ConfigOption, JsonOption

if TYPE_CHECKING:
    from flows.reread import Reread, Rest
    from warehouse.readings import Plan


def reread(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what was posted on this day or later.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Read with this model, named as in \\[models], and not with the one named there.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what the same model has read.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Show what would be read again, and read nothing.")] = False,
    on: Annotated[
        str,
        typer.Option(
            metavar="PLACE",
            help="Where models work: here; ray, its processes here; ray://head:10001, a cluster.",
        ),
    ] = "here",
    workers: Annotated[
        int | None, typer.Option(min=1, help="With --on ray: how many processes, by default one for each core.")
    ] = None,
    config: ConfigOption = HERE,
    json: JsonOption = False,
) -> None:
    """Read history again with the configured models, where other models had read it, and then switch at once.

    Until all is read nothing changes for anybody. One that was stopped goes on from there when it is given again.
    People's corrections stay. docs/scale.md says how a cluster shares the work.
    """
    from flows.evaluate import with_model
    from flows.heavy import reads_on

    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")  # what is wrong is said once, at the end
    checked = with_model(load_config(config, secrets=False), model)
    day, read = since.date() if since else None, reads_on(on, workers)
    _read_again(checked, day, read, everything=everything, dry_run=dry_run, json=json)


def _read_again(
    config: Config, day: date | None, read: Callable[["Rest"], None], *, everything: bool, dry_run: bool, json: bool
) -> None:
    from flows.desk import need_warehouse, open_desk, open_warehouse
    from flows.read import reader_of
    from flows.reread import plan_rereading
    from flows.reread import reread as read_again

    need_warehouse(config)
    reader = reader_of(config)
    if dry_run:
        with open_warehouse(config) as warehouse:
            _print_plan(plan_rereading(warehouse, reader, day, everything=everything), json=json)
    else:
        with open_desk(config) as desk:
            done = read_again(desk, reader, day, everything=everything, read=read)
        _print_reread(done, json=json)


def _print_plan(plan: "Plan", *, json: bool) -> None:
    if json:
        show.print_json(plan._asdict())
    else:
        show.print_table(["read by", "mentions"], plan.models)
        show.out.print(f"{plan.due} mentions would be read again; of these, {plan.staged} have been, the last time")


def _print_reread(done: "Reread", *, json: bool) -> None:
    if json:
        show.print_json(done.as_dict())
        return
    if done.changed:
        show.print_table(["was", "is", "mentions"], done.changed)
    total, changed = (sum(c.mentions for c in some) for some in (done.changes, done.changed))
    show.out.print(f"{total} mentions read again, {changed} have another label. Published {done.mart}", soft_wrap=True)


def correct(
    mention: Annotated[str | None, typer.Argument(help="The mention_id of a mention, or its link.")] = None,
    sentiment: Annotated[str | None, typer.Option(help="negative, neutral or positive.")] = None,
    note: Annotated[str | None, typer.Option(help="Why, for those who come after.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A CSV file or spreadsheet: mention (id or link), sentiment, perhaps note.")
    ] = None,
    undo: Annotated[str | None, typer.Option(metavar="MENTION", help="Take a correction back.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the corrections, the newest first.")] = False,
    config: ConfigOption = HERE,
    json: JsonOption = False,
) -> None:
    """Set the sentiment of a mention that was read wrongly: allears correct https://… --sentiment negative.

    It is shown at once, kept for ever, and no model overwrites it; when the text of the mention changes, the model's
    reading of the new text is shown. A file is kept as a whole or, when a row is wrong, not at all.
    """
    from flows import correct as corrections
    from warehouse.corrections import Correction

    if [mention, file, undo, listed or None].count(None) != 3 or (mention is None) != (sentiment is None):
        raise ConfigError("correct takes MENTION with --sentiment, or --file, or --undo MENTION, or --list")
    checked = load_config(config, secrets=False)
    if listed:
        _print_corrections(corrections.listed(checked), json=json)
        return
    if undo:
        done = corrections.undo(checked, undo)
    else:
        given = (
            corrections.corrections_in(file) if file else [Correction("MENTION", mention or "", sentiment or "", note)]
        )
        done = corrections.correct(checked, given)
    if json:
        show.print_json(done._asdict())
    else:
        what = "taken back" if undo else "kept"
        show.out.print(f"Corrections {what}: {done.corrections}. Published {done.mart}", soft_wrap=True)


def _print_corrections(records: list[dict[str, object]], *, json: bool) -> None:
    if json:
        show.print_json(records)
    else:
        columns = ["mention", "sentiment", "corrected", "note", "shown", "source", "link", "text"]
        show.print_table(columns, [list(record.values()) for record in records])
