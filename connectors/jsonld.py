"""Reviews on any web page that marks them up for search engines, in JSON-LD or microdata."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from connectors.formats.schemaorg import Review, Reviews, read_reviews, readable
from connectors.mention import EARLIEST, Mention
from connectors.source import Cursor, Page, Refused, read_items, source
from connectors.walks.paging import Listing, Place, newest_first
from connectors.web.response import Response
from connectors.web.wire import shown

if TYPE_CHECKING:
    from connectors.http import Http

CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)
SKEW = timedelta(days=1)  # wrong clocks and time zones; a later date is a mistake
ENOUGH = 5  # reviews in the order of their dates; by chance that is one page in 120


class Visit(NamedTuple):
    """One look at a page: the feed's host, where the page was found, and when."""

    host: str
    address: str
    now: datetime
    language: str | None


@source(
    "Web page with reviews",
    kind="review",
    terms="https://schema.org/docs/terms.html",
    history="what the page and its next pages show",
    example={"url": "https://harbor.example/reviews"},
    fills=("url", "title", "author", "language", "rating", "rating_max"),
    rate="what each site's robots.txt allows",
    per_minute=20,
)
def fetch(http: "Http", cursor: Cursor, *, url: str, language: str | None = None) -> Iterator[Page]:
    """Yield the reviews of a page and of those that follow it, where the site's robots.txt allows programs to look.

    The next page is what `rel="next"` names on the same host; one that shows what an earlier one did is no next page.
    Unless the reviews stand by date, the newest first, all pages are walked each time. `language` (like "en") is for
    sites that do not say it, or say it wrong. A review without a date is dated by its first collection.
    """
    seen: set[str] = set()
    orders: list[bool] = []

    def ask(place: Place | None) -> Listing:
        response = http.page(place or url)
        page = _reviews(response)
        if not page.found and place is None and "since" not in cursor:
            problem = f"{shown(response.url)} marks up no review in JSON-LD or microdata"
            raise Refused(http.source, problem, "if it shows some, a script loads them from a service: use its source")
        visit = Visit(urlsplit(url).hostname or "", response.url, http.now(), language)
        # no share of empty reviews makes a stranger's page our bug, so none is too large
        mentions, rejects = read_items(page.found, lambda review: _mention(review, visit), drift=1.0)
        orders.append(_is_sorted(mentions))
        moments = [] if all(orders) else [visit.now.timestamp()] * len(mentions)
        each_once = list({mention.native_id: mention for mention in mentions}.values())
        listing = Listing(each_once, page.next, [*rejects, *page.rejects], moments)
        if place is not None and listing.fingerprint in seen:
            return Listing([], None)
        seen.add(listing.fingerprint)
        return listing

    yield from newest_first(http, cursor, ask)


def propose(http: "Http", brand: str, site: str | None) -> Iterator[Mapping[str, Any]]:  # noqa: ARG001
    """Yield the brand's own site if its first page holds reviews."""
    if site and _reviews(http.page(site)).found:
        yield {"url": site}


def _reviews(response: Response) -> Reviews:
    charset = CHARSET.search(response.headers.get("content-type", ""))
    return read_reviews(response.content, response.url, charset[1] if charset else None)


def _is_sorted(mentions: Sequence[Mention]) -> bool:
    dates = [mention.posted_at for mention in mentions if mention.posted_at_known]
    is_falling = all(later >= earlier for later, earlier in pairwise(dates))
    return len(mentions) == len(dates) >= ENOUGH and is_falling and dates[0] > dates[-1]


def _mention(review: Review, visit: Visit) -> Mention:
    posted_at = review.posted_at
    is_known = posted_at is not None and EARLIEST <= posted_at <= visit.now + SKEW
    return Mention(
        source="jsonld",
        native_id=_native_id(review, visit.host),
        text=review.text or review.title,
        posted_at=posted_at if posted_at is not None and is_known else visit.now,
        posted_at_known=is_known,
        url=review.url or visit.address,
        title=review.title or None,
        author=review.author or None,
        language=visit.language or review.language,
        rating=review.rating,
        rating_max=review.rating_max,
    )


def _native_id(review: Review, host: str) -> str:
    if review.key:
        return review.key if review.key.startswith(("http://", "https://", "urn:")) else f"{host}:{review.key}"
    day = review.posted_at.date().isoformat() if review.posted_at else ""
    said = review.text or review.title or str(review.rating)
    written = "\x1f".join((readable(review.author), day, readable(said) or said)).encode("utf-8", "replace")
    return f"{host}:{hashlib.blake2b(written, digest_size=16).hexdigest()}"
