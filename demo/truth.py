"""What is in a town, counted from its mentions: the numbers that a complete run must arrive at."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from demo.events import EVENTS, SILENT_AFTER, Event
from demo.item import BRANDS, Item
from demo.places import SILENT
from demo.wire.files import BAD_ROWS
from demo.wire.hackernews import matches, words_of


def truth_of(mentions: Iterable[Item], today: date) -> dict[str, Any]:
    """Return the counts and events of `mentions`, ready for JSON.

    `by_feed` counts what each feed yields: a post on Hacker News that two searches find counts in both,
    in `total` once. `by_brand` counts a mention for each brand that it names or whose feed it stands in.
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    brand_days: defaultdict[str, Counter[str]] = defaultdict(Counter)
    brand_moods: defaultdict[str, Counter[str]] = defaultdict(Counter)
    event_days: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item in mentions:
        day = datetime.fromtimestamp(item.posted_at, UTC).date().isoformat()
        _count(item, day, counts)
        for brand in item.brands:
            brand_days[brand][day] += 1
            brand_moods[brand][item.sentiment] += 1
        if item.event:
            event_days[item.event][day] += 1
    events = [_event(event, today, event_days[event.name]) for event in EVENTS]
    return {
        "total": counts["all"].total(),
        "unbranded": counts["unbranded"].total(),
        **{f"by_{key}": _sorted(counts[key]) for key in ("source", "feed", "brand", "day")},
        "by_brand_day": {brand: _sorted(days) for brand, days in sorted(brand_days.items())},
        **{f"by_{key}": _sorted(counts[key]) for key in ("language", "sentiment", "topic")},
        "by_brand_sentiment": {brand: _sorted(moods) for brand, moods in sorted(brand_moods.items())},
        "events": [*events, _silence(today)],
        "hostile": {"total": counts["oddity"].total(), "by_kind": _sorted(counts["oddity"])},
        "rejects": {"survey": [row[0] for row in BAD_ROWS]},
    }


def _count(item: Item, day: str, counts: Mapping[str, Counter[str]]) -> None:
    counts["all"][""] += 1
    counts["source"][item.place.source] += 1
    counts["feed"].update(_feeds_of(item))
    counts["brand"].update(item.brands)
    counts["day"][day] += 1
    counts["language"][item.language] += 1
    counts["sentiment"][item.sentiment] += 1
    counts["topic"][item.topic] += 1
    if item.oddity:
        counts["oddity"][item.oddity] += 1
    if not item.brands:
        counts["unbranded"][""] += 1


def _feeds_of(item: Item) -> list[str]:
    if item.place.kind == "hn":
        return [feed for feed, words in HN_FEEDS.items() if matches(item, words)]
    return [item.place.feed]


def _event(event: Event, today: date, days: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": event.name,
        "brand": event.brand.name,
        "first_day": (today - timedelta(event.first)).isoformat(),
        "last_day": (today - timedelta(event.last)).isoformat(),
        "sentiment": event.sentiment,
        "topic": event.topic,
        "mentions": sum(days.values()),
        "by_day": _sorted(days),
        "what": event.what,
    }


def _silence(today: date) -> dict[str, Any]:
    return {
        "name": "silent-feed",
        "brand": None,
        "feed": SILENT.feed,
        "first_day": (today - timedelta(SILENT_AFTER - 1)).isoformat(),
        "last_day": (today - timedelta(1)).isoformat(),
        "last_mention_day": (today - timedelta(SILENT_AFTER)).isoformat(),
        "mentions": 0,
        "what": "A feed that brought something every day says nothing more, and no error either.",
    }


def _sorted(counter: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counter.items()))


HN_FEEDS = {f"hn-{brand.slug}": words_of(brand.name) for brand in BRANDS}
