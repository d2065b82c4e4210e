"""Reddit: the same posts with and without a key, none kept that was taken away, none missed."""

import base64
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any
from xml.sax.saxutils import escape

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import reddit
from connectors.formats.dates import from_epoch
from connectors.formats.redditposts import from_api
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Changed, Cursor, Page, Refused, Unavailable
from connectors.web.pace import Pace
from connectors.web.settings import HttpSettings
from tests.corpora import corpus

EAGER = HttpSettings(per_host_per_s=1e9, attempts=1)
KEY: dict[str, Any] = {"client_id": "pier", "client_secret": "rope"}
T0 = 1_767_225_600


class Reddit:
    """Answers as Reddit does, with feeds and through the API; `posts` has the newest first."""

    def __init__(self, *posts: dict[str, Any], page_size: int = 2) -> None:
        self.posts, self.page_size = list(posts), page_size
        self.asked: list[httpx.URL] = []
        self.sleeps: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        if request.url.path.endswith("access_token"):
            assert request.headers["authorization"] == f"Basic {base64.b64encode(b'pier:rope').decode()}"
            return httpx.Response(200, json={"access_token": "buoy", "expires_in": 3600})
        if request.url.path == "/api/info":
            wanted = request.url.params["id"].split(",")
            return api_page([post for post in self.posts if post["name"] in wanted], None)
        shown = [post for post in self.posts if post["name"].startswith("t1_") == ("comments" in request.url.path)]
        after = request.url.params.get("after")
        start = [post["name"] for post in shown].index(after) + 1 if after else 0
        page = shown[start : start + self.page_size]
        if request.url.host == "www.reddit.com":
            return httpx.Response(200, text=feed(page), headers={"Content-Type": "application/atom+xml"})
        assert request.headers["authorization"] == "Bearer buoy"
        return api_page(page, page[-1]["name"] if len(shown) > start + len(page) else None)

    def http(self, settings: HttpSettings = EAGER) -> Http:
        pace = Pace(sleep=self.sleeps.append)
        return Http("reddit", settings=settings, transport=httpx.MockTransport(self), pace=pace)

    def walk(self, cursor: Cursor | None = None, **options: Any) -> Iterator[Page]:
        with self.http() as http:
            yield from reddit.fetch.walk(http, cursor or {}, **({"query": "harbor"} | options))

    def walk_again(self, *native_ids: str, **options: Any) -> list[Page]:
        with self.http() as http:
            return list(reddit.fetch.walk_again(http, native_ids, query="harbor", **options))


def api_page(posts: list[dict[str, Any]], after: str | None) -> httpx.Response:
    children = [{"kind": post["name"][:2], "data": post} for post in posts]
    return httpx.Response(200, json={"kind": "Listing", "data": {"after": after, "children": children}})


def feed(posts: list[dict[str, Any]]) -> str:
    entries = "".join(map(entry, posts))
    return f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'


def entry(post: dict[str, Any]) -> str:
    """Return the Atom entry that Reddit writes for what its API calls `post`."""
    html = post.get("selftext_html") or post.get("body_html") or ""
    title = post.get("title") or f"/u/{post['author']} on {post['link_title']}"
    if "title" in post:
        html += (
            f' &#32; submitted by &#32; <a href="https://www.reddit.com/user/x"> /u/{post["author"]} </a>'
            ' &#32; to &#32; <a href="https://www.reddit.com/r/pier/"> r/pier </a> <br/> <span><a href="https://x.example">[link]</a>'
            '</span> &#32; <span><a href="https://www.reddit.com/r/pier">[comments]</a></span>'
        )
    when = from_epoch(post["created_utc"]).isoformat()
    return (
        f"<entry><author><name>/u/{post['author']}</name></author><category term='pier' label='r/pier'/>"
        f"<content type='html'>{escape(html)}</content><id>{post['name']}</id>"
        f"<link href='https://www.reddit.com{post['permalink']}'/><updated>{when}</updated><published>{when}</published>"
        f"<title>{escape(title)}</title></entry>"
    )


def md(html: str) -> str:
    return f'<!-- SC_OFF --><div class="md">{html}\n</div><!-- SC_ON -->'


def post(number: int, html: str | None = "<p>Harbor</p>", **fields: Any) -> dict[str, Any]:
    name = f"t3_{number:04}"
    return {
        "name": name,
        "created_utc": T0 + 60.0 * number,
        "title": "At the pier",
        "selftext_html": md(html) if html else None,
        "author": "ann",
        "permalink": f"/r/pier/comments/{name}/",
        "score": 7,
        "num_comments": 1,
    } | fields


def comment(number: int, html: str = "<p>Harbor</p>", **fields: Any) -> dict[str, Any]:
    base = post(number, author="bo") | {"name": f"t1_{number:04}", "body_html": md(html), "link_title": "At the pier"}
    del base["title"], base["selftext_html"], base["num_comments"]
    return base | {"parent_id": "t3_0001"} | fields


def ids(pages: Iterator[Page] | list[Page]) -> list[str]:
    return [m.native_id for page in pages for m in page.mentions]


def public(pages: Iterator[Page]) -> list[tuple[Any, ...]]:
    return [(m.native_id, m.text, m.title, m.author, m.url, m.posted_at) for page in pages for m in page.mentions]


@pytest.mark.parametrize("options", [{"query": "harbor"}, {"query": None, "subreddit": "pier"}])
def test_a_post_is_the_same_mention_with_and_without_a_key(options: dict[str, Any]) -> None:
    town = Reddit(
        post(5, "<p>One &amp; <strong>two</strong></p>\n\n<p>three</p>", title="Tea & <coffee>"),
        post(4, None),
        comment(3, "<blockquote><p>One</p></blockquote>\n<p>I &lt;3 it</p>"),
        post(2, author="[deleted]"),
    )
    keyless, keyed = public(town.walk(**options)), public(town.walk(**options, **KEY))
    assert keyless == keyed
    assert [row[0] for row in keyless] == ["t3_0005", "t3_0004", "t3_0002"] + ["t1_0003"] * ("subreddit" in options)
    assert keyless[0][1:3] == ("One & two\nthree", "Tea & <coffee>")


def test_counts_and_parents_come_with_a_key_and_hidden_scores_are_no_scores() -> None:
    town = Reddit(post(3), post(2, hide_score=True), comment(1, score=-4))
    found = {m.native_id: m for page in town.walk(query=None, subreddit="pier", **KEY) for m in page.mentions}
    assert counts(found["t3_0003"]) == (7, 1, None)
    assert counts(found["t3_0002"]) == (None, 1, None)
    assert counts(found["t1_0001"]) == (-4, None, "t3_0001")


def counts(mention: Mention) -> tuple[Any, ...]:
    return mention.likes, mention.replies, mention.parent_id


@pytest.mark.parametrize("key", [{}, KEY])
@pytest.mark.parametrize(
    "taken",
    [
        post(2, "<p>[removed]</p>"),
        post(2, "<p>[deleted]</p>", author="[deleted]"),
        post(2, None, title="[deleted by user]"),
        post(2, None, title="[ Removed by Reddit ]"),
        post(2, "<p>[ Removed by Reddit on account of violating the content policy. ]</p>"),
    ],
)
def test_what_was_taken_away_is_reported_and_not_kept(taken: dict[str, Any], key: dict[str, Any]) -> None:
    pages = list(Reddit(post(3), taken, post(1)).walk(**key))
    assert ids(pages) == ["t3_0003", "t3_0001"]
    assert [name for page in pages for name in page.deleted] == ["t3_0002"]


def test_a_post_removed_by_a_moderator_is_gone_though_its_text_is_still_there() -> None:
    (page,) = Reddit(post(1, removed_by_category="moderator")).walk(**KEY)
    assert (page.mentions, list(page.deleted)) == ([], ["t3_0001"])


def test_a_page_on_which_everything_was_taken_away_does_not_end_the_walk() -> None:
    town = Reddit(post(4), post(3, "<p>[removed]</p>"), post(2), post(1), page_size=1)
    assert ids(town.walk()) == ids(town.walk(**KEY)) == ["t3_0004", "t3_0002", "t3_0001"]


@settings(max_examples=15, deadline=None)
@given(
    start=st.integers(0, 7),
    arrivals=st.lists(st.integers(0, 3), max_size=6),
    size=st.integers(1, 3),
    cut=st.integers(2, 4),
    keyed=st.booleans(),
)
def test_nothing_is_lost_however_posts_arrive_while_the_walk_goes_on_and_is_cut(
    start: int, arrivals: list[int], size: int, cut: int, keyed: bool
) -> None:
    town = Reddit(*(post(n) for n in range(start, 0, -1)), page_size=size)
    found: set[str] = set()
    cursor: Cursor = {}
    for arrived in [*arrivals, *([0] * 12)]:
        for page in islice(town.walk(cursor, **(KEY if keyed else {})), cut):
            cursor = json.loads(json.dumps(page.cursor))
            found.update(m.native_id for m in page.mentions)
        newest = len(town.posts)
        town.posts[:0] = [post(n) for n in range(newest + arrived, newest, -1)]
    assert found == {p["name"] for p in town.posts}


def test_a_key_that_is_added_later_goes_on_from_where_the_feeds_were() -> None:
    town = Reddit(*(post(n) for n in range(6, 0, -1)))
    first = next(town.walk())
    assert set(ids([first, *town.walk(first.cursor, **KEY)])) == {p["name"] for p in town.posts}


def test_a_subreddit_without_a_query_gives_its_posts_and_comments() -> None:
    town = Reddit(post(2), comment(1))
    assert ids(town.walk(query=None, subreddit="r/pier")) == ["t3_0002", "t1_0001"]
    assert {url.path for url in town.asked} == {"/r/pier/new/.rss", "/r/pier/comments/.rss"}


def test_a_search_in_subreddits_stays_within_them() -> None:
    town = Reddit(post(1))
    assert ids(town.walk(subreddit="coffee+tea")) == ["t3_0001"]
    assert town.asked[0].path == "/r/coffee+tea/search.rss"
    assert dict(town.asked[0].params) == {
        "q": "harbor",
        "sort": "new",
        "type": "link",
        "restrict_sr": "on",
        "limit": "100",
    }


@pytest.mark.parametrize(("key", "apart_s"), [({}, 6.0), (KEY, 1.0)])
def test_feeds_are_asked_ten_times_a_minute_and_the_api_more_often(key: dict[str, Any], apart_s: float) -> None:
    town = Reddit(*(post(n) for n in range(3)), page_size=1)
    with town.http(HttpSettings(attempts=1)) as http:
        list(reddit.fetch.walk(http, {}, query="harbor", **key))
    assert apart_s - 0.5 < max(town.sleeps) <= apart_s


def test_posts_are_asked_for_again_a_hundred_at_a_time() -> None:
    town = Reddit(post(1, "<p>edited</p>"), post(2, "<p>[removed]</p>"), comment(150))
    pages = town.walk_again("t3_0001", "t3_0002", *(f"t1_{n:04}" for n in range(3, 160)), **KEY)
    assert [m.text for page in pages for m in page.mentions] == ["edited", "Harbor"]
    assert [name for page in pages for name in page.deleted] == ["t3_0002"], "a missing one may be in a private place"
    assert [len(url.params["id"].split(",")) for url in town.asked[1:]] == [100, 59]


def test_without_a_key_nothing_is_asked_again() -> None:
    town = Reddit(post(1))
    assert town.walk_again("t3_0001") == town.asked == []


def test_options_that_cannot_work_are_refused() -> None:
    with pytest.raises(Refused, match="neither"):
        list(Reddit().walk(query=None))
    with pytest.raises(Refused, match="only one"):
        list(Reddit().walk(client_id="pier"))


def test_a_refused_login_shows_no_secret() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"error": "unsupported_grant_type"})

    with (
        Http("reddit", settings=EAGER, transport=httpx.MockTransport(answer), pace=Pace(lambda _: None)) as http,
        pytest.raises(Refused, match="unsupported_grant_type") as refused,
    ):
        list(reddit.fetch.walk(http, {}, query="harbor", **KEY))
    assert "rope" not in str(refused.value)


@pytest.mark.parametrize("text", ["<!DOCTYPE html><html><body>whoa there</body></html>", "", "{}", "null"])
def test_a_feed_that_is_none_is_a_changed_answer(text: str) -> None:
    transport, pace = httpx.MockTransport(lambda _: httpx.Response(200, text=text)), Pace(lambda _: None)
    with Http("reddit", settings=EAGER, transport=transport, pace=pace) as http, pytest.raises(Changed):
        list(reddit.fetch.walk(http, {}, query="harbor"))


def test_a_limited_feed_says_when_it_goes_on() -> None:
    headers = {"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "57"}
    transport = httpx.MockTransport(lambda _: httpx.Response(429, headers=headers))
    with Http("reddit", settings=EAGER, transport=transport, pace=Pace(sleep=lambda _: None)) as http:
        with pytest.raises(Unavailable):
            list(reddit.fetch.walk(http, {}, query="harbor"))
        assert http.quota_left == 0


def test_every_post_and_comment_that_was_ever_recorded_is_read() -> None:
    posts = comments = taken = 0
    for cassette in sorted(corpus("reddit").glob("*.json")):
        for interaction in json.loads(cassette.read_text())["interactions"]:
            answer = json.loads(interaction["response"]["body"]["string"])
            if not isinstance(answer, dict) or answer.get("kind") != "Listing":
                continue
            kinds = [child["kind"] for child in answer["data"]["children"]]
            if "t5" in kinds:  # subreddits
                continue
            page = from_api(answer)
            gone = list(page.deleted)
            assert not page.rejects
            assert len(page.mentions) + len(gone) == len(kinds)
            assert all(m.text.strip() and '<div class="md">' not in m.text for m in page.mentions)
            posts, comments, taken = posts + kinds.count("t3"), comments + kinds.count("t1"), taken + len(gone)
    assert (posts, comments, taken) == (1095, 392, 38)  # as jq counts them
