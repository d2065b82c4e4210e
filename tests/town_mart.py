"""The town's mart with readings as they were planted, so that every answer is known before it is asked for."""

import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from connectors.mention import Mention
from demo.item import BRANDS, OWN, Item
from demo.places import PLACES
from demo.town import Town
from flows.stories import group_stories
from warehouse import tables
from warehouse.brands import Brand
from warehouse.publish import publish
from warehouse.store import Store
from warehouse.tables import rows_table
from warehouse.topics import keep_topics
from warehouse.warehouse import Batch, Walk, Warehouse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
NEWEST = date(2026, 11, 21)
KINDS = {"appstore": "review", "hn": "forum", "forum": "forum", "survey": "own", "support": "own", "social": "social"}
SIGNALS = {"negative": ["complaint"], "neutral": [], "positive": ["praise"]}
SCORES = {"negative": -0.8, "neutral": 0.0, "positive": 0.8}
WORDS = ["cup", "desk", "rain", "lamp", "tram", "shelf", "note", "window", "spoon", "street", "paper", "door", "bridge"]
LEAK = "Login and payment have failed at Harbor Coffee since the morning, and the company has said nothing so far. " * 3


@dataclass(frozen=True)
class Fact:
    """One mention as it was meant."""

    mention: Mention
    feed: str
    kind: str
    brands: tuple[str, ...]
    sentiment: str
    topic: str
    signals: tuple[str, ...]

    @property
    def day(self) -> date:
        return self.mention.posted_at.date()


def facts() -> list[Fact]:
    """Return what the town says and what these tests add to it."""
    return [*(_said(item) for item in Town(600, 5, NOW.date()).mentions()), *_added()]


def lay_mart(
    folder: Path, said: Iterable[Fact], brands: list[Brand], *, empty: Path | None = None, store: Store | None = None
) -> Path:
    """Land, read, group and publish `said` in a copy of the warehouse `empty`, and return the pointer to the mart.

    With a `store` it is kept there.
    """
    if empty:
        shutil.copyfile(empty, folder / "warehouse.duckdb")
    with Warehouse(store or folder / "warehouse.duckdb", NOW) as warehouse:
        by_walk: dict[Walk, list[Mention]] = {}
        planted = {fact.mention.mention_id: fact for fact in said}
        for fact in planted.values():
            by_walk.setdefault(Walk(fact.feed, fact.mention.source, fact.kind, "x"), []).append(fact.mention)
        with ThreadPoolExecutor(40) as threads:  # what waits together lands in one transaction
            list(threads.map(lambda walk: warehouse.land(Batch(by_walk[walk], {}), walk, NOW), by_walk))
        _read(warehouse, planted)
        group_stories(warehouse)
        warehouse.settle(brands)
        publish(warehouse, folder / "published", folder / "mart.duckdb", {"published_at": NOW.isoformat()})
    return folder / "mart.duckdb"


def town_brands() -> list[Brand]:
    """Return the three brands with their queries and feeds, as the demo's configuration has them."""
    bound = {brand.name: {p.feed for p in PLACES if p.brand is brand} for brand in BRANDS}
    bound[OWN.name].add("trustpilot")
    return [
        Brand(brand.name, brand.competitor, f'"{brand.phrase}" OR {brand.handle}', tuple(sorted(bound[brand.name])))
        for brand in BRANDS
    ]


def _said(item: Item) -> Fact:
    known = {"title": item.title, "author": item.author, "language": item.language, "url": item.url}
    counted = {"likes": item.likes, "replies": item.replies, "country": item.place.country}
    stars = {"rating": item.rating, "rating_max": 5} if item.rating else {}
    posted_at = datetime.fromtimestamp(item.posted_at, UTC)
    own = {"source": item.place.source, "native_id": item.native_id, "text": item.text, "posted_at": posted_at}
    fields: dict[str, Any] = own | known | counted | stars
    kind = KINDS.get(item.place.kind, "news")
    return Fact(
        Mention(**fields),
        item.place.feed or "hackernews",
        kind,
        item.brands,
        item.sentiment,
        item.topic,
        tuple(SIGNALS[item.sentiment]),
    )


def _added() -> Iterator[Fact]:
    for number in range(12):  # reviews with answers after 1 to 10 hours, and two without
        replied = {"replied_at": _at(20 - number, 13 + number), "reply_text": "Sorry"} if number < 10 else {}
        yield _own(f"r{number}", "trustpilot", _at(20 - number, 12), "negative", "staff", rating=1, **replied)
    yield _own("late", "trustpilot", _at(0, 20), "negative", "staff", rating=1)  # not yet a day old
    for number in range(6):  # one text in six outlets on the newest day
        yield _own(f"n{number}", "news-leak", _at(0, 9 + number), "negative", "app", text=LEAK, author="Agency Two")
    for number in range(5):
        text = f"Harbor Coffee {' '.join(Random(number).choices(WORDS, k=9))} mouldy beans #harborfail"
        yield _own(f"m{number}", "social", _at(3, 8 + number), "negative", "mould", text=text)
    yield _own("loud", "social", _at(1, 10), "negative", "app", author="journalist", reach=50_000)
    for number, text in enumerate(("a dark mode", "Dark  colours and a night mode", "an offline map")):
        asked = {"text": f"Please add {text}", "signal": "request"}
        yield _own(f"w{number}", "social", _at(9, number), "neutral", "app", **asked)
    for number in range(4):
        yield _own(f"f{number}", "social", _at(20 + number, 9), "positive", "taste", author="fan", likes=7)
    for number in range(2):
        yield _own(f"l{number}", "social", _at(number, 7), "negative", "price", signal="leaving")


def _own(name: str, feed: str, posted_at: datetime, sentiment: str, topic: str, **fields: Any) -> Fact:
    signal = fields.pop("signal", None)
    stars = {"rating_max": 5} if "rating" in fields else {}
    said = f"Harbor Coffee {name} {' '.join(Random(name).choices(WORDS, k=12))}"  # nobody else's words
    own = {"source": feed.partition("-")[0], "native_id": name, "text": said, "author": name, "posted_at": posted_at}
    own |= {"url": f"https://{feed}.example/{name}", "language": "en"}
    kind = {"trustpilot": "review", "news-leak": "news"}.get(feed, "social")
    if kind == "news":
        own["url"] = f"https://outlet-{name}.example/1"
    text = fields.pop("text", None)
    own |= {"text": text if text is None or "arbor" in text else f"{text}, Harbor Coffee"} if text else {}
    signals = (signal,) if signal else tuple(SIGNALS[sentiment])
    return Fact(Mention(**own | stars | fields), feed, kind, (OWN.name,), sentiment, topic, signals)


def _at(days_ago: int, hour: int) -> datetime:
    return datetime(2026, 11, 21, tzinfo=UTC) - timedelta(days=days_ago) + timedelta(hours=hour)


def _read(warehouse: Warehouse, planted: dict[int, Fact]) -> None:
    """Keep what was meant as what was read; a mention speaks of one aspect, its topic."""
    topics = {topic: number for number, topic in enumerate(sorted({f.topic for f in planted.values()}), start=1)}
    found = [
        {"topic_id": n, "topic": t, "words": [t], "centroid": [0.0] * 384, "found_at": tables.utc(NOW)}
        for t, n in topics.items()
    ]
    keep_topics(warehouse, rows_table(found, tables.FOUND_TOPICS), rows_table([], tables.PLACED))
    unread = warehouse.unread(10_000)
    rows, aspects = [], []
    for mention_id, text_hash in zip(unread.mention_ids, unread.text_hashes, strict=True):
        fact = planted[mention_id]
        felt = {"sentiment": fact.sentiment, "score": SCORES[fact.sentiment], "confidence": 0.9}
        key = {"mention_id": mention_id, "text_hash": text_hash}
        about = {"topic_id": topics[fact.topic], "topic": fact.topic, "signals": list(fact.signals)}
        rows.append(key | felt | about | {"language": fact.mention.language, "reading": "read"})
        aspects.append(key | felt | {"aspect": fact.topic, "term": fact.topic, "quote": "…"})
    warehouse.keep_readings(
        rows_table(rows, tables.READINGS), rows_table([], tables.UNPLACED), rows_table(aspects, tables.READ_ASPECTS)
    )
