"""Mastodon: several servers in one feed, each on its own; what they refuse; what became of posts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from connectors import mastodon
from connectors.formats.dates import from_epoch
from connectors.formats.mastodonapi import mention_of
from connectors.http import Http
from connectors.source import Changed, Cursor, Page, Refused, Unavailable
from connectors.web.pace import Pace
from connectors.web.settings import HttpSettings
from tests.corpora import corpus

T0 = 1_767_225_600
SECRET = "pier-rope-tide-crane"  # noqa: S105
EAGER = HttpSettings(per_host_per_s=1e9, attempts=1)


def status(number: int, home: str = "pier.example", **fields: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "uri": f"https://{home}/users/ann/statuses/{number}",
        "created_at": from_epoch(T0 + number).isoformat(),
        "content": f"<p>harbor {number}</p>",
        "account": {"acct": "ann"},
        **fields,
    }


class Fediverse:
    """Servers by name; each has statuses, the newest first, or what it answers instead."""

    def __init__(self, **hosts: list[dict[str, Any]] | httpx.Response) -> None:
        self.hosts = {f"{name}.example": shown for name, shown in hosts.items()}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        shown, asked = self.hosts[request.url.host], request.url.params
        if isinstance(shown, httpx.Response):
            return shown
        if request.url.path == "/api/v1/statuses":
            return httpx.Response(200, json=[one for one in shown if one["id"] in asked.get_list("id[]")])
        older = [one for one in shown if int(one["id"]) < int(asked.get("max_id", 10**9))]
        return httpx.Response(200, json=older[:3])

    def http(self) -> Http:
        transport, hasty = httpx.MockTransport(self), Pace(sleep=lambda _: None)
        return Http("mastodon", settings=EAGER, transport=transport, pace=hasty)

    def walk(self, cursor: Cursor | None = None, **options: Any) -> Iterator[Page]:
        options = {"tags": ["harbor"], "instances": list(self.hosts), **options}
        with self.http() as http:
            for page in mastodon.fetch.walk(http, cursor or {}, **options):
                assert SECRET not in json.dumps(page.cursor)
                yield page

    def recheck(self, uris: list[str], instances: list[str]) -> list[Page]:
        with self.http() as http:
            return list(mastodon.fetch.walk_again(http, uris, tags=["harbor"], instances=instances))


def uris(pages: list[Page]) -> list[str]:
    return [mention.native_id for page in pages for mention in page.mentions]


def test_a_post_that_two_servers_show_is_one_mention() -> None:
    copy = status(8, uri="https://pier.example/users/ann/statuses/9", account={"acct": "ann@pier.example"})
    pages = list(Fediverse(pier=[status(9)], quay=[copy]).walk())
    found = [mention for page in pages for mention in page.mentions]
    assert len(found) == 2 and len({mention.mention_id for mention in found}) == 1
    assert {mention.author for mention in found} == {"ann@pier.example"}


def test_a_server_that_fails_does_not_hold_back_the_others_and_goes_on_where_it_was() -> None:
    fediverse = Fediverse(pier=httpx.Response(503), quay=[status(n) for n in (5, 4, 3, 2)])
    pages: list[Page] = []
    with pytest.raises(Unavailable, match="503 from https://pier"):
        pages.extend(fediverse.walk())
    assert len(uris(pages)) == 4
    fediverse.hosts["pier.example"] = [status(n) for n in (7, 6)]
    assert {"https://pier.example/users/ann/statuses/6"} <= set(uris(list(fediverse.walk(pages[-1].cursor))))


@pytest.mark.parametrize("code", [401, 422])
def test_a_server_for_members_only_says_what_to_do(code: int) -> None:
    said = {"error": "This method requires an authenticated user"}
    with pytest.raises(Refused, match=f"{code} from https://pier.*requires an auth.*set token") as caught:
        list(Fediverse(pier=httpx.Response(code, json=said)).walk())
    assert "instances" in str(caught.value)


def test_a_token_is_sent_and_never_shown() -> None:
    fediverse = Fediverse(pier=[status(1)])
    list(fediverse.walk(token=SECRET))
    assert all(request.headers["authorization"] == f"Bearer {SECRET}" for request in fediverse.asked)
    fediverse.hosts["pier.example"] = httpx.Response(401, json={"error": f"The access token {SECRET} is invalid"})
    with pytest.raises(Refused, match="make a new token") as caught:
        list(fediverse.walk(token=SECRET))
    assert SECRET not in str(caught.value)


def test_a_token_for_more_than_one_server_is_refused_before_it_is_sent() -> None:
    fediverse = Fediverse(pier=[], quay=[])
    with pytest.raises(Refused, match="one token is set for 2 instances"):
        list(fediverse.walk(token=SECRET))
    assert not fediverse.asked


def test_names_are_taken_as_people_write_them_and_each_is_asked_once() -> None:
    fediverse = Fediverse(pier=[])
    instances = ["https://Pier.example/", "pier.example", "pier.example/about"]
    list(fediverse.walk(tags=["#Harbor", "harbor", "café"], instances=instances))
    assert [request.url.raw_path.split(b"?")[0].rpartition(b"/")[2] for request in fediverse.asked] == [
        b"harbor",
        b"caf%C3%A9",
    ]


def test_an_edited_post_is_read_again() -> None:
    fediverse = Fediverse(pier=[status(2), status(1)])
    *_, last = fediverse.walk()
    fediverse.hosts["pier.example"] = [status(2), status(1, content="<p>harbor, edited</p>")]
    assert "harbor, edited" in [m.text for page in fediverse.walk(last.cursor) for m in page.mentions]


def test_something_else_than_a_list_is_a_changed_answer() -> None:
    with pytest.raises(Changed, match="instead of a list"):
        list(Fediverse(pier=httpx.Response(200, json={"statuses": []})).walk())


def test_a_recheck_asks_only_servers_of_the_feed_and_tells_what_is_gone() -> None:
    fediverse = Fediverse(pier=[status(n) for n in range(30) if n % 9], far=httpx.Response(500))
    wanted = [status(n)["uri"] for n in range(30)]
    wanted.append("https://pier.example/ap/users/5/statuses/4")
    strange = [status(1, home="far.example")["uri"], "https://pier.example/objects/7"]
    pages = fediverse.recheck([*wanted[:30], *strange], ["pier.example"])
    assert {uri for page in pages for uri in page.deleted} == {wanted[n] for n in (0, 9, 18, 27)}
    assert len(uris(pages)) == 26
    assert all(len(request.url.params.get_list("id[]")) <= 20 for request in fediverse.asked)
    assert fediverse.recheck(strange, ["pier.example"]) == []


def test_a_server_that_knows_no_post_any_more_deletes_none() -> None:
    with pytest.raises(Unavailable, match="none is taken for deleted"):
        Fediverse(pier=[]).recheck([status(1)["uri"]], ["pier.example"])


def test_a_brand_is_proposed_as_a_hashtag() -> None:
    with Http("mastodon") as http:
        assert list(mastodon.fetch.proposals(http, "Harbor Coffee & Tea", None)) == [{"tags": ["harborcoffeetea"]}]
        assert list(mastodon.fetch.proposals(http, "!!", None)) == []


def interactions(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the address and the body of each answer of a cassette."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for interaction in yaml.load(path.read_text(), Loader=loader)["interactions"]:  # noqa: S506  safe, as its name says
        yield interaction["request"]["uri"], interaction["response"]["body"]["string"]


def test_a_recorded_timeline_is_walked_to_its_end() -> None:
    recorded = dict(interactions(corpus("mastodon") / "cassettes/test_fetch_remaining.yaml"))
    pages = {uri.partition("max_id=")[2]: text for uri, text in recorded.items() if "timelines/tag" in uri}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=pages[request.url.params.get("max_id", "")])

    transport = httpx.MockTransport(answer)
    with Http("mastodon", settings=EAGER, transport=transport, pace=Pace(sleep=lambda _: None)) as http:
        found = list(mastodon.fetch.walk(http, {}, tags=["any"], instances=["localhost"]))
    assert len(set(uris(found))) == 30 and not any(list(page.rejects) for page in found)


def statuses(answer: Any) -> Iterator[dict[str, Any]]:
    """Yield every status in a JSON answer, wherever it stands."""
    if isinstance(answer, dict) and "replies_count" in answer:
        yield answer
    for part in answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ():
        yield from statuses(part)


def test_every_status_of_the_recorded_answers_is_read() -> None:
    shown = 0
    read = []
    for path in sorted(corpus("mastodon").rglob("*.yaml")):
        if "replies_count" in path.read_text():
            for _, answer in interactions(path):
                if answer.startswith(("{", "[")):
                    shown += len(re.findall('"replies_count":', answer))
                    found = list(statuses(json.loads(answer)))
                    shown -= sum(not one.get("content") for one in found)  # boosts, and answers to deletions
                    read += [mention_of("localhost", one) for one in found if one.get("content")]
    assert len(read) == shown > 500
    assert all(mention.text or mention.title for mention in read)
