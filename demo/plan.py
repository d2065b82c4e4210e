"""Who says something on which day: the town's mentions shared out over places and days, before a word is written."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple

from demo.events import EVENTS, SILENT_AFTER, SYNDICATED, Event
from demo.item import OWN
from demo.oddities import ODDITIES, Oddity
from demo.places import HACKERNEWS, OUTLETS, PLACES, SILENT, Kind, Place

EVENT_PART = 0.6  # of a capped place: an event must not push everything else out of sight
WEEK: dict[str, tuple[float, ...]] = {  # Monday to Sunday
    "leisure": (0.95, 0.9, 0.95, 1.0, 1.05, 1.15, 1.1),
    "work": (1.15, 1.2, 1.2, 1.15, 1.0, 0.6, 0.6),
}
AT_WORK = ("hn", "news", "support")
EDITED = ("news", "blog")  # evenly, as where little is said: only the planted feed is to fall silent
GROWTH = 0.15  # the town talks a little more every month
NOISE = 0.12  # standard deviation of a day, as a share

Calendar = list[list["Slot"]]


class Slot(NamedTuple):
    """A mention yet to be written: where, and for what event or as which oddity."""

    place: Place
    event: Event | None = None
    oddity: Oddity | None = None


def plan(mentions: int, seed: int, today: date, days: int) -> Calendar:
    """Return the slots of each day, the oldest day first; `mentions` in all."""
    rng = Random(f"{seed}/plan")
    calendar: Calendar = [[] for _ in range(days)]
    taken: Counter[Place] = Counter()
    _plan_events(calendar, taken, rng, mentions)
    _plan_oddities(calendar, taken, rng)
    _plan_silent(calendar, taken, mentions)
    weights = {mood: _day_weights(week, today, days, rng) for mood, week in WEEK.items()}
    for place, count in _ordinary(mentions - taken.total(), taken).items():
        if place.kind in EDITED or count < days:
            drawn = [int((n + rng.random()) / count * days) for n in range(count)]
        else:
            mood = "work" if place.kind in AT_WORK else "leisure"
            drawn = rng.choices(range(days), cum_weights=weights[mood], k=count)
        for day in drawn:
            calendar[day].append(Slot(place))
    return calendar


def apportion(total: int, shares: Sequence[float]) -> list[int]:
    """Return whole numbers that sum to `total` in the proportions of `shares` (largest remainders)."""
    exact = [total * share / sum(shares) for share in shares]
    counts = [math.floor(part) for part in exact]
    by_remainder = sorted(range(len(shares)), key=lambda i: counts[i] - exact[i])
    for i in by_remainder[: total - sum(counts)]:
        counts[i] += 1
    return counts


def _plan_events(calendar: Calendar, taken: Counter[Place], rng: Random, mentions: int) -> None:
    for event in EVENTS:
        outlets = iter(_stage(event, "news"))
        counts = apportion(event.mentions(mentions), event.profile)
        for day, count in enumerate(counts, len(calendar) - event.first):
            for _ in range(count):
                place = next(outlets) if event is SYNDICATED else _spot(event, taken, rng)
                taken[place] += 1
                calendar[day].append(Slot(place, event=event))


def _spot(event: Event, taken: Mapping[Place, int], rng: Random) -> Place:
    """Return a place that still has room; the uncapped ones take what the others cannot."""
    kinds = list(event.where)
    for kind in rng.choices(kinds, [event.where[k] for k in kinds], k=3):
        stage = _stage(event, kind)
        place = rng.choices(stage, [p.share for p in stage])[0]
        if place.cap is None or taken[place] < EVENT_PART * place.cap:
            return place
    return rng.choice([p for p in PLACES if p.cap is None and p.kind in kinds and p.brand in (None, event.brand)])


def _stage(event: Event, kind: Kind) -> list[Place]:
    english_only = [f"news-{slug}" for slug, _, language in OUTLETS if language == "en"]
    return [
        place
        for place in PLACES
        if place.kind == kind and place.brand in (None, event.brand) and (kind != "news" or place.feed in english_only)
    ]


def _plan_oddities(calendar: Calendar, taken: Counter[Place], rng: Random) -> None:
    for oddity in ODDITIES:
        place = next(p for p in PLACES if p.kind == oddity.where and p.brand in (None, OWN))
        taken[place] += 1
        calendar[rng.randrange(len(calendar))].append(Slot(place, oddity=oddity))


def _plan_silent(calendar: Calendar, taken: Counter[Place], mentions: int) -> None:
    """Let one feed speak every day, and then no more; in a small town it says less, a twentieth of everything."""
    step = max(1, round(20 * len(calendar) / mentions))
    for day in range(len(calendar) - SILENT_AFTER, -1, -step):
        taken[SILENT] += 1
        calendar[day].append(Slot(SILENT))


def _ordinary(total: int, taken: Mapping[Place, int]) -> dict[Place, int]:
    """Return how many ordinary mentions each place gets: its share up to its cap, or its part of the overflow."""
    shares = apportion(total, [place.share for place in PLACES])
    counts = {p: max(n, p.floor - taken[p]) for p, n in zip(PLACES, shares, strict=True)}
    counts = {p: n if p.cap is None else min(n, p.cap - taken[p]) for p, n in counts.items()}
    rest = total - sum(counts.values())
    if rest < 0:  # the floors of a small town took it
        counts[HACKERNEWS] += rest
        return counts
    for place, more in zip(PLACES, apportion(rest, [p.overflow for p in PLACES]), strict=True):
        counts[place] += more
    return counts


def _day_weights(week: Sequence[float], today: date, days: int, rng: Random) -> list[float]:
    dates: Iterable[date] = (today - timedelta(days - n) for n in range(days))
    weights = (
        week[day.weekday()] * (1 + GROWTH * n / 30) * math.exp(rng.gauss(0, NOISE)) for n, day in enumerate(dates)
    )
    return list(accumulate(weights))
