"""Google Play reviews of any app, through the store page's own calls."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from connectors.formats.batchexecute import at, call, text_at
from connectors.formats.dates import from_epoch
from connectors.mention import Mention
from connectors.source import Cursor, Page, Unavailable, read_items, source
from connectors.walks.paging import DAY_S, Listing, Place, newest_first
from connectors.walks.turns import in_turn

if TYPE_CHECKING:
    from connectors.http import Http

REVIEWS = "UsvDTd"  # the name of the call
DEVICE = {"authuser": "", "soc-app": 121, "soc-platform": 1, "soc-device": 1}
NEWEST, PER_PAGE = 2, 150
REPLIES_S = 7 * DAY_S  # a reply or a vote does not move its review up, so a week is walked again


class Shelf(NamedTuple):
    """The reviews of one app by people whose Google accounts speak one language."""

    app_id: str
    language: str
    country: str
    api: str


@source(
    "Google Play",
    kind="review",
    terms="https://play.google.com/about/play-terms/",
    history="all reviews that the store shows, in each language",
    example={"app_id": "com.example.harbor", "languages": ["en", "de"]},
    fills=("url", "title", "author", "rating", "rating_max", "likes", "reply_text", "replied_at"),
    per_minute=60,  # who asks faster meets a PlayGatewayError
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    app_id: str,
    languages: Sequence[str] = ("en",),
    country: str = "us",
    api: str = "https://play.google.com",
) -> Iterator[Page]:
    """Yield reviews language by language, the one written or changed last first, with the developer's reply.

    The language is that of the reviewer's account, not of the words, so mentions carry none. Reviews are the same
    in all countries; `country` is the store that is asked, for apps that are not in every one.
    """
    shelves = (Shelf(app_id, language, country, api) for language in dict.fromkeys(languages))
    yield from in_turn(cursor, {shelf.language: partial(_walk, http, shelf) for shelf in shelves})


def _walk(http: "Http", shelf: Shelf, cursor: Cursor) -> Iterator[Page]:
    for page in newest_first(http, cursor, partial(_listing, http, shelf), overlap_s=REPLIES_S):
        if "since" in page.cursor:
            yield page
        else:  # an app that is not there looks the same as one without reviews
            doubt = f"there are no reviews of {shelf.app_id} in language {shelf.language!r}; check both"
            yield page._replace(suspect=doubt)


def _listing(http: "Http", shelf: Shelf, place: Place | None) -> Listing:
    asked = [None, None, [2, NEWEST, [PER_PAGE, None, place], None, []], [shelf.app_id, 7]]
    url = f"{shelf.api}/_/PlayStoreUi/data/batchexecute"
    answer = call(http, url, REVIEWS, asked, hl=shelf.language, gl=shelf.country, **DEVICE)
    mentions, rejects = read_items(at(answer, 0) or [], lambda review: _mention(review, shelf.app_id))
    token = text_at(answer, 1, 1)
    if mentions and token == place is not None:  # neither an end nor a way on
        raise Unavailable(http.source, "Google Play gives the same page token again", "the next run asks for it again")
    return Listing(mentions, token, rejects)


def _mention(review: list[Any], app_id: str) -> Mention:
    native_id, likes, replied = review[0], at(review, 6), at(review, 7, 2)
    return Mention(
        source="googleplay",
        native_id=native_id,
        text=text_at(review, 4) or "",
        posted_at=from_epoch(review[5][0]),
        url=f"https://play.google.com/store/apps/details?id={app_id}&reviewId={quote(native_id)}",
        title=text_at(review, 3),
        author=text_at(review, 1, 0),
        rating=float(review[2]),
        rating_max=5.0,
        likes=None if likes is None else int(likes),
        reply_text=text_at(review, 7, 1),
        replied_at=from_epoch(replied[0]) if replied else None,
    )
