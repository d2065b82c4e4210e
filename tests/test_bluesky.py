"""Bluesky: every post, also beyond the 10,000 for which a search gives cursors; logins that expire; deletions."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import bluesky
from connectors.formats.dates import from_epoch
from connectors.http import Http
from connectors.source import Cursor, Page, Refused, Unavailable
from connectors.web.pace import Pace
from connectors.web.settings import HttpSettings
from tests.corpora import corpus

T0 = 1_767_225_600
SECRET = "pier-rope-tide-crane"  # noqa: S105
OPTIONS: dict[str, Any] = {"query": "harbor", "handle": "ann.example", "app_password": SECRET}
EAGER = HttpSettings(per_host_per_s=1e9, attempts=1)


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def post(name: str, created_s: float, indexed_s: float | None = None, **fields: Any) -> dict[str, Any]:
    created, indexed = from_epoch(created_s), from_epoch(created_s if indexed_s is None else indexed_s)
    return {
        "uri": f"at://did:plc:ann/app.bsky.feed.post/{name}",
        "author": {"handle": "ann.example"},
        "record": {"text": f"harbor {name}", "createdAt": iso(created)},
        "indexedAt": iso(indexed),
        **fields,
    }


class Network:
    """Answers as Bluesky does: newest first, with cursors for the first `reach` posts of a search only."""

    def __init__(self, *posts: dict[str, Any], page_size: int = 3, reach: int = 10_000) -> None:
        self.posts, self.page_size, self.reach = list(posts), page_size, reach
        self.heeds_until, self.logins, self.lasts = True, 0, 10**6
        self.asked: list[httpx.URL] = []
        self.error: tuple[int, dict[str, str]] | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            assert json.loads(request.content) == {"identifier": "ann.example", "password": SECRET}
            if self.error:
                return httpx.Response(self.error[0], json=self.error[1])
            self.logins += 1
            self.left = self.lasts
            return httpx.Response(200, json={"accessJwt": f"login-{self.logins}"})
        assert request.headers["authorization"] == f"Bearer login-{self.logins}"
        if self.left == 0:
            return httpx.Response(400, json={"error": "ExpiredToken", "message": "Token has expired"})
        self.left -= 1
        self.asked.append(request.url)
        if request.url.path.endswith("getPosts"):
            wanted = request.url.params.get_list("uris")
            return httpx.Response(200, json={"posts": [one for one in self.posts if one["uri"] in wanted]})
        return httpx.Response(200, json=self.search(request.url.params))

    def search(self, asked: httpx.QueryParams) -> dict[str, Any]:
        until = asked.get("until", "9") if self.heeds_until else "9"
        ordered = sorted(self.posts, key=lambda one: (self.sorts_by(one), one["uri"]), reverse=True)
        found = [one for one in ordered if self.sorts_by(one) < until]
        start = int(asked.get("cursor", 0))
        end = min(start + self.page_size, self.reach)
        return {"posts": found[start:end], **({"cursor": str(end)} if end < min(len(found), self.reach) else {})}

    def sorts_by(self, one: dict[str, Any]) -> str:
        return min(str(one["record"]["createdAt"]), str(one["indexedAt"]))

    def http(self) -> Http:
        transport, hasty = httpx.MockTransport(self), Pace(sleep=lambda _: None)
        return Http("bluesky", settings=EAGER, transport=transport, pace=hasty)

    def walk(self, cursor: Cursor | None = None) -> Iterator[Page]:
        with self.http() as http:
            for page in bluesky.fetch.walk(http, cursor or {}, **OPTIONS):
                assert SECRET not in json.dumps(page.cursor) and "login" not in json.dumps(page.cursor)
                yield page

    def recheck(self, *names: str) -> list[Page]:
        with self.http() as http:
            return list(bluesky.fetch.walk_again(http, [post(name, T0)["uri"] for name in names], **OPTIONS))


def names(pages: list[Page]) -> list[str]:
    return [mention.native_id.rpartition("/")[2] for page in pages for mention in page.mentions]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=25), st.integers(1, 30), st.integers(1, 4))
def test_every_post_is_found_however_many_share_a_moment_and_wherever_the_walk_is_cut(
    moments: list[int], cut: int, pages_in_reach: int
) -> None:
    page_size = 1 + max(moments.count(moment) for moment in moments)
    posts = [post(f"{n:02}", T0 + moment) for n, moment in enumerate(moments)]
    network = Network(*posts, page_size=page_size, reach=page_size * pages_in_reach)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bluesky, "DEEP", network.reach)
        first = list(islice(network.walk(), cut))
        rest = list(network.walk(json.loads(json.dumps(first[-1].cursor))))
    assert set(names([*first, *rest])) == {f"{n:02}" for n in range(len(moments))}


def test_beyond_the_last_cursor_the_search_goes_on_by_time_and_then_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluesky, "DEEP", 3)
    network = Network(*(post(str(n), T0 + 60 * n) for n in range(1, 7)), reach=3)
    pages = list(network.walk())
    assert names(pages) == ["6", "5", "4", "4", "3", "2", "2", "1"]
    asked = [url.params.get("until") for url in network.asked]
    assert asked == [None, "2026-01-01T00:04:00.001Z", "2026-01-01T00:02:00.001Z"]
    assert "tail" not in pages[-1].cursor


def test_a_server_that_takes_no_notice_of_until_is_not_walked_in_circles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluesky, "DEEP", 3)
    network = Network(*(post(str(n), T0 + 60 * n) for n in range(1, 7)), reach=3)
    network.heeds_until = False
    with pytest.raises(Unavailable, match="the same items"):
        list(network.walk())
    assert len(network.asked) == 2


def test_a_backfill_begins_where_its_span_ends() -> None:
    network = Network(*(post(str(n), T0 + 60 * n) for n in range(9)))
    pages = list(network.walk({"span": [T0 + 120, T0 + 300]}))
    assert names(pages)[0] == "4" and "2" in names(pages)


def test_a_post_that_was_dated_back_does_not_end_the_daily_walk() -> None:
    network = Network(*(post(str(n), T0 + 60 * n) for n in range(3)))
    *_, last = network.walk()
    network.posts += [post(f"new{n}", T0 + 9_000 + n) for n in range(5)]
    network.posts.append(post("ancient", T0 - 10**8, T0 + 9_002.5))
    network.sorts_by = lambda one: str(one["indexedAt"])  # type: ignore[method-assign]
    assert {f"new{n}" for n in range(5)} <= set(names(list(network.walk(last.cursor))))


def test_a_post_dated_into_the_future_counts_from_when_it_was_seen() -> None:
    (page, *_) = Network(post("1", T0 + 10**8, T0)).walk()
    assert page.mentions[0].posted_at == from_epoch(T0)


def test_an_expired_login_is_made_anew_and_the_walk_goes_on() -> None:
    network = Network(*(post(str(n), T0 + 60 * n) for n in range(9)))
    network.lasts = 2
    assert len(set(names(list(network.walk())))) == 9
    assert network.logins == 2


def test_a_login_that_has_expired_at_once_is_refused() -> None:
    network = Network(post("1", T0))
    network.lasts = 0
    with pytest.raises(Refused, match=r"400 from .*searchPosts: ExpiredToken: .*its clock"):
        list(network.walk())
    assert network.logins == 2


@pytest.mark.parametrize(
    ("status", "error", "hint"),
    [
        (401, "AuthFactorTokenRequired", "app password"),
        (401, "AuthenticationRequired", "check handle"),
        (400, "InvalidRequest", "check this feed's options"),
    ],
)
def test_a_refused_login_says_how_to_mend_it(status: int, error: str, hint: str) -> None:
    network = Network()
    network.error = (status, {"error": error, "message": f"it was {SECRET}"})
    with pytest.raises(Refused, match=f"{status} from .*createSession: {error}.*{hint}") as caught:
        list(network.walk())
    assert SECRET not in str(caught.value)


def test_a_recheck_refreshes_posts_and_tells_which_are_gone() -> None:
    network = Network(*(post(str(n), T0, likeCount=n) for n in range(40) if n % 7))
    pages = network.recheck(*(str(n) for n in range(40)))
    assert {uri.rpartition("/")[2] for page in pages for uri in page.deleted} == {str(n) for n in range(0, 40, 7)}
    assert len(names(pages)) == 34 and len(network.asked) == 2
    assert all(len(url.params.get_list("uris")) == 20 for url in network.asked), "of one size, not 25 and 15"


def test_posts_are_not_taken_for_deleted_when_none_comes_back() -> None:
    with pytest.raises(Unavailable, match="none is taken for deleted"):
        Network(post("x", T0)).recheck("1", "2")


def test_a_post_without_text_says_what_its_pictures_or_its_link_say() -> None:
    link = {"external": {"uri": "https://news.example", "title": "Harbor opens"}}
    pictures = {"media": {"images": [{"alt": "a crane"}, {"alt": ""}, {"alt": "a cup"}]}}
    posts = [post("1", T0), post("2", T0 + 1), post("3", T0 + 2)]
    posts[0]["record"] |= {"text": "", "embed": link}
    posts[1]["record"] |= {"text": "", "embed": pictures}
    posts[2]["record"] |= {"embed": link, "langs": ["pt-BR", "en"]}
    (page, *_) = Network(*posts).walk()
    assert [(m.text, m.language) for m in page.mentions] == [
        ("harbor 3", "pt"),
        ("a crane\na cup", None),
        ("Harbor opens", None),
    ]


def test_the_posts_that_a_real_network_answered_are_read() -> None:
    folder = corpus("recorded-local")
    texts = [(folder / f"bsky_searchPosts_p{number}.json").read_text() for number in (1, 2)]
    answers = [httpx.Response(200, json={"accessJwt": "x"}), *(httpx.Response(200, text=text) for text in texts)]
    answers.append(httpx.Response(200, json={"posts": []}))
    transport = httpx.MockTransport(lambda _: answers.pop(0))
    with Http("bluesky", settings=EAGER, transport=transport, pace=Pace(sleep=lambda _: None)) as http:
        pages = list(bluesky.fetch.walk(http, {}, **OPTIONS))
    shown = [uri for text in texts for uri in re.findall(r'\{"uri":"(at://[^"]+)","cid":"[^"]+","author"', text)]
    found = [mention for page in pages for mention in page.mentions]
    assert [mention.native_id for mention in found] == shown and len(shown) == 3
    assert not any(list(page.rejects) for page in pages)
    reply, answered, _ = found
    assert reply.parent_id == answered.native_id
    assert (answered.likes, answered.replies) == (1, 1)


def test_two_walks_cost_one_request_each_once_everything_is_known() -> None:
    network = Network(*(post(str(n), T0 + 86_400 * n) for n in range(9)), page_size=5)
    *_, last = network.walk()
    network.asked.clear()
    list(network.walk(last.cursor))
    assert len(network.asked) == 1
