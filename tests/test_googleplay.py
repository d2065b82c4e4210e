"""Google Play: real recordings, errors inside good answers, and tokens that do not move."""

import json
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.source import Changed, Cursor, Page, Refused, SourceError, Unavailable, all_sources
from tests.test_connectors import mentions, recorded, replay, walk

CARD = all_sources()["googleplay"]
TEXTS = [call["text"] for call in recorded(CARD)["calls"]]
CORPUS = Path(__file__).parents[2] / "shared/fixtures/googleplay/fixtures/reviews"
OLD_TOKEN: Cursor = {"parts": {"en": {"since": 1795000000.0, "tail": "CtoBTOKEN-one_1"}}}


def token(request: httpx.Request) -> str | None:
    asked = json.loads(json.loads(httpx.QueryParams(request.content.decode())["f.req"])[0][0][1])
    found: str | None = asked[2][2][2]
    return found


def framed(payload: Any, status: Any = None) -> str:
    said = None if payload is None else json.dumps(payload)
    return ")]}'\n\n" + json.dumps([["wrb.fr", "UsvDTd", said, None, None, status, "generic"], ["di", 1]])


def english(answer: str, request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text=answer if request.url.params["hl"] == "en" else TEXTS[-1])


def walked(answer: str, cursor: Cursor | None = None) -> Iterator[Page]:
    return walk(CARD, lambda request: english(answer, request), cursor)


@pytest.mark.skipif(not CORPUS.exists() and "CI" not in os.environ, reason="the recordings lie beside the checkout")
@pytest.mark.parametrize(
    ("name", "stars", "replied", "liked", "titled"),
    # counted in a Python shell over the lists themselves, not with this connector
    [("translate-initial.txt", [34, 15, 16, 8, 77], 42, 26, 1), ("translate-page2.txt", [35, 7, 7, 11, 90], 30, 27, 0)],
)
def test_recorded_answers_are_read_whole(name: str, stars: list[int], replied: int, liked: int, titled: int) -> None:
    text = (CORPUS / name).read_text(encoding="utf-8")
    (page,) = islice(walked(text), 1)
    ids = re.findall(r'\[\\"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\\",\[', text)
    assert [mention.native_id for mention in page.mentions] == ids and len(set(ids)) == 150
    assert not page.rejects
    assert [sum(m.rating == n for m in page.mentions) for n in range(1, 6)] == stars
    assert sum(m.reply_text is not None and m.replied_at is not None for m in page.mentions) == replied
    assert sum(bool(m.likes) for m in page.mentions) == liked
    assert sum(m.title is not None for m in page.mentions) == titled
    assert page.mentions == sorted(page.mentions, key=lambda mention: mention.posted_at, reverse=True)


@pytest.mark.skipif(not CORPUS.exists() and "CI" not in os.environ, reason="the recordings lie beside the checkout")
def test_recorded_pages_follow_one_another() -> None:
    first, second = ((CORPUS / name).read_text() for name in ("translate-initial.txt", "translate-page2.txt"))
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(token(request))
        return httpx.Response(200, text=first if asked[-1] is None else second)

    pages = list(islice(walk(CARD, answer), 2))
    assert len(mentions(pages)) == 300
    assert asked[0] is None and re.search(r'\[null,\\"([^"\\]+)\\"\]\]"', first)[1] == asked[1]  # type: ignore[index]


@pytest.mark.parametrize("moves", [False, True])
def test_a_token_that_leads_nowhere_is_a_problem_and_not_an_end(moves: bool) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        standing = TEXTS[1].replace("CtoBTOKEN-two_2", "CtoBTOKEN-one_1")
        return english(standing if token(request) and moves else TEXTS[0], request)

    pages = []
    with pytest.raises(Unavailable, match=r"the same page token again|the same items as one before"):
        for page in walk(CARD, answer):
            pages.append(page)
    assert len(mentions(pages)) == 5, "what came before is kept, and the other language is walked"
    assert len(mentions([*pages, *walk(CARD, replay(CARD), pages[-1].cursor)])) == 9


def test_a_page_with_reviews_and_no_token_is_the_end() -> None:
    pages = list(walk(CARD, replay(CARD)))
    assert not pages[-1].cursor["parts"]["en"].keys() & {"at", "tail"}, "nothing is left to ask"


@pytest.mark.parametrize("payload", [[], [None, None, []], [[], None]])
def test_an_app_without_reviews_is_told_because_a_wrong_id_looks_the_same(payload: Any) -> None:
    pages = list(walked(framed(payload)))
    assert [str(page.suspect) for page in pages if page.suspect] == [
        "there are no reviews of com.example.harbor in language 'en'; check both"
    ]
    assert len(mentions(pages)) == 2, "the other language is walked"


@pytest.mark.parametrize(
    ("status", "error"), [([3], Refused), ([8, None, [["x.PlayGatewayError"]]], Unavailable), ([13], Unavailable)]
)
def test_an_error_inside_a_good_answer_is_one(status: Any, error: type[SourceError]) -> None:
    with pytest.raises(error, match=r"^googleplay: Google"):
        list(walked(framed(None, status)))


def test_what_is_not_found_is_empty_and_asked_again() -> None:
    pages = list(walked(framed(None, [5]), OLD_TOKEN))
    assert pages[-1].cursor["parts"]["en"] == OLD_TOKEN["parts"]["en"]


def test_a_token_that_google_has_forgotten_sends_the_walk_to_the_head() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if token(request) == "CtoBTOKEN-one_1" and not fresh:
            fresh.append(True)
            return httpx.Response(200, text=framed(None, [3]))
        return replay(CARD)(request)

    fresh: list[bool] = []
    cursor = {"parts": {"en": {"since": 1800000000.0, "tail": "CtoBTOKEN-one_1"}}}
    assert len(mentions(list(walk(CARD, answer, cursor)))) == 9


def test_a_review_that_names_an_error_is_none() -> None:
    (page,) = islice(walked(TEXTS[0].replace("Wrong map", "PlayGatewayError")), 1)
    assert [mention.title for mention in page.mentions] == [None, None, "PlayGatewayError"]


def test_words_that_stand_elsewhere_are_a_changed_answer() -> None:
    rows = [[f"id{n}", ["Ann"], 5, ["moved"], "Fine", [1795000000]] for n in range(3)]
    with pytest.raises(Changed, match="a text was expected"):
        list(walked(framed([rows, None])))
