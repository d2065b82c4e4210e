"""Apple App Store reviews, through the public customer-reviews feed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.formats.applereviews import from_json, from_xml
from connectors.mention import Mention
from connectors.source import Cursor, Page, Unavailable, read_items, source
from connectors.walks.paging import Listing, newest_first
from connectors.walks.turns import in_turn

if TYPE_CHECKING:
    from connectors.http import Http

TOO_MANY = "more new reviews than the feed's 500, so some are missed; run more often"
PAGES = 10  # page 11 answers 400


class Shop(NamedTuple):
    """One app in one country's store."""

    api: str
    app_id: str
    country: str


@source(
    "Apple App Store",
    kind="review",
    terms="https://www.apple.com/legal/internet-services/itunes/",
    history="the newest 500 reviews per country",
    example={"app_id": "408709785", "countries": ["us", "gb"]},
    fills=("url", "title", "author", "country", "rating", "rating_max", "likes"),
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    app_id: str,
    countries: Sequence[str] = ("us",),
    api: str = "https://itunes.apple.com",
) -> Iterator[Page]:
    """Yield reviews country by country, newest first, down to a day before that country's newest of the last walk.

    Apple's feed often answers empty where there are reviews: an empty page is asked for again by the next run.
    A country that fails does not hold back the others; its error is raised after them.
    """

    def walk(shop: Shop, state: Cursor) -> Iterator[Page]:
        return newest_first(http, state, lambda place: _listing(http, shop, place or 1, state.get("since")))

    names = dict.fromkeys(country.lower() for country in countries)
    yield from in_turn(cursor, {name: partial(walk, Shop(api, app_id, name)) for name in names})


def propose(http: "Http", brand: str, site: str | None) -> Iterator[Mapping[str, Any]]:  # noqa: ARG001
    """Yield the apps whose name holds the brand's, from Apple's own search."""
    found = http.json("GET", "https://itunes.apple.com/search", term=brand, entity="software", limit=10)
    for app in found["results"]:
        if brand.casefold() in app["trackName"].casefold():
            yield {"app_id": str(app["trackId"])}


def _listing(http: "Http", shop: Shop, number: int, since: float | None) -> Listing:
    reviews = _reviews(http, shop, number)
    if not reviews:
        return _end(http, shop, number)
    mentions, rejects = read_items(reviews, lambda review: _mention(review, shop))
    page = Listing(mentions, number + 1 if number < PAGES else None, rejects)
    missed = number == PAGES and since is not None and not page.reaches(since)
    return page._replace(suspect=f"{shop.country}: {TOO_MANY}" if missed else None)


def _end(http: "Http", shop: Shop, number: int) -> Listing:
    if number == 1:
        doubt = f"every form of the {shop.country} feed is empty; Apple's often is by mistake"
        return Listing([], None, suspect=doubt)
    if number < PAGES and _reviews(http, shop, number + 1):
        problem = f"page {number} of the {shop.country} feed is empty, but page {number + 1} is not"
        raise Unavailable("appstore", problem, "the next run asks for it again")
    return Listing([], None)


def _reviews(http: "Http", shop: Shop, number: int) -> list[dict[str, str]]:
    """Return the reviews of the first form of the page that has any: where one is empty another may not be."""
    feed = f"{shop.api}/{shop.country}/rss/customerreviews"
    unpaged = [f"{feed}/id={shop.app_id}/sortBy=mostRecent"] if number == 1 else []
    forms = [f"{feed}/page={number}/id={shop.app_id}/sortby=mostrecent", *unpaged]
    answers = (_entries(http, f"{form}/{suffix}") for suffix in ("xml", "json") for form in forms)
    return next(filter(None, answers), [])


def _entries(http: "Http", url: str) -> list[dict[str, str]]:
    answer = http.get(url)
    entries = from_xml(answer.content) if url.endswith("/xml") else from_json(answer.json())
    # older feeds begin with the app itself, which has an artist and no rating
    return [entry for entry in entries if "rating" in entry or "artist" not in entry]


def _mention(review: Mapping[str, str], shop: Shop) -> Mention:
    return Mention(
        source="appstore",
        native_id=review["id"],
        text=review["content"],
        posted_at=datetime.fromisoformat(review["updated"]).astimezone(UTC),
        url=f"https://apps.apple.com/{shop.country}/app/id{shop.app_id}?see-all=reviews",
        title=review["title"] or None,
        author=review.get("author") or None,
        country=shop.country.upper(),
        rating=float(review["rating"]),
        rating_max=5.0,
        likes=int(review["voteSum"]) if review.get("voteSum") else None,
    )
