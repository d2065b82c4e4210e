"""Trustpilot: domains that are unknown, pages that are not there yet, and places of people."""

from typing import Any

import httpx
import pytest

from connectors.http import Http
from connectors.source import Refused, all_sources
from connectors.web.pace import Pace
from tests.test_connectors import EAGER, mentions, recorded, replay, walk

CARD = all_sources()["trustpilot"]
UNIT, *PAGES = (call["json"] for call in recorded(CARD)["calls"])


class Site:
    """Serves reviews, the newest first, in pages of `size`."""

    def __init__(self, count: int, size: int = 2) -> None:
        self.count, self.size = count, size

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["apikey"] == CARD.example["api_key"]
        if request.url.path.endswith("/find"):
            return httpx.Response(200, json=UNIT)
        end = self.count - (int(request.url.params["page"]) - 1) * self.size
        return httpx.Response(200, json={"reviews": [review(n) for n in range(end, max(0, end - self.size), -1)]})


def review(number: int, **changes: Any) -> dict[str, Any]:
    day = f"2026-{1 + number // 28:02}-{1 + number % 28:02}T00:00:00Z"
    return {**PAGES[0]["reviews"][0], "id": f"r{number}", "createdAt": day, **changes}


def test_a_domain_that_trustpilot_does_not_know_is_refused_by_name() -> None:
    with pytest.raises(Refused, match=r"^trustpilot: 404 .*harborcoffee\.example"):
        list(walk(CARD, lambda _: httpx.Response(404)))


def test_a_page_that_was_empty_by_mistake_is_asked_again() -> None:
    site = Site(9)
    half = list(walk(CARD, lambda r: httpx.Response(200, json={"reviews": []}) if asks(r, "4") else site(r)))
    assert len(mentions(half)) == 6
    assert len(mentions([*half, *walk(CARD, site, half[-1].cursor)])) == 9


def asks(request: httpx.Request, page: str) -> bool:
    return str(request.url.params.get("page")) == page


def test_reviews_that_come_while_a_walk_rests_hide_none() -> None:
    site = Site(30, size=4)
    walked = walk(CARD, site)
    pages = [next(walked) for _ in range(3)]
    site.count = 45
    pages += walk(CARD, site, pages[-1].cursor)
    pages += walk(CARD, site, pages[-1].cursor)
    assert {m.native_id for m in mentions(pages).values()} == {f"r{n}" for n in range(1, 46)}


@pytest.mark.parametrize(
    ("consumer", "country"),
    [
        ({"countryCode": "GB"}, "GB"),
        ({"displayLocation": "Aarhus, DK"}, "DK"),
        ({"displayLocation": "DK"}, "DK"),
        ({"displayLocation": "Rotterdam"}, None),
        ({"displayLocation": "Washington DC"}, None),
        ({"countryCode": None, "displayLocation": None}, None),
        (None, None),
    ],
)
def test_the_country_is_taken_where_it_is_sure(consumer: Any, country: str | None) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/find"):
            return httpx.Response(200, json=UNIT)
        return httpx.Response(200, json={"reviews": [review(1, consumer=consumer)] if asks(request, "1") else []})

    (found,) = mentions(list(walk(CARD, answer))).values()
    assert found.country == country


def test_a_rating_without_words_and_a_date_without_a_zone_are_read() -> None:
    bare = review(1, text=None, title=None, createdAt="2026-09-07T13:37:00", companyReply={"text": "Hello"})

    def answer(request: httpx.Request) -> httpx.Response:
        shown = [bare] if asks(request, "1") else []
        return httpx.Response(200, json=UNIT if request.url.path.endswith("/find") else {"reviews": shown})

    (found,) = mentions(list(walk(CARD, answer))).values()
    assert (found.text, found.title, found.rating, found.reply_text) == ("", None, 5.0, "Hello")
    assert found.posted_at.isoformat() == "2026-09-07T13:37:00+00:00"


def test_the_key_is_sent_in_a_header_and_in_no_address() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["apikey"] not in str(request.url)
        return replay(CARD)(request)

    assert len(mentions(list(walk(CARD, answer)))) == recorded(CARD)["total"]


def test_only_what_the_newest_pages_do_not_show_is_asked_for_singly() -> None:
    site, singly = Site(300, size=100), []

    def answer(request: httpx.Request) -> httpx.Response:
        if "/v1/reviews/" not in request.url.path:
            return site(request)
        singly.append(request.url.path.rpartition("/")[2])
        return httpx.Response(200, json=review(7)) if singly[-1] == "r7" else httpx.Response(404)

    ids = [f"r{n}" for n in range(210, 330)] + ["r7"]
    transport, hasty = httpx.MockTransport(answer), Pace(sleep=lambda _: None)
    with Http("trustpilot", settings=EAGER, transport=transport, pace=hasty) as http:
        pages = list(CARD.walk_again(http, ids, **CARD.example))
    assert sorted(singly) == sorted(["r7", *(f"r{n}" for n in range(301, 330))])
    assert {name for page in pages for name in page.deleted} == {f"r{n}" for n in range(301, 330)}
    assert {m.native_id for m in mentions(pages).values()} == {"r7", *(f"r{n}" for n in range(210, 301))}
