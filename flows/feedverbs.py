"""The verbs that are about feeds: which sources there are, writing a feed down, finding one, collecting its history."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from connectors.web.settings import DEFAULTS
from flows import show
from flows.config import Config, ConfigError, load_config
from flows.options import HERE, ConfigOption, JsonOption, quiet
from flows.week import tell_run

if TYPE_CHECKING:
    from flows.backfill import Plan
    from flows.collect import Span


def sources(
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/sources.md.")] = False,
    json: JsonOption = False,
) -> None:
    """List every source: the key it needs, its cost, history and rate, what it fills, and the options of its feeds."""
    from flows.sources import cards, print_sources

    if json:
        show.print_json(cards())
    else:
        print_sources(markdown=markdown)


def add(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source; `allears sources` lists them and their options.")],
    config: ConfigOption = HERE,
) -> None:
    """Write a feed into the configuration: allears add appstore --app-id 408709785 --countries us,gb.

    Every option of the source may be given, and --name, --brand and --kind. Lists are written a,b,c; a secret is given
    as env:NAME, the name of the environment variable that holds it.
    """
    from flows.sources import add_feed

    written = add_feed(config, source, context.args)
    show.out.print(f"{written}\n\nwritten to {config}; `allears check` tries it", markup=False, highlight=False)


def discover(
    brand: Annotated[str, typer.Argument(help="The brand's name as people write it.")],
    site: Annotated[
        str | None, typer.Option(help="The brand's web site, whose feeds and reviews are looked for.")
    ] = None,
    config: ConfigOption = HERE,
    write: Annotated[
        bool, typer.Option("--write", help="Add the feeds that hold something to the configuration.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Look where people speak of a brand: asks every source that needs no key, and shows the feeds worth having."""
    from flows.discover import discover as look
    from flows.sources import append_feed

    quiet()
    settings = load_config(config, secrets=False).http if config.exists() else DEFAULTS
    proposals = look(brand, site, settings=replace(settings, attempts=2))  # a person waits
    if json:
        show.print_json([proposal.as_dict() for proposal in proposals])
    else:
        rows = [[p.source, show.lines(p.options), p.items, p.newest, p.example or p.message] for p in proposals]
        show.print_table(["source", "options", "items", "newest", "example"], rows)
        show.out.print("`allears add SOURCE --option value` writes one of them, --write all that hold something.")
    for proposal in proposals if write else ():
        if proposal.items:
            append_feed(config, {"source": proposal.source, **proposal.options})


def backfill(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")],
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day after the last one.")] = None,
    feed: Annotated[list[str] | None, typer.Option(help="This feed only; may be repeated.")] = None,
    only_missing: Annotated[bool, typer.Option(help="Only feeds that do not reach back so far yet.")] = False,
    only_failed: Annotated[bool, typer.Option(help="Only feeds whose last run or backfill failed.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Show what would be done, and do nothing.")] = False,
    config: ConfigOption = HERE,
    json: JsonOption = False,
) -> None:
    """Collect history, as far back as each source allows: allears backfill --since 2026-01-01.

    The daily walk goes on undisturbed; what is there already counts once. One that was stopped goes on from there
    when the same command is given again.
    """
    from flows.start import run_backfill

    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    checked = load_config(config, secrets=not dry_run)
    span, plans = _plans(checked, since, until, feed or [], missing=only_missing, failed=only_failed)
    due = [plan.feed for plan in plans if plan.is_due]
    if dry_run or not due:
        if json:
            show.print_json([plan.as_dict() for plan in plans])
        else:
            rows = [[plan.feed, plan.step, plan.in_span, plan.oldest, plan.history] for plan in plans]
            show.print_table(["feed", "step", "mentions there", "oldest", "how far its source lets anyone read"], rows)
        return
    tell_run(run_backfill(checked, span, due), json=json)


def _plans(
    config: Config, since: datetime, until: datetime | None, names: list[str], *, missing: bool, failed: bool
) -> tuple["Span", list["Plan"]]:
    from flows.backfill import plan_backfill
    from flows.collect import Span
    from flows.desk import feeds_called

    span = Span(since.replace(tzinfo=UTC), until.replace(tzinfo=UTC) if until else None)
    now = datetime.now(UTC)
    if span.since >= (span.until or now):
        raise ConfigError(f"--since {since:%Y-%m-%d} is not before {span.until or now:%Y-%m-%d}")
    return span, plan_backfill(config, feeds_called(config, names), span, now, missing=missing, failed=failed)
