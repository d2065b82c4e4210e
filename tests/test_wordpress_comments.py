"""Comments of a WordPress that answers as its own code does, with local time, moderation and hidden comments."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import wordpress_comments
from connectors.http import Http
from connectors.source import Changed, Cursor, Page, Unavailable
from connectors.web.settings import HttpSettings

EAGER = HttpSettings(per_host_per_s=1e9, attempts=1)
RECORDED = Path(__file__).parents[2] / "shared/fixtures/recorded-local/wp_rest_comments.json"
URL = "https://Blog.example/shop/"
START = datetime(2026, 10, 1, tzinfo=UTC)


class Site:
    """Comments by id: a moment in UTC; those in `hidden` belong to a protected article."""

    def __init__(self, comments: dict[int, datetime], zone: str = "UTC", hidden: frozenset[int] = frozenset()) -> None:
        self.comments, self.zone, self.hidden = comments, ZoneInfo(zone), hidden

    def local(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def answer(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        assert request.url.path == "/shop/" and params["rest_route"] == "/wp/v2/comments"
        found = dict(self.comments)
        if "include" in params:
            found = {number: found[number] for number in map(int, params["include"].split(",")) if number in found}
        for name, side in (("after", 1), ("before", -1)):  # WP_Date_Query compares comment_date, which is local
            if name in params:
                bound = self.local(datetime.fromisoformat(params[name]))
                found = {
                    n: at
                    for n, at in found.items()
                    if (self.local(at) > bound) == (side == 1) and self.local(at) != bound
                }
        ordered = sorted(found, key=lambda number: (found[number], number))
        page, size = int(params.get("page", 1)), int(params["per_page"])
        shown = [number for number in ordered[(page - 1) * size : page * size] if number not in self.hidden]
        headers = {"X-WP-Total": str(len(ordered)), "X-WP-TotalPages": str(-(-len(ordered) // size))}
        return httpx.Response(200, json=[self.comment(number) for number in shown], headers=headers)

    def comment(self, number: int) -> dict[str, Any]:
        date = f"{self.comments[number]:%Y-%m-%dT%H:%M:%S}"
        return {"id": number, "date_gmt": date, "content": {"rendered": f"<p>words {number}</p>"}, "author_name": "Ann"}

    def walk(self, cursor: Cursor | None = None) -> list[Page]:
        with Http("wordpress_comments", settings=EAGER, transport=httpx.MockTransport(self.answer)) as http:
            return list(wordpress_comments.fetch.walk(http, cursor or {}, url=URL))

    def ids(self, cursor: Cursor | None = None) -> tuple[set[int], Cursor]:
        pages = self.walk(cursor)
        found = {int(m.native_id.rpartition(":")[2]) for page in pages for m in page.mentions}
        return found, json.loads(json.dumps(pages[-1].cursor))

    def recheck(self, *numbers: int) -> list[Page]:
        ids = [f"blog.example/shop:{number}" for number in numbers] + ["other.example:1"]
        with Http("wordpress_comments", settings=EAGER, transport=httpx.MockTransport(self.answer)) as http:
            return list(wordpress_comments.fetch.walk_again(http, ids, url=URL))


def test_an_import_of_many_comments_in_one_second_is_walked_whole() -> None:
    site = Site({n: START + timedelta(minutes=n // 350) for n in range(1, 901)})
    found, cursor = site.ids()
    assert found == set(range(1, 901))
    site.comments[901] = START + timedelta(minutes=2)
    assert 901 in site.ids(cursor)[0]


def test_comments_in_the_hour_that_autumn_has_twice_are_not_lost() -> None:
    clocks_back = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    site = Site({n: clocks_back + timedelta(seconds=20 * n) for n in range(1, 500)}, "Europe/Berlin")
    assert site.ids()[0] == set(range(1, 500))


def test_comments_that_are_left_out_of_a_page_do_not_end_the_walk() -> None:
    site = Site({n: START + timedelta(seconds=n) for n in range(1, 451)}, hidden=frozenset(range(1, 331)))
    assert site.ids()[0] == set(range(331, 451))


def test_a_comment_that_a_moderator_lets_through_after_days_is_found() -> None:
    site = Site({n: START + timedelta(hours=n) for n in range(1, 400)})
    _, cursor = site.ids()
    site.comments[1000] = START + timedelta(hours=399) - timedelta(days=10)
    assert 1000 in site.ids(cursor)[0]


def test_a_later_walk_does_not_begin_again() -> None:
    site = Site({n: START + timedelta(days=n) for n in range(1, 51)})
    _, cursor = site.ids()
    assert min(site.ids(cursor)[0]) > 30
    assert site.ids(cursor)[1] == cursor


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5_000), max_size=400), st.integers(0, 6), st.sampled_from(["UTC", "America/New_York"]))
def test_a_walk_cut_anywhere_loses_nothing(offsets: list[int], cut: int, zone: str) -> None:
    start = datetime(2026, 11, 1, 5, tzinfo=UTC)  # New York's hour that comes twice
    site = Site({n: start + timedelta(seconds=at) for n, at in enumerate(offsets, 1)}, zone)
    pages = site.walk()[: cut + 1]
    found = {int(m.native_id.rpartition(":")[2]) for page in pages for m in page.mentions}
    assert found | site.ids(json.loads(json.dumps(pages[-1].cursor)))[0] == site.comments.keys()


def test_a_backfill_asks_for_its_span() -> None:
    site = Site({n: START + timedelta(days=n) for n in range(1, 51)})
    span = [(START + timedelta(days=day)).timestamp() for day in (10, 20)]
    found, _ = site.ids({"span": span})
    assert set(range(10, 20)) <= found <= set(range(9, 22))


def test_a_recheck_finds_edits_and_deletions_and_leaves_other_sites_alone() -> None:
    site = Site(dict.fromkeys(range(1, 251), START))
    for gone in (3, 150):
        del site.comments[gone]
    pages = site.recheck(*range(1, 251))
    assert sorted(i for page in pages for i in page.deleted) == ["blog.example/shop:150", "blog.example/shop:3"]
    assert sum(len(page.mentions) for page in pages) == 248
    site.comments.clear()
    with pytest.raises(Unavailable):
        site.recheck(1, 2)


def test_an_answer_without_its_number_of_pages_is_changed() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=[]))
    with (
        Http("wordpress_comments", settings=EAGER, transport=transport) as http,
        pytest.raises(Changed, match="totalpages"),
    ):
        list(wordpress_comments.fetch.walk(http, {}, url=URL))


@pytest.mark.parametrize(
    ("status", "content_type", "proposed"),
    [(200, "application/json", [{"url": "https://b.example"}]), (200, "text/html", []), (404, "text/html", [])],
)
def test_only_a_site_that_shows_its_comments_is_proposed(
    status: int, content_type: str, proposed: list[dict[str, str]]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["rest_route"] == "/wp/v2/comments"
        return httpx.Response(status, text="[]", headers={"Content-Type": content_type})

    with Http("wordpress_comments", settings=EAGER, transport=httpx.MockTransport(answer)) as http:
        assert list(wordpress_comments.fetch.proposals(http, "B", "https://b.example")) == proposed
        assert list(wordpress_comments.fetch.proposals(http, "B", None)) == []


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are not here")
def test_the_recorded_comments_of_a_real_wordpress_are_read() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=RECORDED.read_bytes(), headers={"X-WP-TotalPages": "1"})

    with Http("wordpress_comments", settings=EAGER, transport=httpx.MockTransport(answer)) as http:
        (page,) = wordpress_comments.fetch.walk(http, {}, url=URL)
    assert len(page.mentions) == 2 and not page.rejects
    assert all(m.url and m.author and "<" not in m.text for m in page.mentions)
