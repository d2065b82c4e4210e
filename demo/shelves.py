"""The town's mentions sorted the way they are asked for, and the documents that have been asked for once."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from demo.item import BRANDS, Item
from demo.places import COUNTRIES, PLACES, Place
from demo.wire import appstore, feeds, hackernews, mastodon


class Document(NamedTuple):
    """A feed as it is served, with what a client needs to ask only for news."""

    body: bytes
    content_type: str
    etag: str
    newest: datetime


class Shelves:
    """Every served mention where its reader finds it; nothing here looks through all of them per request."""

    def __init__(self, mentions: Iterable[Item]) -> None:
        kept: defaultdict[Place, list[Item]] = defaultdict(list)
        for item in mentions:
            if item.place.source != "file":
                kept[item.place].append(item)
        newest_first = {place: items[::-1] for place, items in kept.items()}
        self.hackernews = hackernews.Index(next((kept[p] for p in kept if p.kind == "hn"), []))
        self.appstore = {
            (p.brand.app_id, p.country): appstore.Shelf(p.brand.app_id, p.country, newest_first.get(p, []))
            for p in PLACES
            if p.brand is not None and p.country is not None
        }
        self.mastodon = mastodon.Timelines(
            [item for place in kept if place.source == "mastodon" for item in kept[place]]
        )
        self._feeds = {p.path: (p, newest_first.get(p, [])) for p in PLACES if p.source == "feed"}
        self.feed = lru_cache(len(self._feeds))(self._feed)

    def paths(self) -> list[str]:
        """Return the addresses of everything that is served."""
        apps = [
            f"/itunes/{country}/rss/customerreviews/page=1/id={brand.app_id}/sortby=mostrecent/json"
            for brand in BRANDS
            for country in COUNTRIES
        ]
        tags = [f"/mastodon/api/v1/timelines/tag/{brand.handle}" for brand in BRANDS]
        return ["/hn/api/v1/search_by_date?query=harbor+coffee", *apps, *tags, *self._feeds]

    def has_feed(self, path: str) -> bool:
        """Return whether a feed is served at `path`."""
        return path in self._feeds

    def _feed(self, path: str) -> Document:
        place, items = self._feeds[path]
        content_type, render = feeds.RENDERERS[place.kind]
        body = render(place, items)
        newest = datetime.fromtimestamp(items[0].posted_at if items else 0, UTC)
        digest = hashlib.blake2b(body, digest_size=12).hexdigest()
        return Document(body, content_type, f'"{digest}"', newest)
