"""Zendesk's incremental export: cursors that last, deleted tickets, credentials that are shown nowhere."""

import base64
from typing import Any

import httpx
import pytest

from connectors import zendesk
from connectors.http import Http
from connectors.source import Cursor, Page, Refused, SourceError
from connectors.web.pace import Pace
from connectors.web.settings import HttpSettings

EAGER = HttpSettings(per_host_per_s=1e9, attempts=1)
OPTIONS = {"subdomain": "harbor", "email": "admin@pier.example", "token": "s3cret"}


def ticket(number: int, **more: Any) -> dict[str, Any]:
    fixed = {"id": number, "created_at": "2026-11-20T08:00:00Z", "subject": "Cup", "description": "It leaks."}
    return {**fixed, "status": "open", **more}


def page_of(*tickets: dict[str, Any], after: str | None = "c1", end: bool = True) -> dict[str, Any]:
    return {"tickets": tickets, "after_cursor": after, "end_of_stream": end}


def walk(
    *answers: dict[str, Any], cursor: Cursor | None = None, asked: list[httpx.Request] | None = None, **options: str
) -> list[Page]:
    queue = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        (asked if asked is not None else []).append(request)
        return httpx.Response(200, json=queue.pop(0))

    transport, hasty = httpx.MockTransport(answer), Pace(sleep=lambda _: None)
    with Http("zendesk", settings=EAGER, transport=transport, pace=hasty) as http:
        return list(zendesk.fetch.walk(http, cursor or {}, **{**OPTIONS, **options}))


def test_the_next_walk_goes_on_from_the_last_cursor() -> None:
    asked: list[httpx.Request] = []
    pages = walk(page_of(ticket(1), end=False), page_of(ticket(2), after="c2"), asked=asked)
    assert [dict(request.url.params) for request in asked] == [{"start_time": "0"}, {"cursor": "c1"}]
    asked.clear()
    (page,) = walk(page_of(after="c2"), cursor=pages[-1].cursor, asked=asked)
    assert dict(asked[0].url.params) == {"cursor": "c2"} and page.cursor == {"mark": "c2"} and not page.mentions


def test_an_account_without_tickets_has_no_cursor_yet() -> None:
    assert walk(page_of(after=None))[0].cursor == {}


def test_a_backfill_starts_with_its_span_but_never_in_the_minute_that_zendesk_withholds() -> None:
    asked: list[httpx.Request] = []
    walk(page_of(ticket(1)), cursor={"span": [1_790_000_000.5, 1_791_000_000]}, asked=asked)
    walk(page_of(ticket(1)), cursor={"span": [4e9, 5e9]}, asked=asked)
    starts = [int(request.url.params["start_time"]) for request in asked]
    assert starts[0] == 1_790_000_000 and starts[1] < 4e9


@pytest.mark.parametrize(("score", "rating"), [("good", 1.0), ("bad", 0.0), ("offered", None), ("unoffered", None)])
def test_a_rating_is_one_of_one_or_none(score: str, rating: float | None) -> None:
    mention = walk(page_of(ticket(1, satisfaction_rating={"score": score})))[0].mentions[0]
    assert mention.rating == rating and mention.rating_max == (None if rating is None else 1.0)


def test_a_deleted_ticket_is_told_and_its_scrubbed_words_are_not_kept() -> None:
    (page,) = walk(page_of(ticket(1), ticket(2, status="deleted", subject="SCRUBBED", description="SCRUBBED")))
    assert list(page.deleted) == ["harbor:2"] and [m.native_id for m in page.mentions] == ["harbor:1"]


def test_a_page_of_deleted_tickets_only_is_passed() -> None:
    pages = walk(page_of(ticket(1, status="deleted"), end=False), page_of(ticket(2), after="c2"))
    assert [list(page.deleted) for page in pages] == [["harbor:1"], []] and pages[-1].cursor == {"mark": "c2"}


def test_a_person_is_not_collected() -> None:
    mention = walk(page_of(ticket(7, requester_id=5, via={"source": {"from": {"name": "Ann"}}})))[0].mentions[0]
    assert mention.author is None and mention.url == "https://harbor.zendesk.com/agent/tickets/7"


def test_the_credential_travels_in_the_header_only() -> None:
    asked: list[httpx.Request] = []
    pages = walk(page_of(ticket(1)), asked=asked)
    login = base64.b64encode(b"admin@pier.example/token:s3cret").decode()
    assert asked[0].headers["Authorization"] == f"Basic {login}"
    assert "s3cret" not in f"{asked[0].url}{pages}"
    transport = httpx.MockTransport(lambda _: httpx.Response(401))
    with Http("zendesk", settings=EAGER, transport=transport) as http, pytest.raises(SourceError) as caught:
        list(zendesk.fetch.walk(http, {}, **OPTIONS))
    assert "s3cret" not in str(caught.value) and login not in str(caught.value)


@pytest.mark.parametrize("subdomain", ["harbor.zendesk.com", "https://harbor", "evil.example/x", ""])
def test_a_subdomain_that_would_send_the_credential_elsewhere_is_refused(subdomain: str) -> None:
    with pytest.raises(Refused, match=r"before .zendesk.com"):
        walk(subdomain=subdomain)
