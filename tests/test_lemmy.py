"""Lemmy: posts and comments of all instances once, whatever arrives while pages are counted."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import lemmy
from connectors.formats.dates import from_epoch
from connectors.http import Http
from connectors.source import Cursor, Page, Refused, Unavailable
from connectors.web.settings import HttpSettings

T0 = 1_767_225_600


class Instance:
    """Answers as Lemmy's search does: newest first, by page numbers from 1 to 100."""

    def __init__(self, posts: int = 0, comments: int = 0, page_size: int = 2) -> None:
        self.items = {"Posts": posts, "Comments": comments}
        self.page_size = page_size
        self.flags: dict[int, str] = {}
        self.hosts: set[str] = set()
        self.error: str | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.hosts.add(f"{request.url.scheme}://{request.url.host}")
        asked = request.url.params
        if self.error or int(asked["page"]) > 100:
            return httpx.Response(400, json={"error": self.error or "couldnt_get_posts"})
        assert asked["listing_type"] == "All"
        kind, end = asked["type_"], int(asked["page"]) * self.page_size
        numbers = range(self.items[kind], 0, -1)[end - self.page_size : end]
        views = [self.view(kind, number) for number in numbers]
        return httpx.Response(200, json={"posts": [], "comments": [], kind.lower(): views})

    def view(self, kind: str, number: int) -> dict[str, Any]:
        post = self.item("post", 0 if kind == "Comments" else number) | {"name": "Harbor"}
        if kind == "Posts":
            return {"post": post, "creator": {"name": "ann"}, "counts": {"score": 1, "comments": 2}}
        comment = self.item("comment", number) | {"content": "Harbor?"}
        return {"post": post, "comment": comment, "creator": {"name": "bo"}, "counts": {"score": 3, "child_count": 4}}

    def item(self, kind: str, number: int) -> dict[str, Any]:
        flags = {self.flags[number]: True} if number in self.flags else {}
        when = from_epoch(T0 + 3600 * number).isoformat().replace("+00:00", "Z")
        return {"id": number, "ap_id": f"https://quay.example/{kind}/{number}", "published": when} | flags

    def walk(self, cursor: Cursor | None = None, **options: Any) -> Iterator[Page]:
        eager = HttpSettings(per_host_per_s=1e9, attempts=1, allow_private=("lemmy.world", "mole.example"))
        with Http("lemmy", settings=eager, transport=httpx.MockTransport(self)) as http:
            yield from lemmy.fetch.walk(http, cursor or {}, query="harbor", **options)


def ids(pages: Iterator[Page] | list[Page]) -> set[str]:
    return {m.native_id.removeprefix("https://quay.example/") for page in pages for m in page.mentions}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=5),
    st.integers(1, 3),
    st.integers(2, 5),
)
def test_nothing_is_lost_when_new_items_shift_the_pages_and_walks_are_cut(
    arrivals: list[tuple[int, int]], size: int, cut: int
) -> None:
    town = Instance(page_size=size)
    found: set[str] = set()
    cursor: Cursor = {}
    for posts, comments in [*arrivals, *([(0, 0)] * 20)]:
        town.items = {"Posts": town.items["Posts"] + posts, "Comments": town.items["Comments"] + comments}
        for page in islice(town.walk(cursor), cut):
            cursor = json.loads(json.dumps(page.cursor))
            found |= ids([page])
    assert found == {f"{kind[:-1].lower()}/{n}" for kind, last in town.items.items() for n in range(1, last + 1)}


def test_what_was_removed_or_deleted_is_reported_and_not_kept() -> None:
    town = Instance(posts=3, comments=2)
    town.flags = {2: "removed", 1: "deleted"}
    pages = list(town.walk())
    assert ids(pages) == {"post/3"}
    gone = {name.removeprefix("https://quay.example/") for page in pages for name in page.deleted}
    assert gone == {"post/1", "post/2", "comment/1", "comment/2"}


def test_a_walk_ends_at_the_last_page_that_an_instance_shows() -> None:
    town = Instance(posts=150, page_size=1)
    assert len(ids(town.walk())) == 100


def test_a_comment_carries_the_title_of_its_post_and_answers_it() -> None:
    (comment,) = [m for page in Instance(comments=1).walk() for m in page.mentions]
    assert (comment.title, comment.parent_id) == ("Harbor", "https://quay.example/post/0")
    assert (comment.likes, comment.replies, comment.author) == (3, 4, "bo")


@pytest.mark.parametrize(
    ("host", "asked"), [("mole.example", "https://mole.example"), ("http://mole.example", "http://mole.example")]
)
def test_any_instance_can_be_asked(host: str, asked: str) -> None:
    town = Instance()
    list(town.walk(host=host))
    assert town.hosts == {asked}


@pytest.mark.parametrize(
    ("name", "error"), [("rate_limit_error", Unavailable), ("unknown", Unavailable), ("instance_is_private", Refused)]
)
def test_the_error_in_an_answer_says_who_must_act(name: str, error: type[Exception]) -> None:
    town = Instance()
    town.error = name
    with pytest.raises(error, match=name):
        list(town.walk())
