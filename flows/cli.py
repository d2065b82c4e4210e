"""The command line: one verb, one function."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from connectors.source import Changed, SourceError
from flows import askverbs, exportverbs, feedverbs, peopleverbs, readingverbs, show
from flows.config import ConfigError, load_config
from flows.desk import Busy, lake_of
from flows.labelled import ReadingName
from flows.options import HERE, SOURCE_CHANGED, USER, ConfigOption, JsonOption, LakeOption, exit_for, quiet
from flows.week import tell_run
from nlp.errors import ModelError
from warehouse.migrate import WarehouseError
from warehouse.store import look_up

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@app.callback()
def allears() -> None:
    """Hear what customers say in public, know how they feel, and be told when something needs you.

    Start with `allears demo`; then `allears init`, edit allears.toml, `allears check`, `allears run`.
    Exit codes: 0 done, 1 a bug, 2 something you can mend (the message says how), 3 a source has changed.
    """


@app.command()
def init(config: ConfigOption = HERE) -> None:
    """Write a commented allears.toml to start from; an existing file is left alone."""
    if config.exists():
        raise ConfigError(f"{config} is already there; edit it, or name another with --config")
    config.write_text((Path(__file__).parent / "init.toml").read_text())
    show.out.print(f"Wrote {config}. Edit it, then type: allears check")


@app.command()
def check(config: ConfigOption = HERE, json: JsonOption = False) -> None:
    """Try the configuration: options, credentials, models, own tables, and one page of each feed. Nothing is stored."""
    from flows.check import check_feeds, check_models, check_rules, check_warehouse
    from flows.own import check_own_tables

    quiet()
    checked = load_config(config)
    answers, problems = check_feeds(checked), check_rules(checked) + check_models(checked) + check_warehouse(checked)
    if json:
        show.print_json([answer.as_dict() for answer in answers])
    else:
        show.print_table(
            ["feed", "source", "status", "items", "newest", "message"],
            [[a.feed, a.source, a.status, a.items, a.newest, a.message] for a in answers],
        )
    problems += check_own_tables(checked, shown=not json)
    for problem in problems:
        show.err.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
    exit_for({answer.fault for answer in answers} | ({"refused"} if problems else set()))


@app.command()
def run(
    config: ConfigOption = HERE,
    only: Annotated[list[str] | None, typer.Option(help="Collect this feed only; may be repeated.")] = None,
    alerts: Annotated[bool, typer.Option("--alerts/--no-alerts", help="Run the alert rules and tell Slack.")] = True,
    json: JsonOption = False,
) -> None:
    """Run once: collect every feed, read what is new, update the trends, publish them and tell what needs a person.

    A run that was killed is simply run again: nothing is lost and nothing counts twice.
    """
    from flows.start import run_daily

    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")  # the table below says it all
    tell_run(run_daily(load_config(config), only or [], alerts), json=json)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where the configuration, warehouse and mart go.")] = Path(
        "allears-demo"
    ),
    mentions: Annotated[int, typer.Option(min=300, help="How many mentions the town has.")] = 2_000,
    seed: Annotated[int, typer.Option(help="Another seed makes another town.")] = 7,
) -> None:
    """Run everything once over a small town on this machine, whose 90 days of mentions hold planted events.

    It needs no network, no account and no key. The town is served on loopback only, and only while this runs.
    """
    from flows.demo import run_demo

    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    run_demo(folder, mentions, seed)


app.command()(feedverbs.sources)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(feedverbs.add)
app.command()(feedverbs.discover)
app.command()(feedverbs.backfill)
app.command()(readingverbs.reread)
app.command()(readingverbs.correct)
app.command()(peopleverbs.forget)
app.command()(peopleverbs.audit)
app.command()(askverbs.ask)
app.command("export")(exportverbs.export_verb)


@app.command()
def schema(
    config: ConfigOption = HERE,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/mart.md.")] = False,
    json: JsonOption = False,
) -> None:
    """Print every table, view and column of the mart, and what it means; with a mart, your own tables too."""
    from flows.martpage import known_columns, mart_page

    if markdown:
        sys.stdout.write(mart_page())
        return
    answer = known_columns(load_config(config, secrets=False).mart if config.exists() else None)
    if json:
        show.print_json(answer.records())
        return
    for name in dict.fromkeys(row[1] for row in answer.rows):
        rows = [row for row in answer.rows if row[1] == name]
        title = f"{rows[0][0]} {name}: {rows[0][5]}"
        show.print_table(["column", "type", "meaning"], [[r[2], r[3], r[4]] for r in rows], title)


@app.command()
def sql(  # noqa: PLR0913, PLR0917  one for each option
    query: Annotated[str, typer.Argument(help='Such as "SELECT * FROM share_of_voice". - reads standard input.')],
    config: ConfigOption = HERE,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    json: JsonOption = False,
    lake: LakeOption = False,
    safe: Annotated[
        bool, typer.Option("--safe", help="For SQL of people you do not trust: one SELECT, shut in and limited.")
    ] = False,
    timeout: Annotated[float | None, typer.Option(min=0.1, help="With --safe: seconds, 10 by default.")] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="With --safe: rows at most, 10000 by default.")] = None,
    memory: Annotated[int | None, typer.Option(min=64, help="With --safe: MB of memory, 512 by default.")] = None,
) -> None:
    """Ask the published mart in SQL. `allears schema` lists what is there.

    Without --safe it can read every file that you can. With it, only the mart: see docs/safe-sql.md.
    """
    from flows.safesql import answer_sql

    asked, checked = sys.stdin.read() if query == "-" else query, load_config(config, secrets=False)
    if lake and not safe:
        answer = look_up(lake_of(checked), asked)
    elif lake:
        raise ConfigError("--safe is of the published mart: leave out --lake")
    else:
        answer = answer_sql(checked.mart, asked, safe=safe, timeout_s=timeout, rows=rows, memory_mb=memory)
    if json:
        show.print_json(answer.records())
    elif csv:
        show.print_csv(answer.columns, answer.rows)
    else:
        show.print_table(answer.columns, answer.rows)


@app.command()
def status(config: ConfigOption = HERE, json: JsonOption = False) -> None:
    """Show the last runs and how each feed is: when it last answered, and whether its silence can be believed."""
    from flows.status import print_status, status_of

    known = status_of(load_config(config, secrets=False))
    if json:
        show.print_json(known)
    else:
        print_status(known)


@app.command()
def schedule(config: ConfigOption = HERE) -> None:
    """Keep running, and start the daily run when the configuration says so. Ctrl-C ends it."""
    from flows.start import ADDRESS, ServerError, serve_daily

    checked = load_config(config)
    when = f"{checked.sections.schedule.cron!r} in {checked.sections.schedule.timezone}"
    show.out.print(
        f"The daily run starts at {when}. Without PREFECT_API_URL, runs are shown on http://{':'.join(ADDRESS)}"
    )
    try:
        serve_daily(checked)
    except ServerError as error:
        raise ConfigError(str(error)) from None


@app.command("eval")
def evaluate(
    file: Annotated[Path | None, typer.Argument(help="A CSV file with the columns text and label.")] = None,
    reading: Annotated[
        ReadingName, typer.Option(help="What is labelled: signals has the column signals (a | b), aspects has term.")
    ] = "sentiment",
    precision: Annotated[
        float | None, typer.Option(min=0, max=1, help="Find the confidence from which so many are right, such as 0.95.")
    ] = None,
    corrections: Annotated[
        bool, typer.Option("--corrections", help="Measure on the mentions people corrected.")
    ] = False,
    model: Annotated[
        str | None, typer.Option(help="Another sentiment model, as \\[models] sentiment names it.")
    ] = None,
    config: ConfigOption = HERE,
    json: JsonOption = False,
) -> None:
    """Measure a reading on labelled texts: accuracy, macro recall and F1, calibration, the worst slices.

    A file may have the columns language and group too. Corrections are mostly what somebody found wrong, so a model
    looks worse on them than it is. Where an allears.toml is, its models are measured.
    """
    from flows.evaluate import evaluate_labelled, models_for, print_evaluation
    from flows.labelled import corrected_texts, labelled_file

    if (file is None) != corrections:
        raise ConfigError("eval takes a FILE, or --corrections")
    if reading != "sentiment" and (corrections or model):
        raise ConfigError(f"--reading {reading}: --corrections and --model are of the sentiment only")
    labelled = labelled_file(file, reading) if file else corrected_texts(load_config(config, secrets=False))
    told = evaluate_labelled(labelled, models_for(config, model), reading, precision)
    if json:
        show.print_json(told.as_dict())
    else:
        print_evaluation(told, precision)


def main() -> None:
    """Run the command line; what a person can mend is one clear message and exit code 2."""
    # A quiet, offline Prefect that has time to start on a busy laptop; what the user has set stays.
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    os.environ.setdefault("PREFECT_SERVER_REGISTER_BLOCKS_ON_START", "false")  # a second at each start; none is used
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "flows,connectors,alerts")
    try:
        app()
    except (ConfigError, WarehouseError, ModelError, Busy, SourceError) as error:
        show.err.print(f"allears: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(SOURCE_CHANGED if isinstance(error, Changed) else USER)
