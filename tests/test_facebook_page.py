"""Facebook pages: every comment, also a late one on an older post, and a token that is never shown."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import facebook_page
from connectors.facebook_page import mention_of
from connectors.formats.dates import from_epoch
from connectors.http import Http
from connectors.source import Changed, Cursor, Page, Refused, Unavailable
from connectors.web.pace import Pace
from connectors.web.settings import HttpSettings
from tests.corpora import corpus

SECRET = "EAApierropetidecrane"  # noqa: S105
EAGER = HttpSettings(per_host_per_s=1e9, attempts=1)
T0, DAY_S = 1_767_225_600, 86_400


def item(name: str, at: float, message: str | None = "harbor", **fields: Any) -> dict[str, Any]:
    words = {"message": message} if message else {}
    return {"id": name, "created_time": f"{from_epoch(at):%Y-%m-%dT%H:%M:%S+0000}", **words, **fields}


class Graph:
    """Answers as the Graph API does: a page's posts, the newest first, and the comments on each by its id."""

    def __init__(self, *posts: dict[str, Any], **comments: list[dict[str, Any]]) -> None:
        self.posts, self.comments = list(posts), comments
        self.error: httpx.Response | None = None
        self.in_a_circle = False
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Bearer {SECRET}"
        assert SECRET not in str(request.url)
        path, after = request.url.path.removeprefix("/v23.0/"), int(request.url.params.get("after", 0))
        self.asked.append(path)
        if self.error:
            return self.error
        if path.endswith("/comments"):
            return httpx.Response(200, json=self.listing(self.comments[path.partition("/")[0]], after))
        feed = self.listing(self.posts, after)
        for post in feed["data"]:
            shown = self.comments.get(post["id"], [])
            post["comments"] = {**self.listing(shown, 0), "summary": {"total_count": len(shown)}}
        return httpx.Response(200, json=feed)

    def listing(self, items: list[dict[str, Any]], after: int) -> dict[str, Any]:
        more = after + 2 < len(items)
        place = "2" if self.in_a_circle and after else str(after + 2)
        paging: dict[str, Any] = {"cursors": {"before": "b", "after": place}}
        if more:
            paging["next"] = f"https://graph.facebook.com/v23.0/x?access_token={SECRET}&after={place}"
        return {"data": [dict(one) for one in items[after : after + 2]], **({"paging": paging} if items else {})}

    def walk(self, cursor: Cursor | None = None) -> Iterator[Page]:
        transport, hasty = httpx.MockTransport(self), Pace(sleep=lambda _: None)
        with Http("facebook_page", settings=EAGER, transport=transport, pace=hasty) as http:
            for page in facebook_page.fetch.walk(http, cursor or {}, page="harborcoffee", token=SECRET):
                assert SECRET not in json.dumps(page.cursor)
                yield page


def ids(pages: list[Page]) -> set[str]:
    return {mention.native_id for page in pages for mention in page.mentions}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 7), min_size=1, max_size=9), st.integers(1, 6))
def test_every_post_and_comment_is_found_wherever_the_walk_is_cut(counts: list[int], cut: int) -> None:
    posts = [item(f"p{n}", T0 - n * DAY_S) for n in range(len(counts))]
    comments = {f"p{n}": [item(f"p{n}_{m}", T0 + m) for m in range(count)] for n, count in enumerate(counts)}
    graph = Graph(*posts, **comments)
    first = list(islice(graph.walk(), cut))
    rest = list(graph.walk(json.loads(json.dumps(first[-1].cursor))))
    assert ids([*first, *rest]) == {one["id"] for one in [*posts, *(c for shown in comments.values() for c in shown)]}


def test_a_comment_on_a_post_of_the_last_month_is_found_by_the_next_walk() -> None:
    graph = Graph(*(item(f"p{n}", T0 - n * 8 * DAY_S) for n in range(8)))
    *_, last = graph.walk()
    graph.comments = {"p3": [item("late", T0 + DAY_S)], "p7": [item("too late", T0 + DAY_S)]}
    graph.asked.clear()
    assert "late" in ids(list(graph.walk(last.cursor)))
    assert len(graph.asked) == 3, "no further than 30 days"


def test_what_has_no_words_is_left_out_and_its_comments_are_not() -> None:
    pictures = [item(f"p{n}", T0 - n, message=None) for n in range(9)]
    graph = Graph(*pictures, p7=[item("c", T0), item("sticker", T0, message=None)])
    pages = list(graph.walk())
    assert ids(pages) == {"c"}
    assert not any(page.suspect or list(page.rejects) for page in pages)


def test_a_reply_answers_its_comment_and_a_comment_its_post() -> None:
    graph = Graph(item("p", T0), p=[item("c", T0), item("r", T0, parent={"id": "c"})])
    assert {m.native_id: m.parent_id for page in graph.walk() for m in page.mentions} == {
        "p": None,
        "c": "p",
        "r": "c",
    }


def test_comments_that_lead_in_a_circle_are_not_followed_for_ever() -> None:
    graph = Graph(item("p", T0), p=[item(f"c{n}", T0) for n in range(9)])
    graph.in_a_circle = True
    with pytest.raises(Unavailable, match="in a circle"):
        list(graph.walk())


@pytest.mark.parametrize(
    ("status", "code", "error", "hint"),
    [
        (400, 190, Refused, "make a new page access token"),
        (401, 190, Refused, "make a new page access token"),
        (403, 10, Refused, "pages_read_user_content"),
        (403, 200, Refused, "pages_read_user_content"),
        (404, 803, Refused, "check this feed's options"),
        (400, 4, Unavailable, "asks again"),
        (400, 17, Unavailable, "asks again"),
        (403, 32, Unavailable, "asks again"),
        (400, 613, Unavailable, "asks again"),
        (400, 80001, Unavailable, "asks again"),
    ],
)
def test_a_refusal_says_who_must_act_and_never_shows_the_token(
    status: int, code: int, error: type[Exception], hint: str
) -> None:
    graph = Graph()
    said = {"message": f"Malformed access token {SECRET}", "type": "OAuthException", "code": code}
    graph.error = httpx.Response(status, json={"error": said})
    with pytest.raises(error, match=f"{status} from https://graph.*feed: error {code}, .*{hint}") as caught:
        list(graph.walk())
    assert SECRET not in str(caught.value)


def test_a_token_that_facebook_shows_cut_short_is_not_shown_either() -> None:
    graph = Graph()
    said = {"message": f"Malformed access token {SECRET[:12]}…", "code": 190}
    graph.error = httpx.Response(400, json={"error": said})
    with pytest.raises(Refused, match="has expired or is not valid") as caught:
        list(graph.walk())
    assert SECRET[:12] not in str(caught.value)


def test_an_error_in_another_shape_is_still_refused() -> None:
    graph = Graph()
    for text in ("<html>Forbidden</html>", '{"error": "no"}', "[]"):
        graph.error = httpx.Response(403, text=text)
        with pytest.raises(Refused, match=r"403 from https://graph.facebook.com/v23.0/harborcoffee/feed \("):
            list(graph.walk())


def test_a_post_whose_comments_are_not_shown_is_a_changed_answer() -> None:
    graph = Graph()
    graph.error = httpx.Response(200, json={"data": [item("p", T0)]})
    with pytest.raises(Changed, match="comments"):
        list(graph.walk())


def test_the_recorded_posts_and_comments_are_read() -> None:
    read, shown = [], 0
    for path in sorted((corpus("meta") / "facebook/apidata").glob("*/*.json")):
        if re.match(r"(feeds?_|comments_p)", path.name) and path.parent.name != "groups":
            text = path.read_text()
            shown += len(re.findall(r'"created_time"\s*:', text))
            for number, one in enumerate(json.loads(text)["data"]):
                named = {"id": f"{path.name}_{number}", **one}  # the comments were recorded without their ids
                read.append(mention_of(({"id": "post"}, named) if "comment" in path.name else (named, named)))
    assert len(read) == shown == 35
    assert any(mention.likes for mention in read) and any(mention.replies for mention in read)
