"""Apple App Store reviews, through the public customer-reviews feed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.applereviews import from_json, from_xml
from connectors.mention import Mention
from connectors.source import MISSHAPEN, Cursor, Page, SourceError, Unavailable, read_items, source

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
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    app_id: str,
    countries: Sequence[str] = ("us",),
    api: str = "https://itunes.apple.com",
) -> Iterator[Page]:
    """Yield reviews country by country, newest first, down to the newest of that country's last finished walk.

    Apple's feed often answers empty where there are reviews: an empty first page is never believed, and
    a later one is the end once two walks have met it.
    A country that fails does not hold back the others; its error is raised after them.
    """
    places = list(dict.fromkeys(country.lower() for country in countries))
    states, last = dict(cursor.get("countries", {})), cursor.get("last")
    turn = places.index(last) + 1 if last in places else 0  # so that a small budget reaches every country
    trouble: Exception | None = None
    for country in places[turn:] + places[:turn]:
        try:
            for page in _walk(http, Shop(api, app_id, country), states.get(country, {})):
                states[country] = page.cursor
                last = last if "page" in page.cursor else country
                yield page._replace(cursor={"countries": dict(states), "last": last})
        except (SourceError, *MISSHAPEN) as error:
            trouble = trouble or error
    if trouble:
        raise trouble


def _walk(http: "Http", shop: Shop, state: Mapping[str, Any]) -> Iterator[Page]:
    since, top = state.get("since", ""), state.get("top", "")
    for number in range(state.get("page", 1), PAGES + 1):
        reviews = _reviews(http, shop, number)
        if not reviews:
            yield _end(http, shop, number, state={**state, "top": top})
            return
        mentions, rejects = read_items(reviews, lambda review: _mention(review, shop))
        top = max([top, *(m.posted_at.isoformat() for m in mentions)])
        fresh = [m for m in mentions if m.posted_at.isoformat() >= since]
        if len(fresh) < len(mentions) or number == PAGES:
            missed = since and len(fresh) == len(mentions)
            yield Page(fresh, {"since": top}, rejects, f"{shop.country}: {TOO_MANY}" if missed else None)
            return
        yield Page(fresh, {**state, "top": top, "page": number + 1}, rejects)


def _end(http: "Http", shop: Shop, number: int, *, state: Mapping[str, Any]) -> Page:
    kept = {key: state[key] for key in ("since", "end") if key in state}
    if number == 1:
        return Page([], kept, suspect=f"every form of the {shop.country} feed is empty; Apple's often is by mistake")
    if number < PAGES and _reviews(http, shop, number + 1):
        problem = f"page {number} of the {shop.country} feed is empty, but page {number + 1} is not"
        raise Unavailable("appstore", problem, "the next run asks for it again")
    # the last page can be empty by mistake too, so an end counts once two walks have found it at the same place
    return Page([], {"since": state["top"]} if state.get("end") == number else {**kept, "end": number})


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
