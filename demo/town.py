"""The town: a seeded world of mentions about three coffee brands, and the truth about what is in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from demo.faults import Faults
from demo.item import Item
from demo.plan import plan
from demo.scribe import Scribe
from demo.server import listening
from demo.truth import truth_of

FEWEST = 200  # the planted events and oddities alone are about 100
SHORTEST, LONGEST = 60, 366  # days; the oldest event begins 50 days before today


class Town:
    """`mentions` mentions of `days` days before `today`; the same arguments give the same town, byte for byte.

    The last day is the one before `today`, so a run on `today` sees every day whole.
    Raises ValueError for a town too small or too short to hold its events.
    """

    def __init__(self, mentions: int, seed: int, today: date, days: int = 90) -> None:
        if mentions < FEWEST:
            raise ValueError(f"mentions = {mentions}: a town needs {FEWEST}, or its events do not fit")
        if not SHORTEST <= days <= LONGEST:
            raise ValueError(f"days = {days}: a town lasts {SHORTEST} to {LONGEST} days")
        self.size = mentions
        self.seed = seed
        self.today = today
        self.days = days

    def mentions(self) -> Iterator[Item]:
        """Yield every mention in the order of its time; each call generates them anew."""
        scribe = Scribe(self.seed)
        for number, slots in enumerate(plan(self.size, self.seed, self.today, self.days)):
            day = self.today - timedelta(self.days - number)
            midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
            yield from scribe.day(number, midnight, slots)

    def truth(self) -> dict[str, Any]:
        """Return what a complete run must find: counts by source, feed, brand and day, and the planted events."""
        return truth_of(self.mentions(), self.today)


@contextmanager
def serve(town: Town, port: int = 0, faults: Faults | None = None) -> Iterator[str]:
    """Serve `town` on 127.0.0.1 while the context lasts, and yield its address, such as http://127.0.0.1:4711.

    Port 0 takes any free port. The whole town is written before the first answer.
    """
    with listening(town.mentions(), port, faults) as address:
        yield address
