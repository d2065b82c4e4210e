"""The contract that every source keeps; a new file in connectors/ is tested without an edit here.

What a source answers stands in tests/fixtures/NAME.json: `about`, whether it was recorded or written, and from what;
`total`, how many mentions the site says there are; `calls`, its answers (`text` or `json`, `headers`, `status`) by
`url`, `method` if not GET, and `body` or `form` where they matter; `required`, names without which nothing can be read;
`empties`, the bodies that mean "nothing there" to this source; `options`, if not the card's example. Files that it
reads lie in the folder tests/fixtures/NAME; `messages` are what a `server` that does not speak HTTP holds.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.formats.dates import from_epoch
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import (
    Changed,
    Cursor,
    Page,
    Refused,
    Source,
    SourceError,
    Unavailable,
    all_sources,
    read_items,
    source,
)
from connectors.web.pace import Pace
from connectors.web.settings import HttpSettings
from tests import imapserver

FIXTURES = Path(__file__).parent / "fixtures"
EAGER = HttpSettings(per_host_per_s=1e9, attempts=1, allow_private=("127.0.0.1",))
COMMON = {"source", "native_id", "text", "posted_at", "posted_at_known"}
NAME = re.compile(r"[\"</]([A-Za-z_][\w:-]*)(?=[\"\s>])")

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(params=all_sources().values(), ids=lambda card: card.name)
def card(request: pytest.FixtureRequest) -> Source:
    found: Source = request.param
    return found


@pytest.fixture
def online(card: Source) -> Source:
    """A source that asks a server; only such ones know status codes and spoilt answers."""
    if not recorded(card)["calls"]:
        pytest.skip(f"{card.name} makes no calls")
    return card


def recorded(card: Source) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / f"{card.name}.json").read_text())
    return found


def url_key(url: str) -> str:
    parsed = httpx.URL(url)
    return f"{parsed.copy_with(query=None)} {sorted(parsed.params.multi_items())}"


def fits(call: dict[str, Any], request: httpx.Request) -> bool:
    """Say whether `request` is the one that `call` answers."""
    if (call.get("method", "GET"), url_key(call["url"])) != (request.method, url_key(str(request.url))):
        return False
    if "body" in call:
        return bool(json.loads(request.content) == call["body"])
    return "form" not in call or dict(httpx.QueryParams(request.content.decode())) == call["form"]


def body(call: dict[str, Any]) -> str:
    return json.dumps(call["json"]) if "json" in call else call["text"]


def replay(card: Source, rename: str | None = None) -> Answer:
    """Answer what is recorded, in which `rename`, a key or a tag, has got another name."""
    calls = recorded(card)["calls"]

    def answer(request: httpx.Request) -> httpx.Response:
        call = next((call for call in calls if fits(call, request)), None)
        if call is None and rename:  # a spoilt answer may lead to a question that nobody asked before
            return httpx.Response(404)
        assert call, f"no answer is recorded for {request.method} {request.url} {request.content!r}"
        text = renamed(body(call), rename) if rename else body(call)
        return httpx.Response(call.get("status", 200), text=text, headers=call.get("headers"))

    return answer


def renamed(text: str, name: str) -> str:
    return re.sub(rf"(?<=[\"</]){re.escape(name)}(?=[\"\s>])", f"{name}_gone", text)


def walk(card: Source, answer: Answer, cursor: Cursor | None = None) -> Iterator[Page]:
    transport = httpx.MockTransport(answer)
    folder, hasty = FIXTURES / card.name, Pace(sleep=lambda _: None)
    http = Http(card.name, settings=EAGER, base_dir=folder, transport=transport, pace=hasty)
    with serving(card) as options, http:
        yield from card.walk(http, cursor or {}, **options)


@contextmanager
def serving(card: Source) -> Iterator[dict[str, Any]]:
    """Yield the options of a feed; what is no HTTP is served on loopback meanwhile."""
    held = recorded(card)
    options = dict(held.get("options", card.example))
    if held.get("server") != "imap":
        yield options
        return
    with imapserver.serving(held["messages"]) as (host, port):
        yield options | {"host": host, "port": port}


def mentions(pages: list[Page]) -> dict[int, Mention]:
    return {m.mention_id: m for page in pages for m in page.mentions}


def test_the_card_is_complete(card: Source) -> None:
    assert card.fetch.__doc__, "say in fetch's docstring what is yielded, and in which order"
    assert card.title and card.history
    assert card.terms.startswith("https://")
    card.check(card.example)
    assert all(p.annotation is not p.empty for p in card.options.values()), "every option needs a type"
    assert recorded(card)["about"], "say whether the fixture was recorded or written, and from what"
    secret = {name for name in card.options if re.search("token|key|secret|password", name)}
    assert secret <= set(card.secrets) <= set(card.options), "what opens an account stands in the environment"
    assert all(str(card.example.get(name, "env:")).startswith("env:") for name in card.secrets)
    assert (card.key == "none") == (not card.secrets), "say what credential it wants"


def test_mentions_are_whole_and_as_many_as_the_source_says(card: Source) -> None:
    pages = list(walk(card, replay(card)))
    found = mentions(pages)
    assert len(found) == recorded(card)["total"], "the walk ended before the last item"
    assert not any(page.rejects or page.suspect for page in pages)
    for mention in found.values():
        assert mention.source == (card.same_as or card.name)
        assert mention.native_id and mention.text.strip()
        assert not re.search(r"</?(p|br|i|b|a)\b[^<>]*>|&(amp|#x27|quot|lt);", f"{mention.title} {mention.text}")


def test_the_card_names_the_fields_that_are_filled(online: Source) -> None:
    found = mentions(list(walk(online, replay(online)))).values()
    filled = {name for mention in found for name in Mention.__slots__ if getattr(mention, name) is not None}
    assert filled - COMMON == set(online.fills)


def test_a_walk_cut_after_any_page_resumes_and_loses_nothing(card: Source) -> None:
    pages = list(walk(card, replay(card)))
    for cut in range(1, len(pages)):
        first = list(islice(walk(card, replay(card)), cut))
        cursor = json.loads(json.dumps(first[-1].cursor))
        assert mentions([*first, *walk(card, replay(card), cursor)]).keys() == mentions(pages).keys()


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, Unavailable), (500, Unavailable), (503, Unavailable), (401, Refused), (403, Refused), (404, Refused)],
)
def test_a_status_says_who_must_act(online: Source, status: int, error: type[SourceError]) -> None:
    with pytest.raises(error, match=f"^{online.name}: {status} "):
        list(walk(online, lambda _: httpx.Response(status)))


def test_a_timeout_is_nobodys_fault(online: Source) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("timed out")

    with pytest.raises(Unavailable, match=online.name):
        list(walk(online, answer))


@pytest.mark.parametrize(
    "text", ["<!DOCTYPE html><html><body>Just a moment</body></html>", "", "{}", "[]", "null", "\0"]
)
def test_another_answer_than_the_recorded_kind_is_an_error(online: Source, text: str) -> None:
    if text in recorded(online).get("empties", ()):
        assert not mentions(list(walk(online, lambda _: httpx.Response(200, text=text))))
        return
    with pytest.raises((Changed, Refused), match=online.name):
        list(walk(online, lambda _: httpx.Response(200, text=text)))


def test_a_field_that_cannot_be_missed_is_missed_aloud(online: Source) -> None:
    for name in recorded(online)["required"]:
        with pytest.raises(SourceError, match=online.name):
            list(walk(online, replay(online, rename=name)))
            pytest.fail(f"nobody noticed that {name} was renamed")


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_any_renamed_field_is_read_over_or_a_source_error(online: Source, every: int) -> None:
    names = {name for call in recorded(online)["calls"] for name in NAME.findall(body(call))}
    for name in sorted(names)[::every]:
        try:
            list(walk(online, replay(online, rename=name)))
        except SourceError as error:
            assert isinstance(error, Unavailable | Refused | Changed)


def test_an_unknown_option_is_refused_with_the_known_ones(card: Source) -> None:
    with pytest.raises(Refused, match=next(iter(card.options))):
        card.check({**card.example, "colour": "blue"})


def test_one_odd_item_is_a_reject_and_many_are_a_new_shape() -> None:
    def read(item: str) -> Mention:
        return Mention(source="test", native_id=item, text=item, posted_at=datetime(2026, 1, 1, tzinfo=UTC))

    found, rejects = read_items(["a", "", "c"], read)
    assert [m.native_id for m in found] == ["a", "c"]
    assert rejects[0].place == "item 2" and "native_id" in rejects[0].reason
    for items in (["a", "", ""], [""]):
        with pytest.raises(ValueError, match="unreadable"):
            read_items(items, read)
    assert len(read_items(["a", "", ""], read, drift=1.0)[1]) == 2


def test_a_number_written_as_text_is_the_number_and_a_list_is_no_text() -> None:
    whole: dict[str, Any] = {
        "source": "test",
        "native_id": 7,
        "text": "T",
        "posted_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    mention = Mention(**whole, likes="12", rating="4", rating_max=5)
    assert (mention.native_id, mention.likes, mention.rating) == ("7", 12, 4.0)
    for wrong in ({"author": ["Ann"]}, {"likes": "many"}, {"reach": 2**70}, {"title": {"a": 1}}):
        with pytest.raises((TypeError, ValueError)):
            Mention(**whole, **wrong)


def test_an_absurd_number_in_an_answer_is_a_changed_answer() -> None:
    @source("Test", kind="forum", terms="https://example.com", history="-", example={}, fills=())
    def fetch(http: Http, cursor: Cursor) -> Iterator[Page]:
        """Yield a date beyond the year 9999."""
        yield Page([], {"at": from_epoch(2**60)})

    with pytest.raises(Changed), Http("test") as http:
        list(fetch.walk(http, {}))
