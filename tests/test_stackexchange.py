"""Stack Exchange: its wishes to be left alone are obeyed, its quota is kept, its entities are unescaped."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import pytest

from connectors import stackexchange
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, Unavailable
from connectors.web.pace import Ledger, Pace
from connectors.web.settings import HttpSettings

T0 = 1_767_225_600
KEY: dict[str, Any] = {"api_key": "rope"}


class Exchange:
    """Answers as the API does: the search by activity, the oldest first, and posts by their ids."""

    def __init__(self, *items: dict[str, Any], page_size: int = 2) -> None:
        self.items, self.page_size = list(items), page_size
        self.bodies: dict[int, str] = {}
        self.asked: list[httpx.URL] = []
        self.sleeps: list[float] = []
        self.extra: dict[str, Any] = {}
        self.error: dict[str, Any] | None = None
        self.ledger = Ledger()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        if self.error:
            return httpx.Response(400, json=self.error)
        asked, *_, path = request.url.params, request.url.path
        if path.startswith("/2.3/posts/"):
            assert asked["filter"] == "withbody"
            found = [
                {"post_id": int(n), "body": self.bodies.get(int(n), "<p>Harbor</p>")} for n in path[11:].split(";")
            ]
            return httpx.Response(200, json={"items": found, "has_more": False} | self.extra)
        listed = sorted(
            (item for item in self.items if item["last_activity_date"] >= int(asked.get("min", 0))),
            key=lambda item: item["last_activity_date"],
        )
        end = int(asked["page"]) * self.page_size
        page = {"items": listed[end - self.page_size : end], "has_more": len(listed) > end}
        return httpx.Response(200, json=page | self.extra)

    def walk(self, cursor: Cursor | None = None, **options: Any) -> Iterator[Page]:
        eager = HttpSettings(per_host_per_s=1e9, attempts=1)
        transport, pace = httpx.MockTransport(self), Pace(sleep=self.sleeps.append)
        with Http("stackexchange", settings=eager, transport=transport, pace=pace, ledger=self.ledger) as http:
            yield from stackexchange.fetch.walk(http, cursor or {}, **({"query": "harbor"} | options))


def question(number: int, active: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "item_type": "question",
        "question_id": number,
        "title": "Harbor &amp; tea",
        "body": "Harbor",
        "creation_date": T0,
        "last_activity_date": T0 + (active or number),
        "score": 3,
        "answer_count": 1,
    } | fields


def answer(number: int, **fields: Any) -> dict[str, Any]:
    return question(1, number, item_type="answer", answer_id=number) | fields


def found(pages: Iterator[Page] | list[Page]) -> dict[str, Mention]:
    return {m.native_id: m for page in pages for m in page.mentions}


def test_questions_and_answers_are_found_by_their_own_text_and_read_whole() -> None:
    town = Exchange(question(1), answer(2))
    town.bodies = {1: "<p>What is <code>&lt;div&gt;</code>?</p>", 2: "<p>Tea.</p>"}
    first, second = found(town.walk()).values()
    assert (first.native_id, first.text, first.parent_id) == ("stackoverflow:q1", "What is <div>?", None)
    assert (second.native_id, second.text, second.parent_id) == ("stackoverflow:a2", "Tea.", "stackoverflow:q1")
    assert (first.title, first.likes, first.replies) == ("Harbor & tea", 3, 1)


def test_a_post_that_went_between_two_answers_keeps_the_text_of_the_search() -> None:
    town = Exchange(question(1))
    town.bodies = {1: ""}
    assert found(town.walk())["stackoverflow:q1"].text == "Harbor"


def test_a_question_that_was_edited_is_seen_again() -> None:
    town = Exchange(question(1), question(2), question(3, 100_000))
    *_, last = town.walk()
    town.items[0] = question(1, 100_001)
    assert set(found(town.walk(last.cursor))) == {"stackoverflow:q1", "stackoverflow:q3"}


def test_nothing_is_lost_where_many_share_a_second_and_each_walk_is_cut() -> None:
    town = Exchange(*(question(n, 5) for n in range(1, 8)), question(9))
    pages: list[Page] = []
    cursor: Cursor = {}
    for _ in range(8):
        pages += islice(town.walk(cursor), 1)
        cursor = json.loads(json.dumps(pages[-1].cursor))
    assert len(found(pages)) == 8


def test_the_host_is_left_alone_for_as_long_as_an_answer_says() -> None:
    town = Exchange(question(1))
    town.extra = {"backoff": 12}
    list(town.walk())
    assert 11 < town.sleeps[0] <= 12


@pytest.mark.parametrize("seconds", [40, 17_524])
def test_a_throttled_address_is_left_alone_for_the_seconds_that_are_named(seconds: int) -> None:
    town = Exchange(question(1))
    told = f"too many requests from this IP, more requests available in {seconds} seconds"
    town.error = {"error_id": 502, "error_name": "throttle_violation", "error_message": told}
    with Http("stackexchange", transport=httpx.MockTransport(town), pace=Pace(sleep=town.sleeps.append)) as http:
        with pytest.raises(Unavailable, match=f"{seconds} seconds"):
            list(stackexchange.fetch.walk(http, {}, query="harbor"))
        with pytest.raises(Unavailable):
            list(stackexchange.fetch.walk(http, {}, query="harbor"))
    assert len(town.asked) == (2 if seconds == 40 else 1), "nobody waits five hours"
    assert not town.sleeps or 39 < town.sleeps[-1] <= 40


@pytest.mark.parametrize(
    ("error_id", "name", "error"),
    [(400, "bad_parameter", Refused), (403, "access_denied", Refused), (503, "temporarily_unavailable", Unavailable)],
)
def test_the_error_in_an_answer_says_who_must_act(error_id: int, name: str, error: type[Exception]) -> None:
    town = Exchange()
    town.error = {"error_id": error_id, "error_name": name, "error_message": "no"}
    with pytest.raises(error, match=name):
        list(town.walk())


def test_the_quota_of_the_day_is_not_passed_over_all_runs_and_a_key_has_its_own() -> None:
    town = Exchange(question(1))
    with pytest.raises(Unavailable, match="the 300 requests of this day"):
        for _ in range(300):
            list(town.walk())
    assert len(town.asked) == 300
    (page,) = town.walk(**KEY)
    assert town.asked[-1].params["key"] == "rope"
    assert "rope" not in str(page)


def test_tags_can_be_watched_without_a_query() -> None:
    town = Exchange(question(1))
    assert found(town.walk(query=None, tagged=["tea", "coffee"], site="cooking")).keys() == {"cooking:q1"}
    assert town.asked[0].params["tagged"] == "tea;coffee"
    assert "q" not in town.asked[0].params
    with pytest.raises(Refused, match="neither query nor tagged"):
        list(town.walk(query=None))


def test_a_backfill_begins_with_its_span() -> None:
    town = Exchange(question(1), question(50))
    assert found(town.walk({"span": [T0 + 20.0, T0 + 60.0]})).keys() == {"stackoverflow:q50"}
