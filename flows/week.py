"""What a run says to the person who started it."""

from pathlib import Path
from typing import Any

from flows import show
from flows.options import exit_for
from flows.report import RunReport
from warehouse.mart import ask

QUESTIONS = Path(__file__).parents[1] / "warehouse" / "questions"
RISING = "SELECT brand, topic, mentions, usual FROM rising_topics ORDER BY surprise DESC LIMIT 3"


def tell_run(report: RunReport, *, json: bool) -> None:
    """Print what a run did, for people or machines, and end with the exit code of its worst fault."""
    if json:
        show.print_json(report.as_dict())
    else:
        print_run(report)
    exit_for({feed.fault for feed in report.feeds})


def print_run(report: RunReport) -> None:
    """Print what each feed brought, what was read, the alerts as Slack shows them, and the problems."""
    show.print_table(
        ["feed", "status", "new", "changed", "rejects", "seconds", "message"],
        [[f.feed, f.status, f.new, f.changed, f.rejects, round(f.seconds, 1), f.message] for f in report.feeds],
    )
    total = sum(report.seconds.values())
    told = f"{report.read} mentions read, {report.new_topics} new topics, {len(report.alerts)} alerts"
    show.out.print(f"{report.state}, {total:.1f} s of work: {told}. Published {report.mart}", soft_wrap=True)
    print_alerts(report)


def print_alerts(report: RunReport) -> None:
    """Print the alerts of a run as they appear in Slack, and its problems."""
    for text in report.alerts:
        show.out.print()
        show.out.print(text, markup=False, highlight=False)
    for problem in report.problems:
        show.err.print(f"problem: {problem}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def print_week(mart: Path) -> None:
    """Print the newest week of every brand beside the one before, and the topics on the rise."""
    records = ask(mart, (QUESTIONS / "week.sql").read_text()).records()
    if records:
        show.out.print(f"The seven days up to {records[0]['last_day']}", style="bold")
    columns = ["brand", "mentions", "before", "share of voice", "net sentiment", "before", "stars", "before"]
    show.print_table(columns, [_week_row(record) for record in records])
    for record in ask(mart, RISING).records():
        often = f"{record['mentions']} mentions, usually {record['usual']:.0f} a week"
        show.out.print(f"Rising: {record['brand']}: {record['topic']} ({often})", markup=False, highlight=False)


def _week_row(week: dict[str, Any]) -> list[Any]:
    name = f"{week['brand']} (competitor)" if week["competitor"] else week["brand"]
    return [
        *(name, week["mentions"], week["mentions_before"], _percent(week["share"])),
        *(_signed(week["net_sentiment"]), _signed(week["net_sentiment_before"])),
        *(_rounded(week["stars"]), _rounded(week["stars_before"])),
    ]


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.0%}"


def _signed(value: float | None) -> str | None:
    return None if value is None else f"{value:+.2f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
