"""Discourse: whole texts although the search cuts them, and all posts of a topic although it shows one."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import discourse
from connectors.formats.dates import from_epoch
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Changed, Cursor, Page, Unavailable
from connectors.web.pace import Pace
from connectors.web.settings import HttpSettings

URL = "https://pier.example/forum"
KEY: dict[str, Any] = {"api_key": "rope", "api_username": "ann"}
T0, DAY = 1_767_225_600, 86_400


class Forum:
    """Answers as Discourse does: the search shows the newest matching post of each topic, a topic a part of itself."""

    def __init__(self, *posts: dict[str, Any], page_size: int = 2, chunk: int = 3, inclusive: bool = False) -> None:
        self.posts, self.page_size, self.chunk, self.inclusive = list(posts), page_size, chunk, inclusive
        self.asked: list[httpx.Request] = []
        self.error: str | None = None
        self.closed: set[int] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path.removeprefix("/forum")
        if path == "/posts.json":
            return httpx.Response(200, json={"latest_posts": self.latest(request.url.params.get("before"))})
        if path == "/search.json":
            return httpx.Response(200, json=self.search(request.url.params["q"], int(request.url.params["page"])))
        number = request.url.params.get("post_number") or path.split("/")[3].removesuffix(".json")
        return self.topic(int(path.split("/")[2]), int(number), alone=path.endswith("posts.json"))

    def latest(self, before: str | None) -> list[dict[str, Any]]:
        limit = int(before) + self.inclusive if before else 10**9
        shown = sorted((p for p in self.posts if p["id"] < limit), key=lambda p: -int(p["id"]))[: self.page_size]
        return [{**post, "topic_title": "Pier"} for post in shown]

    def search(self, query: str, page: int) -> dict[str, Any]:
        days = [word[7:] for word in query.split() if word.startswith("before:")]
        matching = [p for p in self.posts if "harbor" in p["cooked"] and (not days or p["created_at"] < days[0])]
        newest = {p["topic_id"]: p for p in sorted(matching, key=lambda p: int(p["id"]))}
        listed = sorted(newest.values(), key=lambda p: (p["created_at"], p["id"]), reverse=True)
        end = page * self.page_size
        more = True if len(listed) > end else None
        hits = [hit(post) for post in listed[end - self.page_size : end]]
        group = {"more_full_page_results": more, "error": self.error}
        return {"posts": [] if self.error else hits, "grouped_search_result": group}

    def topic(self, topic: int, number: int, *, alone: bool) -> httpx.Response:
        if topic in self.closed:
            return httpx.Response(404, json={"errors": ["not found"]})
        posts = [p for p in self.posts if p["topic_id"] == topic and p["post_number"] < number + (not alone)]
        shown = {"post_stream": {"posts": posts[-self.chunk :]}}
        return httpx.Response(200, json=shown if alone else shown | {"title": "Pier &amp; tea"})

    def walk(self, cursor: Cursor | None = None, **options: Any) -> Iterator[Page]:
        eager = HttpSettings(per_host_per_s=1e9, attempts=1, allow_private=("pier.example",))
        transport, pace = httpx.MockTransport(self), Pace(lambda _: None)
        with Http("discourse", settings=eager, transport=transport, pace=pace) as http:
            yield from discourse.fetch.walk(http, cursor or {}, **({"url": URL, "query": "harbor"} | options))


def hit(post: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "topic_id", "post_number", "created_at", "username")
    return {name: post[name] for name in kept} | {"blurb": "...a harbor...", "like_count": 1}


def post(number: int, text: str = "harbor", *, topic: int = 1, at: int = 1, when: int | None = None) -> dict[str, Any]:
    return {
        "id": number,
        "topic_id": topic,
        "post_number": at,
        "created_at": from_epoch(T0 + (number * DAY if when is None else when)).isoformat().replace("+00:00", ".000Z"),
        "cooked": f"<p>{text}</p>",
        "username": "ann",
        "reply_count": 1,
        "reads": 14,
        "actions_summary": [{"id": 2, "count": 3}, {"id": 4}],
    }


def found(pages: Iterator[Page] | list[Page]) -> dict[int, Mention]:
    return {int(m.native_id.rpartition(":")[2]): m for page in pages for m in page.mentions}


def test_a_post_that_is_found_is_read_whole() -> None:
    (mention,) = found(Forum(post(7, "A <b>harbor</b> &amp; more", at=4)).walk()).values()
    assert (mention.native_id, mention.url) == ("pier.example/forum:7", f"{URL}/t/1/4")
    assert (mention.text, mention.title) == ("A harbor & more", "Pier & tea")
    assert (mention.likes, mention.replies, mention.reach) == (3, 1, 14)


def test_posts_near_the_one_that_is_found_count_if_they_hold_the_words() -> None:
    forum = Forum(post(1, "Harbor?", at=1), post(2, "tea", at=2), post(3, "a harbor", at=3))
    assert found(forum.walk()).keys() == {1, 3}
    assert found(forum.walk(query='"a harbor" order:latest #tea')).keys() == {3}


def test_a_post_is_the_same_mention_whether_it_is_searched_or_listed() -> None:
    forum = Forum(post(1, at=1))
    assert found(forum.walk())[1].mention_id == found(forum.walk(query=None))[1].mention_id


def test_all_posts_of_a_topic_since_the_last_walk_are_found() -> None:
    forum = Forum(post(1, at=1))
    *_, last = forum.walk()
    forum.posts += [post(n, "harbor" if n % 2 else "tea", at=n, when=2 * DAY + n) for n in range(2, 30)]
    assert found(forum.walk(last.cursor)).keys() == set(range(3, 30, 2)) | {1}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=6), min_size=1, max_size=5),
    st.integers(2, 4),
    st.integers(3, 6),
    st.sampled_from(["listed", "listed by an old version", "searched"]),
)
def test_nothing_is_lost_when_posts_arrive_between_walks_that_are_cut(
    rounds: list[list[tuple[int, bool]]], size: int, cut: int, way: str
) -> None:
    forum = Forum(page_size=size, inclusive=way.endswith("version"))
    seen: set[int] = set()
    cursor: Cursor = {}
    for arrivals in [*rounds, *([[]] * 20)]:
        for topic, matches in arrivals if seen or way != "searched" else arrivals[:1]:
            at = sum(p["topic_id"] == topic for p in forum.posts) + 1
            number = len(forum.posts) + 1
            forum.posts.append(post(number, "harbor" if matches else "tea", topic=topic, at=at))
        for page in islice(forum.walk(cursor, query="harbor" if way == "searched" else None), cut):
            cursor = json.loads(json.dumps(page.cursor))
            seen |= found([page]).keys()
    assert seen == {p["id"] for p in forum.posts if way != "searched" or "harbor" in p["cooked"]}


def test_a_search_goes_on_by_date_beyond_the_last_page_that_is_shown() -> None:
    forum = Forum(*(post(n, topic=n) for n in range(1, 26)))
    assert found(forum.walk()).keys() == set(range(1, 26))


def test_more_topics_in_a_day_than_can_be_reached_are_told() -> None:
    forum = Forum(*(post(n, topic=n, when=n) for n in range(1, 26)), page_size=1)
    with pytest.raises(Changed, match="more topics match on 2026-01-01"):
        list(forum.walk())


def test_a_backfill_searches_back_from_its_end() -> None:
    forum = Forum(*(post(n, topic=n) for n in range(1, 10)))
    numbers = found(forum.walk({"span": [T0 + 3.0 * DAY, T0 + 5.5 * DAY]})).keys()
    assert {3, 4, 5} <= numbers <= {2, 3, 4, 5, 6}


def test_an_overloaded_search_is_not_taken_for_an_empty_one() -> None:
    forum = Forum(post(1))
    forum.error = "We are experiencing extreme load"
    with pytest.raises(Unavailable, match="extreme load"):
        list(forum.walk())


def test_a_topic_that_was_closed_to_us_leaves_the_cut_text() -> None:
    forum = Forum(post(1), post(2, topic=2))
    forum.closed = {2}
    assert {n: m.text for n, m in found(forum.walk()).items()} == {1: "harbor", 2: "...a harbor..."}


@pytest.mark.parametrize("query", [None, "harbor"])
def test_what_is_gone_is_reported_and_what_is_hidden_is_left_out(query: str | None) -> None:
    posts = [post(n, at=n, when=n) for n in range(1, 6)]
    posts[0] |= {"user_deleted": True}
    posts[1] |= {"deleted_at": "2026-01-03T00:00:00Z"}
    posts[2] |= {"hidden": True, "cooked": "<p>This post was flagged</p>"}
    posts[3] |= {"post_type": 3}
    pages = list(Forum(*posts, chunk=9).walk(query=query))
    assert found(pages).keys() == {5}
    assert {name for page in pages for name in page.deleted} == {"pier.example/forum:1", "pier.example/forum:2"}


def test_a_key_opens_what_only_members_may_read() -> None:
    forum = Forum(post(1))
    for query in ("harbor", None):
        list(forum.walk(query=query, **KEY))
    assert {(r.headers["api-key"], r.headers["api-username"]) for r in forum.asked} == {("rope", "ann")}
    assert "rope" not in str([request.url for request in forum.asked])
