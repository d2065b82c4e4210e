"""Steam user reviews of a game or program, through Steam's public Web API."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from connectors.formats.bbcode import unmarked
from connectors.formats.dates import from_epoch
from connectors.mention import Mention
from connectors.source import Changed, Cursor, Page, Refused, read_items, source
from connectors.walks.paging import DAY_S, Listing, Place, newest_first

if TYPE_CHECKING:
    from connectors.http import Http

UPDATED, PER_PAGE = 2, 100  # of EUserReviewsAppReviewsFilter; with 1 an edited review would never come again
EVERY = {"languages": ["all"], "review_type": 0, "purchase_type": 1, "filter_offtopic_activity": False}
REPLIES_S = 7 * DAY_S  # a reply or a vote does not move its review up, so a week is walked again
LIKELY = 2**31  # a count from here on is a negative one as Steam writes it
SORTED = 0.8  # of neighbours in the right order; edits of the last minutes have not moved yet
CODES = """
    arabic:ar brazilian:pt bulgarian:bg czech:cs danish:da dutch:nl english:en finnish:fi french:fr german:de greek:el
    hungarian:hu indonesian:id italian:it japanese:ja korean:ko koreana:ko latam:es malay:ms norwegian:no polish:pl
    portuguese:pt romanian:ro russian:ru sc_schinese:zh schinese:zh spanish:es swedish:sv tchinese:zh thai:th
    turkish:tr ukrainian:uk vietnamese:vi
"""
LANGUAGES = dict(pair.split(":") for pair in CODES.split())


@source(
    "Steam",
    kind="review",
    terms="https://steamcommunity.com/dev/apiterms",
    history="all reviews",
    example={"app_id": 480},
    fills=("url", "author", "language", "rating", "rating_max", "likes", "replies", "reply_text", "replied_at"),
    rate="not published; lower without a key than with one",
    per_minute=60,
)
def fetch(http: "Http", cursor: Cursor, *, app_id: int, api: str = "https://api.steampowered.com") -> Iterator[Page]:
    """Yield every review, in all languages and from all ways to get the game, the one written or changed last first.

    Off-topic ones, which Steam leaves out of its scores, are among them. A recommendation is a rating of 1 of 1.
    """

    def ask(place: Place | None) -> Listing:
        asked = {"appid": app_id, "filter": UPDATED, **EVERY, "num_per_page": PER_PAGE, "cursor": place or "*"}
        url = f"{api}/IUserReviewsService/GetAppReviews/v1/"
        answer = http.json("GET", url, input_json=json.dumps(asked, separators=(",", ":")))["response"]
        if not answer and place is None:
            raise Refused(http.source, f"Steam knows no app {app_id}", "take the number in the address of its page")
        moments: list[float] = []

        def read(review: dict[str, Any]) -> Mention:
            mention = _mention(review, app_id)
            moments.append(review["timestamp_updated"])
            return mention

        mentions, rejects = read_items(_reviews(answer), read)
        if not _is_sorted(moments):  # a walk that stops at what it knows would miss some
            raise Changed(http.source, "reviews are not sorted by their last change", "update connectors/steam.py")
        following = answer.get("cursor")
        return Listing(mentions, None if following in (place, "*", "") else following, rejects, moments)

    yield from newest_first(http, cursor, ask, overlap_s=REPLIES_S)


def _is_sorted(moments: Sequence[float]) -> bool:
    right = sum(earlier <= later for later, earlier in pairwise(moments))
    return len(moments) < 10 or right >= SORTED * (len(moments) - 1)


def _reviews(answer: dict[str, Any]) -> list[Any]:
    """Return the reviews of a page; an empty one lacks the list, but a full one must not."""
    number = (answer.get("query_summary") or {}).get("num_reviews")
    found: list[Any] = answer["reviews"] if number else answer.get("reviews", [])
    return found


def _mention(review: dict[str, Any], app_id: int) -> Mention:
    author = review.get("author") or {}
    steam_id, replied = author.get("steamid"), review.get("timestamp_dev_responded")
    return Mention(
        source="steam",
        native_id=str(review["recommendationid"]),
        text=unmarked(review["review"]),
        posted_at=from_epoch(review["timestamp_created"]),
        url=f"https://steamcommunity.com/profiles/{steam_id}/recommended/{app_id}/" if steam_id else None,
        author=author.get("personaname") or steam_id,
        language=LANGUAGES.get(review.get("language", "")),
        rating=1.0 if review["voted_up"] else 0.0,
        rating_max=1.0,
        likes=_count(review.get("votes_up")),
        replies=_count(review.get("comment_count")),
        reply_text=unmarked(review.get("developer_response") or "") or None,
        replied_at=from_epoch(replied) if replied else None,
    )


def _count(given: int | str | None) -> int | None:  # "4" as well as 4 was recorded
    number = -1 if given is None else int(given)
    return number if 0 <= number < LIKELY else None
