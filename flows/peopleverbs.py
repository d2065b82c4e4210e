"""The verbs that are about people: forgetting one, and what is kept of all."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows import show
from flows.config import ConfigError, load_config
from flows.options import HERE, ConfigOption, JsonOption

if TYPE_CHECKING:
    from flows.forget import Wish
    from warehouse.forget import Traces


def forget(
    author: Annotated[
        str | None, typer.Option(help="The author's name or handle, letter by letter as the source shows it.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="With --author: of this source only, also if nothing is kept of them yet.")
    ] = None,
    mention: Annotated[
        list[str] | None, typer.Option(help="The mention_id of a mention, or its link; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Show what would be removed, and remove nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Remove it without asking.")] = False,
    config: ConfigOption = HERE,
    json: JsonOption = False,
) -> None:
    """Remove a person, or single mentions, from everything that is kept: allears forget --author jane_d --dry-run.

    Gone are what they said and all that was read in it, rejects that name them, quotes in alerts, the copies from
    before migrations, and every published copy but a new one. The file is written anew, so that nothing is left in
    its free blocks. They are not collected again; of the name a hash is kept. What others say of them stays and is
    listed, and so are files outside that may hold them, such as exports. See docs/privacy.md.
    """
    from flows import forget as people

    if (author is None) == (not mention) or (source and not author):
        raise ConfigError("forget takes --author NAME, perhaps with --source, or --mention ID_OR_LINK")
    checked = load_config(config, secrets=False)
    wish = people.Wish(author, source, tuple(mention or ()))
    if dry_run or not yes:
        traces, files = people.look(checked, wish)
        if json and dry_run:
            show.print_json({"would_remove": traces.rows} | people.left(traces, files))
        elif not json:
            _print_found(wish, traces, files)
        if dry_run:
            return
        _ask(traces)
    done = people.forget(checked, wish)
    if json:
        show.print_json(done.as_dict())
    else:
        _print_done(done)


def audit(config: ConfigOption = HERE, json: JsonOption = False) -> None:
    """Tell what is kept about people: how much, of how many, since when, for how long, where, and who can read it.

    It names nobody. What was forgotten is counted by day; files that can be read by more than their owner are named.
    """
    from flows import audit as audits

    told = audits.audit(load_config(config, secrets=False), datetime.now(UTC))
    if json:
        show.print_json(told)
    else:
        audits.print_audit(told)


def _ask(traces: "Traces") -> None:
    if not sys.stdin.isatty():
        raise ConfigError("forget asks before it removes anything; where nobody can answer, give --yes")
    if not typer.confirm("Remove this for good?" if traces.total else "Nothing to remove; keep them out in future?"):
        raise ConfigError("nothing was removed")


def _print_found(wish: "Wish", traces: "Traces", files: list[dict[str, Any]]) -> None:
    if traces.said:
        columns = ["source", "author", "feed", "mentions", "from", "to"]
        show.print_table(columns, traces.said, "What they said")
    if wish.author and len({row[0] for row in traces.said}) > 1:
        _say("Several sources have this author. If they are not one person, name one with --source.")
    if not traces.total:
        _say(f"Nothing of them is kept{'; they were forgotten before' if traces.is_known else ''}.")
    rows = [(place, count) for place, count in traces.rows.items() if count]
    if rows:
        show.print_table(["place", "rows"], rows, "What goes")
    _print_left(traces, files)


def _print_left(traces: "Traces", files: list[dict[str, Any]]) -> None:
    if traces.others:
        title = f"{traces.others} mentions of others name them and stay; forget them one by one where they must go"
        show.print_table(["mention_id", "source", "link"], traces.elsewhere, title)
    if files:
        show.print_table(
            ["file", "what it is"], [(each["file"], each["what"]) for each in files], "Look through these yourself"
        )


def _print_done(done: Any) -> None:
    _say(f"{done.traces.total} rows removed; they are not collected again. The file was written anew.")
    for file in done.removed:
        _say(f"Removed {file}")
    _say(f"Published {done.mart}")
    _say("A program that has an older copy open shows it until it opens the new one.")
    _print_left(done.traces, done.yours)


def _say(line: str) -> None:
    show.out.print(line, markup=False, highlight=False, soft_wrap=True)
