"""GitHub: issues and comments once, whether a repository is read or searched, and what moved or went away."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import github_issues
from connectors.formats.dates import from_epoch
from connectors.formats.githubissues import read_issue
from connectors.http import Http
from connectors.source import Cursor, Page, Refused, Unavailable
from connectors.web.pace import Pace
from connectors.web.settings import HttpSettings
from tests.corpora import corpus

API = "https://api.github.com"
T0 = 1_767_225_600
KEY: dict[str, Any] = {"token": "rope"}


class GitHub:
    """Answers as GitHub does: by the time of the last change, the oldest first, with Link headers."""

    def __init__(self, *items: dict[str, Any], page_size: int = 2) -> None:
        self.items, self.page_size = list(items), page_size
        self.gone: dict[str, httpx.Response] = {}
        self.asked: list[httpx.Request] = []
        self.incomplete = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path, asked = request.url.path, request.url.params
        if path.split("/")[-1].isdigit():
            known = (i for i in self.items if path.removeprefix("/repos/").lower() in i["html_url"].lower())
            return self.gone.get(path) or httpx.Response(200, json=next(known))
        if path == "/search/issues":
            words = asked["q"].split(" updated:>=")
            is_pull = "is:pull-request" in words[0]
            shown = [i for i in self.items if "#" not in i["html_url"] and ("/pull/" in i["html_url"]) == is_pull]
            items, headers = self.page(request, shown, words[1] if len(words) > 1 else "")
            found = {"total_count": 1, "incomplete_results": self.incomplete, "items": items}
            return httpx.Response(200, json=found, headers=headers)
        shown = [i for i in self.items if ("#" in i["html_url"]) == path.endswith("/comments")]
        items, headers = self.page(request, shown, asked.get("since", ""))
        return httpx.Response(200, json=items, headers=headers)

    def page(self, request: httpx.Request, shown: list[Any], since: str) -> tuple[list[Any], dict[str, str]]:
        listed = sorted((i for i in shown if i["updated_at"] >= since), key=lambda i: str(i["updated_at"]))
        end = int(request.url.params["page"]) * self.page_size
        more = {"link": f'<{API}/x?page=2>; rel="next"'} if len(listed) > end else {}
        return listed[end - self.page_size : end], more

    def http(self) -> Http:
        eager = HttpSettings(per_host_per_s=1e9, attempts=1, allow_private=("api.github.com",))
        return Http("github_issues", settings=eager, transport=httpx.MockTransport(self), pace=Pace(lambda _: None))

    def walk(self, cursor: Cursor | None = None, **options: Any) -> Iterator[Page]:
        with self.http() as http:
            yield from github_issues.fetch.walk(http, cursor or {}, **(options or {"repo": "Pier/App"}))

    def walk_again(self, *native_ids: str, **options: Any) -> list[Page]:
        with self.http() as http:
            return list(github_issues.fetch.walk_again(http, native_ids, repo="pier/app", **options))


def issue(number: int, updated: int = 0, *, kind: str = "issues", **fields: Any) -> dict[str, Any]:
    return {
        "html_url": f"https://github.com/Pier/App/{kind}/{number}",
        "number": number,
        "title": "No coffee",
        "body": "None came.",
        "user": {"login": "ann"},
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": f"{from_epoch(T0 + (updated or number)):%Y-%m-%dT%H:%M:%SZ}",
        "comments": 2,
        "reactions": {"total_count": 5},
    } | fields


def comment(number: int, *, on: int = 1, kind: str = "issues") -> dict[str, Any]:
    item = issue(number, kind=kind) | {"html_url": f"https://github.com/Pier/App/{kind}/{on}#issuecomment-{number}"}
    del item["title"], item["comments"]
    return item


def ids(pages: Iterator[Page] | list[Page]) -> set[str]:
    return {m.native_id.removeprefix("github.com/pier/app/") for page in pages for m in page.mentions}


def test_an_issue_has_the_same_id_in_its_repository_and_in_a_search() -> None:
    town = GitHub(issue(1), issue(2))
    assert ids(town.walk(query="coffee")) == ids(town.walk()) == {"issues/1", "issues/2"}


def test_pull_requests_and_comments_on_them_only_count_if_wanted() -> None:
    town = GitHub(issue(1), issue(2, kind="pull"), comment(3), comment(4, on=2, kind="pull"))
    mine = {"issues/1", "issues/1#issuecomment-3"}
    assert ids(town.walk()) == mine
    assert ids(town.walk(repo="pier/app", pulls=True)) == mine | {"pull/2", "pull/2#issuecomment-4"}
    assert ids(town.walk(query="coffee", pulls=True)) == {"issues/1", "pull/2"}


def test_a_page_of_pull_requests_alone_does_not_end_the_walk() -> None:
    town = GitHub(issue(1), *(issue(n, kind="pull") for n in range(2, 9)), issue(9))
    assert ids(town.walk()) == {"issues/1", "issues/9"}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2)), max_size=5), min_size=1, max_size=5),
    st.integers(1, 3),
    st.integers(1, 4),
    st.booleans(),
)
def test_nothing_is_lost_when_issues_are_updated_while_the_walk_goes_on_and_is_cut(
    rounds: list[list[tuple[int, int]]], size: int, cut: int, searched: bool
) -> None:
    town = GitHub(page_size=size)
    states: dict[int, int] = {}
    found: dict[str, str] = {}
    cursor: Cursor = {}
    clock = 1
    for changes in [*rounds, *([[]] * 20)]:
        for number, later in changes:
            clock += later
            states[number] = clock
        clock += 1
        town.items = [issue(n, when, body=str(when)) for n, when in states.items()]
        for page in islice(town.walk(cursor, **({"query": "x"} if searched else {"repo": "pier/app"})), cut):
            cursor = json.loads(json.dumps(page.cursor))
            found |= {m.native_id[-1]: m.text for m in page.mentions}
    assert found == {str(n): str(when) for n, when in states.items()}


def test_a_search_that_left_something_out_moves_no_mark() -> None:
    town = GitHub(issue(1))
    town.incomplete = True
    with pytest.raises(Unavailable, match="took too long"):
        list(town.walk(query="coffee"))


def test_a_search_asks_for_issues_and_keeps_alternatives_together() -> None:
    town = GitHub(issue(1), issue(2), issue(3))
    list(town.walk(query="coffee OR tea"))
    first, second = (request.url.params["q"] for request in town.asked)
    assert first == "(coffee OR tea) is:issue"
    assert second == "(coffee OR tea) is:issue updated:>=2026-01-01T00:00:02Z"


@pytest.mark.parametrize("options", [{"pulls": True}, {"repo": "a/b", "query": "c"}])
def test_it_takes_either_a_repository_or_a_query(options: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="either repo or query"):
        list(GitHub().walk(**options))


def test_a_token_goes_along_and_nowhere_else() -> None:
    town = GitHub(issue(1))
    (page, _) = town.walk(repo="pier/app", **KEY)
    assert all(request.headers["authorization"] == "Bearer rope" for request in town.asked)
    assert "rope" not in f"{page} {[request.url for request in town.asked]}"
    list(GitHub(issue(1)).walk())


def test_hidden_instructions_are_no_words() -> None:
    body = "<!-- Tell us\r\nmore -->\r\nIt **burns**: `a < b`\r\n<!-- never closed"
    assert read_issue(issue(1, body=body)).text == "It **burns**: `a < b`"
    assert read_issue(issue(1, body="<!-- nothing else -->")).text == "No coffee"
    assert read_issue(comment(1) | {"body": "<!-- bot -->"}).text == "<!-- bot -->", "else one bot would end the walk"


def test_issues_that_were_deleted_or_moved_are_told_to_who_has_a_token() -> None:
    town = GitHub(issue(1, body="edited"), issue(4) | {"html_url": "https://github.com/Pier/Web/issues/9"})
    town.gone = {
        "/repos/pier/app/issues/2": httpx.Response(410, json={"message": "This issue was deleted"}),
        "/repos/pier/app/issues/3": httpx.Response(404, json={"message": "Not Found"}),
        "/repos/pier/app/issues/4": httpx.Response(301, headers={"location": f"{API}/repos/pier/web/issues/9"}),
    }
    asked = [f"github.com/pier/app/issues/{n}" for n in (1, 2, 3, 4)] + ["github.com/pier/app/issues/1#issuecomment-5"]
    pages = town.walk_again(*asked, **KEY)
    assert {m.native_id: m.text for page in pages for m in page.mentions} == {
        "github.com/pier/app/issues/1": "edited",
        "github.com/pier/web/issues/9": "None came.",
    }
    assert [name for page in pages for name in page.deleted] == [asked[1], asked[3]]
    assert town.walk_again(*asked) == []


@pytest.mark.parametrize(("name", "issues", "pulls"), [("issues", 1, 1), ("issue-comments", 3, 0)])
def test_recorded_answers_are_read(name: str, issues: int, pulls: int) -> None:
    items = json.loads((corpus("github/github-to-sqlite") / f"{name}.json").read_text())
    path = "/repos/o/n/issues" + ("/comments" if name != "issues" else "")

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=items if request.url.path == path else [])

    for wanted, count in ((False, issues), (True, issues + pulls)):
        with Http("github_issues", transport=httpx.MockTransport(answer), pace=Pace(lambda _: None)) as http:
            pages = list(github_issues.fetch.walk(http, {}, repo="o/n", pulls=wanted))
        assert len(ids(pages)) == count
        assert not any(page.rejects for page in pages)
