"""Reviews of one's own apps in Apple's App Store, through the App Store Connect API."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from connectors.formats.countries import ALPHA2
from connectors.formats.dates import parse_date
from connectors.mention import Mention
from connectors.source import Cursor, Page, read_items, source
from connectors.walks.paging import DAY_S, Listing, Place, newest_first
from connectors.walks.single import one_by_one
from connectors.web.response import Response
from connectors.web.signed import as_team

if TYPE_CHECKING:
    from connectors.http import Http

API = "https://api.appstoreconnect.apple.com"
PER_PAGE = 200  # the most that it gives
REPLIES_S = 14 * DAY_S  # a reply does not move its review up, so the days in which most are written are walked again
ROLE = "give the key a role that may read reviews, such as Customer Support, and accept Apple's newest agreements"


@source(
    "App Store Connect",
    kind="review",
    terms="https://developer.apple.com/support/terms/",
    history="all reviews of your own apps",
    example={
        "app_id": "1234567890",
        "key_id": "env:APPLE_KEY_ID",
        "issuer_id": "57246542-96fe-1a63-e053-0824d011072a",
        "private_key": "env:APPLE_PRIVATE_KEY",
    },
    fills=("url", "title", "author", "country", "rating", "rating_max", "reply_text", "replied_at"),
    key="API key with the role Customer Support",
    rate="about 3,500 requests an hour for each key",
    secrets=("key_id", "private_key"),
    per_minute=55,
)
def fetch(
    http: "Http", cursor: Cursor, *, app_id: str, key_id: str, issuer_id: str, private_key: str, api: str = API
) -> Iterator[Page]:
    """Yield every review of the app in all countries, newest first, with the developer's reply.

    `private_key` is the text of the .p8 file. Apple numbers these reviews otherwise than its public feed, so an app
    that is read by both `appstore` and this is counted twice.
    """
    team = as_team(http, key_id=key_id, issuer_id=issuer_id, private_key=private_key, hint=ROLE)
    url = f"{api}/v1/apps/{app_id}/customerReviews"

    def ask(place: Place | None) -> Listing:
        answer = team.get(url, limit=PER_PAGE, sort="-createdDate", include="response", cursor=place).json()
        replies = _replies(answer)
        mentions, rejects = read_items(answer["data"], lambda review: _mention(review, replies, app_id))
        return Listing(mentions, _place(answer["links"].get("next")), rejects)

    yield from newest_first(http, cursor, ask, overlap_s=REPLIES_S)


def recheck(http: "Http", native_ids: Sequence[str], *, app_id: str, api: str = API, **key: str) -> Iterator[Page]:
    """Yield the reviews as they are now, and the ids of those that are gone."""
    team = as_team(http, **key, hint=ROLE)

    def ask(native_id: str) -> Response:
        return team.get(f"{api}/v1/customerReviews/{quote(native_id, safe='')}", include="response", reads=(404,))

    yield from one_by_one(http, native_ids, ask, lambda a: _mention(a["data"], _replies(a), app_id))


def _place(url: str | None) -> Place | None:
    return parse_qs(urlsplit(url).query)["cursor"][0] if url else None


def _replies(answer: Any) -> dict[str, Mapping[str, Any]]:
    return {reply["id"]: reply.get("attributes") or {} for reply in answer.get("included") or ()}


def _mention(review: Any, replies: Mapping[str, Mapping[str, Any]], app_id: str) -> Mention:
    words = review["attributes"]
    response = ((review.get("relationships") or {}).get("response") or {}).get("data") or {}
    reply = replies.get(response.get("id", ""), {})
    country = ALPHA2.get(words.get("territory") or "")
    return Mention(
        source="appstoreconnect",
        native_id=review["id"],
        text=words["body"] or "",
        posted_at=parse_date(words["createdDate"]),
        url=f"https://apps.apple.com/{country.lower()}/app/id{app_id}?see-all=reviews" if country else None,
        title=words.get("title") or None,
        author=words.get("reviewerNickname") or None,
        country=country,
        rating=float(words["rating"]),
        rating_max=5.0,
        reply_text=reply.get("responseBody") or None,
        replied_at=parse_date(reply["lastModifiedDate"]) if reply.get("lastModifiedDate") else None,
    )
