"""Reviews of a business on Trustpilot, through its public API."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.formats.dates import parse_date
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, read_items, source
from connectors.walks.paging import DAY_S, Listing, Place, newest_first
from connectors.walks.single import one_by_one
from connectors.web.response import Response
from connectors.web.wire import shown

if TYPE_CHECKING:
    from connectors.http import Http

API = "https://api.trustpilot.com/v1"
PER_PAGE = 100  # the most that it gives
REPLIES_S = 14 * DAY_S  # a reply does not move its review up, so the days in which most are written are walked again


@source(
    "Trustpilot",
    kind="review",
    terms="https://legal.trustpilot.com/for-businesses/business-terms",
    history="all published reviews",
    example={"domain": "harborcoffee.example", "api_key": "env:TRUSTPILOT_API_KEY"},
    fills=(
        "url",
        "title",
        "author",
        "language",
        "country",
        "rating",
        "rating_max",
        "likes",
        "reply_text",
        "replied_at",
    ),
    key="API key",
    cost="the API module, an add-on of the paid plans",
    rate="10,000 requests an hour, and 200,000 a year in the smallest plan",
    secrets=("api_key",),
    per_minute=160,
)
def fetch(http: "Http", cursor: Cursor, *, domain: str, api_key: str, api: str = API) -> Iterator[Page]:
    """Yield every review of the business whose web site is `domain`, newest first, with the company's reply."""
    listed = _shelf(http, domain, {"apikey": api_key}, api)

    def ask(place: Place | None) -> Listing:
        number = place or 1
        reviews = listed(number)
        mentions, rejects = read_items(reviews, _mention)
        following = number + 1 if reviews else None  # beyond the last page there is an empty one
        return Listing(mentions, following, rejects)

    yield from newest_first(http, cursor, ask, overlap_s=REPLIES_S)


def recheck(http: "Http", native_ids: Sequence[str], *, domain: str, api_key: str, api: str = API) -> Iterator[Page]:
    """Yield the reviews as they are now, and the ids of those that are no longer published.

    Calls are paid by the year, so the newest pages are read first, and only what they do not show is asked for singly.
    """
    headers = {"apikey": api_key}
    shelf = _shelf(http, domain, headers, api)
    pages = range(1, 2 + len(native_ids) // PER_PAGE)
    listed = {review["id"]: review for number in pages for review in shelf(number)}

    def ask(native_id: str) -> Response:
        return http.send("GET", f"{api}/reviews/{quote(native_id, safe='')}", headers=headers, reads=(404,))

    yield from one_by_one(http, native_ids, ask, _mention, listed)


def _shelf(http: "Http", domain: str, headers: dict[str, str], api: str) -> Callable[[int], list[Any]]:
    """Return what gives the reviews of a page, the newest on page 1."""
    url = f"{api}/business-units/{_unit(http, domain, headers, api)}/reviews"

    def listed(number: int) -> list[Any]:
        answer = http.json("GET", url, headers=headers, perPage=PER_PAGE, page=number, orderBy="createdat.desc")
        reviews: list[Any] = answer["reviews"]
        return reviews

    return listed


def _unit(http: "Http", domain: str, headers: dict[str, str], api: str) -> str:
    url = f"{api}/business-units/find"
    answer = http.send("GET", url, params={"name": domain}, headers=headers, reads=(404,))
    if answer.status == 404:
        problem = f"404 from {shown(url)}: Trustpilot has no business with the domain {domain!r}"
        raise Refused(http.source, problem, "take the domain that stands in the address of its page there")
    return quote(answer.json()["id"], safe="")


def _mention(review: dict[str, Any]) -> Mention:
    consumer, reply = review.get("consumer") or {}, review.get("companyReply") or {}
    place = consumer.get("countryCode") or consumer.get("displayLocation") or ""  # "DK", or "Aarhus, DK"
    country = re.search(r"(?:^|, )([A-Z]{2})$", place)
    return Mention(
        source="trustpilot",
        native_id=review["id"],
        text=review["text"] or "",
        posted_at=parse_date(review["createdAt"]),
        url=f"https://www.trustpilot.com/reviews/{review['id']}",
        title=review.get("title") or None,
        author=consumer.get("displayName") or None,
        language=review.get("language") or None,
        country=country[1] if country else None,
        rating=float(review["stars"]),
        rating_max=5.0,
        likes=review.get("numberOfLikes"),
        reply_text=reply.get("text") or None,
        replied_at=parse_date(reply["createdAt"]) if reply.get("createdAt") else None,
    )
