"""Steam: the end that cursors mean, counts below zero, BBCode, and reviews recorded from the old endpoint."""

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.formats.bbcode import unmarked
from connectors.source import Changed, Refused, all_sources
from connectors.steam import LANGUAGES
from tests.test_connectors import mentions, recorded, replay, walk

CARD = all_sources()["steam"]
ANSWERS = [call["json"]["response"] for call in recorded(CARD)["calls"]]
CORPUS = Path(__file__).parents[2] / "shared/fixtures/steam"


def place(request: httpx.Request) -> str:
    found: str = json.loads(request.url.params["input_json"])["cursor"]
    return found


def served(**pages: dict[str, Any]) -> list[Any]:
    """Walk pages by their cursors, of which `head` is "*"; others are empty."""
    return list(
        walk(
            CARD, lambda r: httpx.Response(200, json={"response": pages.get(place(r).replace("*", "head"), ANSWERS[3])})
        )
    )


def reviews(*updated: int) -> list[dict[str, Any]]:
    first = ANSWERS[0]["reviews"][0]
    return [{**first, "recommendationid": str(n), "timestamp_updated": at} for n, at in enumerate(updated)]


@pytest.mark.skipif(not CORPUS.exists() and "CI" not in os.environ, reason="the recordings lie beside the checkout")
def test_recorded_reviews_are_read_whole() -> None:
    raw = [
        json.loads(path.read_text(encoding="utf-8"))["reviews"].values()
        for path in sorted(CORPUS.glob("review_*.json"))
    ]
    assert [len(found) for found in raw] == [6, 12, 23, 13]
    for found in raw:
        newest = sorted(found, key=lambda review: -review["timestamp_updated"])
        pages = served(head={"reviews": newest, "cursor": "*", "query_summary": {"num_reviews": len(newest)}})
        read = {mention.native_id: mention for mention in mentions(pages).values()}
        assert list(read) == [review["recommendationid"] for review in newest]
        for review in newest:
            mention = read[review["recommendationid"]]
            assert mention.language is not None and mention.language == LANGUAGES[review["language"]]
            assert (mention.rating == 1) == review["voted_up"] and mention.likes == review["votes_up"]
            assert mention.replies == int(review["comment_count"])
            if "[" not in review["review"]:
                assert mention.text == review["review"]


def test_an_edited_review_stands_where_it_was_edited_and_keeps_its_date() -> None:
    mention = next(iter(mentions(list(walk(CARD, replay(CARD)))).values()))
    assert mention.posted_at.timestamp() == ANSWERS[0]["reviews"][0]["timestamp_created"]


@pytest.mark.parametrize("cursor", ["*", "", None, "two"])
def test_a_cursor_that_leads_back_is_the_end(cursor: str | None) -> None:
    summary = {"num_reviews": 1}
    first = {"reviews": reviews(1795000000)[:1], "cursor": "two", "query_summary": summary}
    second = {"reviews": reviews(0, 1794000000)[1:], "cursor": cursor, "query_summary": summary}
    pages = served(head=first, two=second)
    assert len(mentions(pages)) == 2 and not {"at", "tail"} & pages[-1].cursor.keys()


def test_an_empty_page_is_asked_again_because_steam_ends_lists_too_early() -> None:
    half = served(head=ANSWERS[0])
    assert len(mentions(half)) == 3
    assert len(mentions([*half, *walk(CARD, replay(CARD), half[-1].cursor)])) == 8


def test_a_game_without_reviews_is_no_error_and_an_unknown_one_is() -> None:
    assert not mentions(served(head=ANSWERS[3]))
    with pytest.raises(Refused, match="Steam knows no app 480"):
        served(head={})


def test_reviews_in_another_order_are_a_changed_answer() -> None:
    latest = [1795000000 - 60 * n for n in range(20)]
    page = {"cursor": "*", "query_summary": {"num_reviews": 20}}
    with pytest.raises(Changed, match="not sorted"):
        served(head={**page, "reviews": reviews(*latest[::2], *latest[1::2][::-1])})
    edited = [*latest[:-1], latest[0]]
    assert len(mentions(served(head={**page, "reviews": reviews(*edited)}))) == 20, "an edit has not moved yet"


def test_a_count_below_zero_is_unknown() -> None:
    found = {m.native_id: m for m in mentions(list(walk(CARD, replay(CARD)))).values()}
    assert found["210000004"].likes is None
    assert (found["210000001"].likes, found["210000001"].replies) == (31, 4)


def test_the_author_is_the_shown_name_or_the_number_of_the_account() -> None:
    found = {m.native_id: m.author for m in mentions(list(walk(CARD, replay(CARD)))).values()}
    assert (found["210000003"], found["210000002"], found["210000006"]) == ("foam fan", "76561190000000002", None)


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("plain [10/10]\n\n  as it is", "plain [10/10]\n\n  as it is"),
        ("[h1]Head[/h1]\nbody [B]bold[/B]", "Head\nbody bold"),
        ("[list][*]one[*]two[/list][hr][/hr]end", "one\ntwo\nend"),
        ("[url=https://x.example/a?b=1]link[/url] [quote=ann;7]said[/quote] so", "link\nsaid\nso"),
        ("[table noborder=1][tr][td]1[/td][td]2[/td][/tr][/table]", "1\n2"),
        ("[spoiler]he [i think] dies[/spoiler][previewyoutube=abc;full][/previewyoutube]", "he [i think] dies"),
    ],
)
def test_bbcode_becomes_text(marked: str, text: str) -> None:
    assert unmarked(marked) == text


def test_bbcode_that_never_closes_takes_no_more_time_than_its_length() -> None:
    for part in ("[url=", "[table ", "[/", "[quote=x", "[[", "[b"):
        assert unmarked(part * (1_000_000 // len(part)))
