"""The whole journey on one machine: serves the town, runs the daily run over it, and says what to type next."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

from demo.config import write_config
from demo.town import Town, serve
from flows import show
from flows.config import ConfigError, load_config
from flows.start import run_daily
from flows.week import print_alerts, print_week

NEXT = """
Next:
  uv run allears status --config {config}
  uv run allears sql "SELECT * FROM share_of_voice ORDER BY week DESC LIMIT 6" --config {config}
  uv run allears ask 06 --config {config}      what caused the spike; allears ask lists 28 questions
  uv run allears schema                 what else can be asked
  uv run allears init                   a configuration of your own
{mart} opens in any tool that reads DuckDB; it is never locked."""


def run_demo(folder: Path, mentions: int, seed: int) -> None:
    """Collect, read and publish a town of `mentions` mentions into `folder`; a second run adds nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    town = Town(mentions, seed, _today(folder, mentions, seed))
    show.out.print(f"A town of {mentions} mentions is served on loopback; the daily run goes over it.")
    with serve(town) as base_url:
        config_file = folder / "allears.toml"
        write_config(config_file, base_url, town)
        config = load_config(config_file)
        report = run_daily(config, [], alerts=True)
    total = sum(report.seconds.values())
    new = sum(feed.new for feed in report.feeds)
    rejects = sum(feed.rejects for feed in report.feeds)
    told = f"{new} new mentions from {len(report.feeds)} feeds, {report.read} read, {rejects} rejects"
    show.out.print(f"{report.state}, {total:.0f} s of work: {told}.", highlight=False)
    print_week(config.mart)
    print_alerts(report)
    show.out.print(NEXT.format(config=config_file, mart=config.mart), markup=False, highlight=False, soft_wrap=True)


def _today(folder: Path, mentions: int, seed: int) -> date:
    """Return the day the town in `folder` ends, so that running the demo again finds the same town."""
    note, wanted = folder / "town.json", {"mentions": mentions, "seed": seed}
    if not note.exists():
        today = datetime.now(UTC).date()
        note.write_text(json.dumps(wanted | {"today": today.isoformat()}))
        return today
    held = json.loads(note.read_text())
    if {name: held.get(name) for name in wanted} != wanted:
        raise ConfigError(f"{folder} holds another town ({held}); name another --dir, or remove it")
    return date.fromisoformat(held["today"])
