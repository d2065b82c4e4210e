"""Where the town speaks: app stores, outlets, blogs, a forum, Hacker News, Mastodon and three exported files."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from demo.dice import by_share
from demo.item import BRANDS, OWN, Brand

Kind: TypeAlias = Literal["appstore", "hn", "news", "blog", "forum", "survey", "support", "social"]

SOURCES = {"appstore": "appstore", "hn": "hackernews", "news": "feed", "blog": "feed", "forum": "feed"}
APPSTORE_CAP = 500  # Apple shows the newest 500 of each app and country
FEED_CAP = 300  # a larger feed document is no feed any more
FORUM_CAP = 400

ENGLISH = ("en",)
MIXED = by_share([("en", 0.66), ("de", 0.14), ("es", 0.1), ("fr", 0.1)])  # makes English about 77 % of the whole town

COUNTRIES = {
    "us": ("en", 0.46),
    "gb": ("en", 0.19),
    "au": ("en", 0.08),
    "de": ("de", 0.11),
    "es": ("es", 0.08),
    "fr": ("fr", 0.08),
}


@dataclass(frozen=True, eq=False)
class Place:
    """One spot where mentions appear, bound to a `brand` or open to all.

    `feed` is its name in allears.toml; Hacker News is searched once per brand and has none.
    `share` is its part of the ordinary mentions, `cap` the most it can show, `overflow` its part
    of what the capped places could not take, `floor` the fewest it must have.
    """

    feed: str
    kind: Kind
    title: str
    share: float
    languages: tuple[str, ...] = ENGLISH
    cap: int | None = None
    overflow: float = 0.0
    floor: int = 0
    path: str = ""
    brand: Brand | None = None
    country: str | None = None

    @cached_property
    def source(self) -> str:
        """Return the connector that reads this place."""
        return SOURCES.get(self.kind, "mastodon" if self.path.startswith("/") else "file")

    @cached_property
    def domain(self) -> str:
        """Return the host in the links of an outlet; .example never resolves (RFC 2606)."""
        return f"{self.path.split('/')[2]}.example" if self.kind in ("news", "blog") else "cupandsaucer.example"


# slug, name, language
OUTLETS = (
    ("eastport-herald", "Eastport Herald", "en"),
    ("millbrook-times", "The Millbrook Times", "en"),
    ("larkfield-gazette", "Larkfield Gazette", "en"),
    ("trade-cup", "The Trade Cup", "en"),
    ("morning-ledger", "Morning Ledger", "en"),
    ("city-desk", "City Desk Online", "en"),
    ("retail-observer", "Retail Observer", "en"),
    ("stonebridge-post", "Stonebridge Post", "en"),
    ("high-street-weekly", "High Street Weekly", "en"),
    ("the-commuter", "The Commuter", "en"),
    ("northquay-echo", "Northquay Echo", "en"),
    ("food-and-queue", "Food & Queue", "en"),  # the ampersand has to survive XML
    ("lerchenfelder-bote", "Lerchenfelder Bote", "de"),
    ("diario-del-muelle", "Diario del Muelle", "es"),
    ("echo-des-quais", "L'Écho des quais", "fr"),
)
BLOGS = (
    ("slow-pour", "Slow Pour", "en"),
    ("bean-counter", "The Bean Counter", "en"),
    ("second-cup", "Second Cup Notes", "en"),
    ("kaffee-und-karte", "Kaffee und Karte", "de"),
)
SILENT = Place("blog-grind-diary", "blog", "Grind Diary", 0.0, cap=FEED_CAP, path="/blog/grind-diary/atom.xml")


def _appstore() -> Iterator[Place]:
    for brand in BRANDS:
        for country, (language, share) in COUNTRIES.items():
            yield Place(
                f"appstore-{brand.slug}",
                "appstore",
                brand.name,
                0.38 * share * brand.share,
                (language,),
                cap=APPSTORE_CAP,
                brand=brand,
                country=country,
            )


def _feeds() -> Iterator[Place]:
    for slug, title, language in OUTLETS:
        path = f"/news/{slug}/rss.xml"
        yield Place(f"news-{slug}", "news", title, 0.009, (language,), cap=FEED_CAP, path=path)
    for slug, title, language in BLOGS:
        path = f"/blog/{slug}/atom.xml"
        yield Place(f"blog-{slug}", "blog", title, 0.008, (language,), cap=FEED_CAP, path=path)
    yield SILENT
    yield Place("forum-cup-and-saucer", "forum", "Cup & Saucer", 0.09, MIXED, cap=FORUM_CAP, path="/forum/feed.json")


def _files() -> Iterator[Place]:
    # 30 answers at least: with its 3 bad rows a smaller file would look like a changed format
    yield Place("survey", "survey", "survey.csv", 0.1, MIXED, overflow=0.24, floor=30, path="survey.csv", brand=OWN)
    yield Place("support", "support", "support.jsonl", 0.05, MIXED, overflow=0.12, path="support.jsonl", brand=OWN)
    yield Place("social", "social", "social.jsonl", 0.04, MIXED, overflow=0.16, path="social.jsonl")


HACKERNEWS = Place("", "hn", "Hacker News", 0.15, overflow=0.4)
MASTODON = Place("mastodon", "social", "Mastodon", 0.04, MIXED, overflow=0.08, path="/mastodon")
PLACES: tuple[Place, ...] = (*_appstore(), *_feeds(), HACKERNEWS, *_files(), MASTODON)
