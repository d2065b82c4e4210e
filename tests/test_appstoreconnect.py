"""App Store Connect: places, countries and late replies."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from connectors.formats.countries import ALPHA2
from connectors.source import Refused, all_sources
from tests.test_connectors import mentions, recorded, replay, walk

CARD = all_sources()["appstoreconnect"]
FIRST = recorded(CARD)["calls"][0]["json"]


def one(**changes: Any) -> dict[str, Any]:
    """Return an answer with one review, of which `changes` are other."""
    review = FIRST["data"][1]
    data = [{**review, "attributes": {**review["attributes"], **changes}}]
    return {**FIRST, "data": data, "links": {}}


def read(answer: Mapping[str, Any]) -> Any:
    (page,) = walk(CARD, lambda _: httpx.Response(200, json=answer))
    return page.mentions[0]


def test_a_cursor_holds_apples_place_and_nothing_else_of_its_address() -> None:
    pages = list(walk(CARD, replay(CARD)))
    assert [page.cursor.get("tail") for page in pages] == ["AsQBMg.ALL2", "AsQBMg.ALL3/+=", None]
    assert "http" not in json.dumps([page.cursor for page in pages])


def test_a_next_page_on_another_host_is_asked_of_apple() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        following = {"next": "https://elsewhere.example/v1?cursor=two"} if len(asked) == 1 else {}
        return httpx.Response(200, json={**FIRST, "data": FIRST["data"][len(asked) :], "links": following})

    list(walk(CARD, answer))
    assert [url.host for url in asked] == ["api.appstoreconnect.apple.com"] * 2
    assert asked[1].params["cursor"] == "two"


def test_a_place_that_apple_no_longer_knows_sends_the_walk_back_to_the_newest() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        stale = request.url.params.get("cursor") == "stale"
        return httpx.Response(400, json={"errors": []}) if stale else replay(CARD)(request)

    pages = list(walk(CARD, answer, {"since": 1_767_225_600.0, "tail": "stale"}))
    assert len(mentions(pages)) == recorded(CARD)["total"]


def test_a_missing_role_is_said_with_what_mends_it() -> None:
    with pytest.raises(Refused, match=r"403 from https://api\.appstoreconnect.*Customer Support"):
        list(walk(CARD, lambda _: httpx.Response(403, json={"errors": [{"code": "FORBIDDEN_ERROR"}]})))


def test_every_country_has_two_letters_of_its_own() -> None:
    assert len(ALPHA2) == len(set(ALPHA2.values())) == 250
    assert all(len(three) == 3 and len(two) == 2 for three, two in ALPHA2.items())
    told = {"USA": "US", "DEU": "DE", "AUT": "AT", "AUS": "AU", "CHN": "CN", "CHE": "CH", "SVK": "SK", "SVN": "SI"}
    assert told.items() <= ALPHA2.items()
    assert {"PRT": "PT", "POL": "PL", "UKR": "UA", "TUR": "TR", "GBR": "GB", "XKS": "XK"}.items() <= ALPHA2.items()


@pytest.mark.parametrize("territory", ["ZZZ", "", None, "US"])
def test_a_code_that_nobody_knows_is_no_country_rather_than_a_wrong_one(territory: str | None) -> None:
    review = read(one(territory=territory))
    assert review.country is None and review.url is None


def test_a_reply_is_joined_to_its_review_and_its_date_is_in_utc() -> None:
    review = read(FIRST | {"data": FIRST["data"][1:2], "links": {}})
    assert review.reply_text == "Danke! Version 4.2 behebt das."
    assert review.replied_at.isoformat() == "2026-11-21T08:10:00+00:00"
    assert review.posted_at.isoformat() == "2026-11-20T11:22:00+00:00"


def test_a_reply_of_the_second_week_is_seen_by_the_next_walk() -> None:
    *_, end = walk(CARD, replay(CARD))
    later = mentions(list(walk(CARD, replay(CARD), end.cursor)))
    assert "便利" in {m.title for m in later.values()}, "it was written 13 days before the newest"
