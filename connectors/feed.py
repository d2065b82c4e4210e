"""RSS, RDF, Atom and JSON feeds: news, blogs, forums, comments, whatever publishes one."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from connectors.formats.entry import Entry, Feed, open_feed
from connectors.mention import Mention
from connectors.source import MISSHAPEN, Changed, Cursor, Page, Refused, Reject, read_items, source
from connectors.web.wire import shown

if TYPE_CHECKING:
    from connectors.http import Http
    from connectors.web.response import Response

UNIQUE = re.compile(r"https?://|tag:|urn:", re.I)  # ids that are no other feed's by their form
WEB_PAGE = re.compile(rb"\s*(<!--.*?-->\s*)?<(!doctype html|html\b)", re.I | re.S)
FEED_LINK = re.compile(rb"""<link\b[^<>]*application/(?:rss|atom|feed)\+(?:xml|json)[^<>]*>""", re.I)
HREF = re.compile(rb"""href\s*=\s*["']([^"'<>]+)""", re.I)
SKEW = timedelta(days=1)  # wrong clocks and time zones; a later date is a mistake or an event's, not a post's


@source(
    "RSS, Atom and JSON Feed",
    kind="news",
    terms="https://www.rssboard.org/rss-specification",
    history="what the feed still lists, often the newest 10 to 100 items",
    example={"url": "https://example.com/feed.xml"},
    fills=("url", "title", "author", "language", "replies"),
)
def fetch(http: "Http", cursor: Cursor, *, url: str, language: str | None = None) -> Iterator[Page]:
    """Yield all that the feed lists, if it has changed since the last fetch.

    `language` (like "en") is for feeds that do not say it, or say it wrong. An item without a date
    is dated by its first collection.
    """
    response = http.conditional(url, cursor)
    if response is None:
        return
    feed, now = _feed(response), http.now()

    def read(item: object) -> Mention:
        entry = feed.read(item)
        return _mention(entry._replace(language=language or entry.language), url, response.url, now)

    # no share of empty items makes a stranger's feed our bug, so none is too large
    mentions, rejects = read_items(feed.items, read, drift=1.0)
    # a cut or empty document may be a mistake of the moment, and its validators would keep us from asking again
    believed = feed.whole and feed.items
    yield Page(mentions, response.validators if believed else {}, rejects, _doubt(feed, mentions, rejects))


def propose(http: "Http", brand: str, site: str | None) -> Iterator[dict[str, Any]]:  # noqa: ARG001
    """Yield the feeds that the front page of `site` names."""
    for url in _feeds_of(http.page(site)) if site else ():
        yield {"url": url}


def _feed(response: "Response") -> Feed:
    content_type = response.headers.get("content-type", "")
    try:
        return open_feed(response.content, content_type)
    except MISSHAPEN as error:
        if WEB_PAGE.match(response.content) or "html" in content_type:
            problem = f"{shown(response.url)} is a web page, not a feed"
            raise Refused(response.source, problem, _advice(response)) from None
        problem = f"{shown(response.url)}: {error}"
        raise Changed(response.source, problem, "open the address in a browser and see what it gives") from None


def _advice(response: "Response") -> str:
    links = _feeds_of(response)
    return f"use the address of its feed: {links[0][:200]}" if links else "use the address of its feed"


def _feeds_of(page: "Response") -> list[str]:
    """Return the addresses of the feeds that a web page names as its own."""
    found = (HREF.search(link) for link in FEED_LINK.findall(page.content))
    links = (_link(page.url, href[1].decode("utf-8", "replace")) for href in found if href)
    return list(dict.fromkeys(link for link in links if link))


def _mention(entry: Entry, url: str, base: str, now: datetime) -> Mention:
    link = _link(base, entry.link)
    known = entry.posted_at is not None and entry.posted_at <= now + SKEW
    return Mention(
        source="feed",
        native_id=_native_id(entry, link, urlsplit(url).hostname or ""),
        text=entry.text or entry.title,
        posted_at=entry.posted_at if known and entry.posted_at else now,
        posted_at_known=known,
        url=link,
        title=entry.title or None,
        author=entry.author,
        language=entry.language,
        replies=entry.replies,
    )


def _link(base: str, link: str | None) -> str | None:
    try:
        return urljoin(base, link) if link else None
    except ValueError:  # brackets that are no IPv6 address; the item is good without its link
        return None


def _native_id(entry: Entry, link: str | None, host: str) -> str:
    if entry.key:
        return entry.key if UNIQUE.match(entry.key) else f"{host}:{entry.key}"
    written = "\x1f".join((entry.title, entry.text)).encode("utf-8", "replace")
    return link or f"{host}:{hashlib.blake2b(written, digest_size=16).hexdigest()}"


def _doubt(feed: Feed, mentions: Sequence[Mention], rejects: Sequence[Reject]) -> str | None:
    if not feed.whole:
        return "the document ends before its last tag"
    if rejects and not mentions:
        return f"none of its {len(rejects)} items has a text or a title"
    different = len({(m.native_id, m.text, m.url) for m in mentions})
    shared = different - len({m.native_id for m in mentions})
    return f"{shared} of its {different} items carry an id that another item has" if shared else None
