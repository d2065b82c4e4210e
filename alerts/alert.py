"""What an alert is: what happened, the numbers behind it, and the words of those who said it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

Severity: TypeAlias = Literal["high", "medium", "low"]


class Quote(NamedTuple):
    """A mention that shows it, shortened; `url` is None where the source gives no link."""

    text: str
    url: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One row of the table `alerts`, whose comments document the fields; `raised_at` is aware."""

    key: str
    rule: str
    severity: Severity
    brand: str | None
    title: str
    reason: str
    topics: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()
    raised_at: datetime
