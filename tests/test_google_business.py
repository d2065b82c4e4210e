"""Google Business Profile: ratings without words, translations, and reviews that move up when they change."""

from typing import Any

import httpx
import pytest

from connectors.mention import Mention
from connectors.source import Changed, Cursor, Page, all_sources
from tests.test_connectors import mentions, recorded, walk

CARD = all_sources()["google_business"]
TOKEN, FIRST, *_ = (call["json"] for call in recorded(CARD)["calls"])


class Place:
    """Serves reviews as Google does: the one changed last first, two a page, by tokens."""

    def __init__(self, *reviews: dict[str, Any]) -> None:
        self.reviews = list(reviews)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json=TOKEN)
        assert request.url.params["orderBy"] == "updateTime desc"
        ordered = sorted(self.reviews, key=lambda r: str(r.get("updateTime")), reverse=True)
        start = int(request.url.params.get("pageToken", "0"))
        more = {"nextPageToken": str(start + 2)} if len(ordered) > start + 2 else {}
        return httpx.Response(200, json={"reviews": ordered[start : start + 2], **more} if ordered else {})

    def walk(self, cursor: Cursor | None = None) -> list[Page]:
        return list(walk(CARD, self, cursor))


def review(number: int = 1, **changes: Any) -> dict[str, Any]:
    when = f"2026-{1 + number // 28:02}-{1 + number % 28:02}T00:00:00Z"
    told = {"reviewId": f"r{number}", "starRating": "TWO", "comment": "Meh.", "createTime": when, "updateTime": when}
    return {name: value for name, value in {**told, **changes}.items() if value is not None}


def read(**changes: Any) -> Mention:
    (found,) = mentions(Place(review(**changes)).walk()).values()
    return found


def test_a_rating_without_words_is_a_mention() -> None:
    found = read(comment=None, starRating="FIVE")
    assert (found.text, found.rating, found.rating_max) == ("", 5.0, 5.0)


def test_words_without_a_rating_are_a_mention_and_neither_is_an_odd_item() -> None:
    assert read(starRating="STAR_RATING_UNSPECIFIED").rating is None
    with pytest.raises(Changed, match="no text, title or rating"):
        Place(review(starRating="STAR_RATING_UNSPECIFIED", comment=None)).walk()
    with pytest.raises(Changed, match="SIX"):
        Place(review(starRating="SIX")).walk()


@pytest.mark.parametrize(
    "comment",
    [
        "Prima Kaffee!",
        "(Translated by Google) Great coffee!\n\n(Original)\nPrima Kaffee!",
        "Prima Kaffee!\n\n(Translated by Google)\nGreat coffee!",
    ],
)
def test_of_a_translated_review_the_writers_words_are_kept(comment: str) -> None:
    assert read(comment=comment).text == "Prima Kaffee!"
    assert read(reviewReply={"comment": comment}).reply_text == "Prima Kaffee!"


@pytest.mark.parametrize("comment", ["It is (Original)\nand good.", "A sign said (Translated by Google).", "1 < 2 & 3"])
def test_words_that_only_look_like_it_stay(comment: str) -> None:
    assert read(comment=comment).text == comment


def test_a_review_that_is_changed_moves_up_and_is_read_again() -> None:
    place = Place(*(review(number) for number in range(1, 101)))
    first = place.walk()
    assert len(mentions(first)) == 100
    place.reviews[4] = review(5, comment="Better now.", updateTime="2026-05-01T00:00:00Z")
    second = place.walk(first[-1].cursor)
    assert "Better now." in {m.text for m in mentions(second).values()}
    assert len(second) < len(first), "what has not changed for long is not walked again"


def test_the_mark_is_the_newest_change_and_not_the_newest_review() -> None:
    (page,) = Place(review(1, updateTime="2026-05-01T00:00:00.123456789Z"), review(9)).walk()
    assert page.cursor["since"] == pytest.approx(1_777_593_600.123456)


def test_one_review_without_its_date_is_rejected_and_does_not_stop_the_others() -> None:
    pages = Place(*(review(number) for number in range(1, 6)), review(6, updateTime=None)).walk()
    assert len(mentions(pages)) == 5
    assert [reject.reason for page in pages for reject in page.rejects] == ["KeyError: 'updateTime'"]


@pytest.mark.parametrize("answer", [{}, {"averageRating": 0, "totalReviewCount": 0}])
def test_a_place_without_reviews_is_no_error(answer: Any) -> None:
    pages = walk(CARD, lambda r: httpx.Response(200, json=TOKEN if r.url.path == "/token" else answer))
    assert not mentions(list(pages))
