"""Reviews of one's own Android apps, through the Google Play Developer API."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from connectors.formats.dates import from_epoch
from connectors.mention import Mention
from connectors.source import Cursor, Page, read_items, source
from connectors.walks.paging import DAY_S, Listing, Place, newest_first
from connectors.web.signed import as_service

if TYPE_CHECKING:
    from connectors.http import Http

PER_PAGE = 100  # the most that it gives
SCOPE = "https://www.googleapis.com/auth/androidpublisher"
WEEK_S = 8 * DAY_S  # more than all that it shows, so that replies and votes are seen until a review leaves the list
PERMISSION = (
    "in Play Console give the service account the permission to reply to reviews; in Google Cloud turn on the API"
)


@source(
    "Google Play, own apps",
    kind="review",
    terms="https://developers.google.com/terms",
    history="reviews with words that were written or changed in the last week: run it every day",
    example={"app_id": "com.example.harbor", "service_account": "env:PLAY_SERVICE_ACCOUNT"},
    fills=("url", "title", "author", "language", "rating", "rating_max", "likes", "reply_text", "replied_at"),
    key="service account (JSON key)",
    rate="200 requests an hour for each app",
    secrets=("service_account",),
    same_as="googleplay",
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    app_id: str,
    service_account: str,
    api: str = "https://androidpublisher.googleapis.com/androidpublisher/v3",
) -> Iterator[Page]:
    """Yield the reviews of the last week, the one written or changed last first, with the developer's reply.

    Each walk goes through the whole week. The ids are those of the public source `googleplay`, whose name the
    mentions carry, so that a review which both have is one.
    """
    account = as_service(http, service_account, scope=SCOPE, hint=PERMISSION)
    url = f"{api}/applications/{app_id}/reviews"

    def ask(place: Place | None) -> Listing:
        answer = account.get(url, maxResults=PER_PAGE, token=place).json()
        pages = answer.get("tokenPagination") or {}
        # an app without any review is answered with {}, where the list would be
        reviews = answer["reviews"] if answer.keys() - {"pageInfo", "tokenPagination"} else []
        mentions, rejects = read_items(reviews, lambda review: _mention(review, app_id))
        return Listing(mentions, pages.get("nextPageToken") or None, rejects)

    yield from newest_first(http, cursor, ask, overlap_s=WEEK_S)


def _mention(review: dict[str, Any], app_id: str) -> Mention:
    parts = {name: part for comment in review["comments"] for name, part in comment.items()}
    said, reply = parts["userComment"], parts.get("developerComment") or {}
    *titled, text = said["text"].split("\t", 1)  # a review of the days when there were titles begins with its own
    language = (said.get("reviewerLanguage") or "").replace("-", "_").partition("_")[0].lower()
    replied = (reply.get("lastModified") or {}).get("seconds")
    return Mention(
        source="googleplay",
        native_id=review["reviewId"],
        text=text.strip(),
        posted_at=from_epoch(int(said["lastModified"]["seconds"])),
        url=f"https://play.google.com/store/apps/details?id={app_id}&reviewId={review['reviewId']}",
        title="".join(titled).strip() or None,
        author=review.get("authorName") or None,
        language=language if len(language) == 2 else None,
        rating=float(said["starRating"]),
        rating_max=5.0,
        likes=said.get("thumbsUpCount"),
        reply_text=reply.get("text") or None,
        replied_at=from_epoch(int(replied)) if replied else None,
    )
