"""Own apps on Google Play: one id with the public source, a whole week each time."""

import copy
from typing import Any

import httpx
import pytest

from connectors.mention import Mention
from connectors.source import Changed, Page, all_sources
from tests.test_connectors import mentions, recorded, replay, walk

CARD = all_sources()["googleplay_own"]
TOKEN, *PAGES = (call["json"] for call in recorded(CARD)["calls"])


def answers(answer: Any) -> list[Page]:
    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=TOKEN if request.url.path == "/token" else answer)

    return list(walk(CARD, serve))


def said(**changes: Any) -> Mention:
    """Return the mention of a review whose comment says `changes`."""
    review = copy.deepcopy(PAGES[0]["reviews"][0])
    review["comments"][0]["userComment"] |= changes
    (page,) = answers({"reviews": [review]})
    return page.mentions[0]


def test_a_review_is_the_same_mention_as_in_the_public_source() -> None:
    review = said()
    public = Mention(source="googleplay", native_id=review.native_id, text="-", posted_at=review.posted_at)
    assert review.mention_id == public.mention_id


@pytest.mark.parametrize(
    ("text", "title", "words"),
    [
        ("\tGood", None, "Good"),
        ("Fine\tGood", "Fine", "Good"),
        ("Good", None, "Good"),
        ("Fine\tGood\tand cheap", "Fine", "Good\tand cheap"),
        ("Fine\t", "Fine", ""),
    ],
)
def test_the_title_stands_before_a_tab(text: str, title: str | None, words: str) -> None:
    review = said(text=text)
    assert (review.title, review.text) == (title, words)


@pytest.mark.parametrize(
    ("told", "language"), [("pt_BR", "pt"), ("zh-Hans-CN", "zh"), ("EN", "en"), ("fil", None), ("", None)]
)
def test_the_language_of_the_device_has_two_letters_or_is_unknown(told: str, language: str | None) -> None:
    assert said(reviewerLanguage=told).language == language


@pytest.mark.parametrize("answer", [{}, {"tokenPagination": {}}, {"pageInfo": {"totalResults": 0}}, {"reviews": []}])
def test_an_app_without_reviews_is_no_error(answer: Any) -> None:
    assert not mentions(answers(answer))


def test_a_review_in_which_no_user_speaks_is_rejected_and_the_others_are_kept() -> None:
    odd = {"reviewId": "odd", "comments": [{"developerComment": {"text": "Hello?"}}]}
    others = [review for page in PAGES for review in page["reviews"]]
    (page,) = answers({"reviews": [odd, *others]})
    assert len(page.mentions) == 5
    assert [reject.place for reject in page.rejects] == ["item 1"]
    with pytest.raises(Changed, match="userComment"):
        answers({"reviews": [odd, odd]})


def test_each_walk_goes_through_the_whole_week_and_sees_late_replies() -> None:
    first = list(walk(CARD, replay(CARD)))
    second = list(walk(CARD, replay(CARD), first[-1].cursor))
    assert mentions(second).keys() == mentions(first).keys()
