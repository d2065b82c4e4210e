"""The reason behind an alert: which topics grew, and what people said."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from alerts.alert import Quote
from warehouse.warehouse import Warehouse

HERE = Path(__file__).parent
QUOTE_CHARS = 240  # three fit a phone's screen


class Window(NamedTuple):
    """The days of a brand that an alert is about, both included."""

    brand: str
    since: date
    until: date


def topics(warehouse: Warehouse, window: Window) -> list[str]:
    """Return up to three topics whose negative mentions grew most, the largest growth first."""
    rows = warehouse.rows((HERE / "topics.sql").read_text(), window)
    return [topic for (topic,) in rows]


def quotes(warehouse: Warehouse, window: Window, preferred: Sequence[str]) -> list[Quote]:
    """Return up to three negative mentions, of different sources and authors and of `preferred` topics if it can be."""
    rows = warehouse.rows((HERE / "quotes.sql").read_text(), [*window, list(preferred)])
    return [Quote(shorten(words, QUOTE_CHARS), url, source) for words, url, source in rows]


def shorten(text: str, chars: int) -> str:
    """Return `text` on one line and at most `chars` long, cut between words where it has them."""
    line = " ".join(text.split())
    if len(line) <= chars:
        return line
    cut = line[: chars - 1]
    words, _, _ = cut.rpartition(" ")
    return (words if len(words) > chars // 2 else cut).rstrip() + "…"  # Chinese has no spaces to cut at
