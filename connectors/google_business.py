"""Google reviews of one's own places, through the Google Business Profile API."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.formats.dates import parse_date
from connectors.formats.markup import plain
from connectors.mention import Mention
from connectors.source import Cursor, Page, read_items, source
from connectors.walks.paging import DAY_S, Listing, Place, newest_first
from connectors.walks.single import one_by_one
from connectors.web.response import Response
from connectors.web.signed import as_user

if TYPE_CHECKING:
    from connectors.http import Http

API = "https://mybusiness.googleapis.com/v4"
PER_PAGE = 50  # the most that it gives
REPLIES_S = 14 * DAY_S  # a reply may not move its review up, so the days in which most are written are walked again
STARS = {"STAR_RATING_UNSPECIFIED": None, "ONE": 1.0, "TWO": 2.0, "THREE": 3.0, "FOUR": 4.0, "FIVE": 5.0}
TRANSLATED, ORIGINAL = "(Translated by Google)", "(Original)"
ACCESS = "Google opens this API on request only: see that its project has access, and that its user manages the place"


@source(
    "Google Business Profile",
    kind="review",
    terms="https://developers.google.com/my-business/content/policies",
    history="all reviews of your own verified places",
    example={
        "account": "112233445566778899000",
        "location": "9988776655443322110",
        "client_id": "env:GOOGLE_CLIENT_ID",
        "client_secret": "env:GOOGLE_CLIENT_SECRET",
        "refresh_token": "env:GOOGLE_REFRESH_TOKEN",
    },
    fills=("author", "rating", "rating_max", "reply_text", "replied_at"),
    key="OAuth client and refresh token, after Google's approval",
    rate="not published; 300 requests a minute in its sister APIs",
    secrets=("client_id", "client_secret", "refresh_token"),
    per_minute=300,
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    account: str,
    location: str,
    client_id: str,
    client_secret: str,
    refresh_token: str,
    api: str = API,
) -> Iterator[Page]:
    """Yield every review of the place, the one written or changed last first, with the owner's reply.

    A rating without words has the text "". Where Google adds its translation, the writer's own words are kept.
    """
    oauth = {"client_id": client_id, "client_secret": client_secret, "refresh_token": refresh_token}
    user = as_user(http, **oauth, hint=ACCESS)
    url = f"{api}/accounts/{account}/locations/{location}/reviews"

    def ask(place: Place | None) -> Listing:
        return _listing(user.get(url, pageSize=PER_PAGE, orderBy="updateTime desc", pageToken=place).json())

    yield from newest_first(http, cursor, ask, overlap_s=REPLIES_S)


def recheck(
    http: "Http", native_ids: Sequence[str], *, account: str, location: str, api: str = API, **oauth: str
) -> Iterator[Page]:
    """Yield the reviews as they are now, and the ids of those that are gone."""
    user = as_user(http, **oauth, hint=ACCESS)
    url = f"{api}/accounts/{account}/locations/{location}/reviews"

    def ask(native_id: str) -> Response:
        return user.get(f"{url}/{quote(native_id, safe='')}", reads=(404,))

    yield from one_by_one(http, native_ids, ask, _mention)


def _listing(answer: Any) -> Listing:
    changed: list[float] = []

    def read(review: dict[str, Any]) -> Mention:
        changed.append(parse_date(review["updateTime"]).timestamp())
        return _mention(review)

    # a place without any review is answered with {}, where the list would be
    reviews = answer["reviews"] if answer.keys() - {"averageRating", "totalReviewCount"} else []
    mentions, rejects = read_items(reviews, read)
    return Listing(mentions, answer.get("nextPageToken") or None, rejects, changed)


def _mention(review: dict[str, Any]) -> Mention:
    reply, stars = review.get("reviewReply") or {}, STARS[review["starRating"]]
    return Mention(
        source="google_business",
        native_id=review["reviewId"],
        text=_original(review.get("comment") or ""),
        posted_at=parse_date(review["createTime"]),
        author=(review.get("reviewer") or {}).get("displayName") or None,
        rating=stars,
        rating_max=5.0 if stars else None,
        reply_text=_original(reply.get("comment") or "") or None,
        replied_at=parse_date(reply["updateTime"]) if reply.get("updateTime") else None,
    )


def _original(comment: str) -> str:
    """Return the writer's words of a comment in which Google's translation stands before or after them."""
    before, mark, after = comment.partition(ORIGINAL)
    if mark and before.startswith(TRANSLATED):
        return plain(after.strip())
    return plain(comment.partition(f"\n\n{TRANSLATED}")[0].strip())
