"""Apple's flaky feed: what is empty by mistake is not believed, and nothing is skipped."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import appstore
from connectors.formats.applereviews import from_json, from_xml
from connectors.http import Http
from connectors.source import Changed, Cursor, Page, Refused, SourceError, Unavailable
from connectors.web.settings import HttpSettings

CUPERTINO = timezone(timedelta(hours=-7))
START = datetime(2026, 9, 1, 12, tzinfo=CUPERTINO)
PATH = re.compile(r"/(\w\w)/rss/customerreviews/(?:page=(\d+)/)?id=7/sort[bB]y=most[rR]ecent/(xml|json)")


class Review(NamedTuple):
    number: int
    title: str = "Title"
    text: str = "Text"

    @property
    def fields(self) -> dict[str, str]:
        when = (START + timedelta(days=self.number)).isoformat()
        return {"id": str(self.number), "updated": when, "title": self.title, "im:rating": "4", "im:voteSum": "2"}


def as_xml(reviews: list[Review]) -> str:
    entries = "".join(
        "<entry>"
        + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in review.fields.items())
        + f'<content type="text">{escape(review.text)}</content><content type="html">&lt;b&gt;no&lt;/b&gt;</content>'
        + "<author><name>ann</name><uri>https://x.example</uri></author></entry>"
        for review in reviews
    )
    return f'<feed xmlns:im="http://itunes.apple.com/rss" xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'


def as_json(reviews: list[Review]) -> str:
    entries: list[dict[str, Any]] = [
        {name: {"label": value} for name, value in review.fields.items()}
        | {"content": {"label": review.text, "attributes": {"type": "text"}}}
        | {"author": {"name": {"label": "ann"}, "uri": {"label": "https://x.example"}, "label": ""}}
        for review in reviews
    ]
    entry = {} if not entries else {"entry": entries[0] if len(entries) == 1 else entries}
    return json.dumps({"feed": {"title": {"label": "Reviews"}} | entry})


class Apple:
    """Serves `sizes`, a list of how many reviews each page has, newest first, but for the URLs in `empty`."""

    def __init__(self, *sizes: int, empty: str = "never") -> None:
        numbers = iter(range(sum(sizes), 0, -1))
        self.pages = [[Review(next(numbers)) for _ in range(size)] for size in sizes]
        self.empty = empty
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        match = PATH.fullmatch(request.url.path)
        assert match, request.url.path
        page = int(match[2] or 1)
        if page > 10:
            return httpx.Response(400)
        reviews = self.pages[page - 1] if page <= len(self.pages) else []
        if re.search(self.empty, request.url.path):
            reviews = []
        return httpx.Response(200, text=(as_xml if match[3] == "xml" else as_json)(reviews))

    def walk(self, cursor: Cursor | None = None, countries: tuple[str, ...] = ("us",)) -> Iterator[Page]:
        eager = HttpSettings(per_host_per_s=1e9, attempts=1)
        with Http("appstore", settings=eager, transport=httpx.MockTransport(self)) as http:
            yield from appstore.fetch.walk(http, cursor or {}, app_id="7", countries=list(countries))


def since(moment: datetime) -> Cursor:
    return {"parts": {"us": {"since": moment.timestamp()}}}


def ids(pages: Iterator[Page] | list[Page]) -> set[int]:
    return {int(m.native_id) for page in pages for m in page.mentions}


@given(st.text(alphabet="ab<>&\"' \n\r\té😀", max_size=30), st.text(alphabet="ab<&\n é", max_size=9))
def test_a_review_is_the_same_in_xml_and_in_json(text: str, title: str) -> None:
    review = Review(1, title, text)
    xml, js = from_xml(as_xml([review]).encode())[0], from_json(json.loads(as_json([review])))[0]
    fields = ("id", "updated", "title", "content", "rating", "voteSum", "author")
    assert [xml[name] for name in fields] == [js[name] for name in fields]


def test_cupertino_time_becomes_utc() -> None:
    mention = next(Apple(1).walk()).mentions[0]
    assert mention.posted_at.isoformat() == "2026-09-02T19:00:00+00:00"
    assert (mention.rating, mention.rating_max, mention.likes, mention.country) == (4, 5, 2, "US")


def test_the_app_itself_is_no_review() -> None:
    feed = {"feed": {"entry": [{"im:artist": {"label": "Harbor"}, "id": {"label": "7"}}]}}
    transport = httpx.MockTransport(
        lambda r: httpx.Response(200, text=as_xml([])) if r.url.path.endswith("xml") else httpx.Response(200, json=feed)
    )
    with Http("appstore", transport=transport, settings=HttpSettings(per_host_per_s=1e9)) as http:
        (page,) = appstore.fetch.walk(http, {}, app_id="7")
    assert page.mentions == [] and page.suspect


@pytest.mark.parametrize("empty", ["/xml", "page=1/.*xml", "page=1/", "/xml|page=1/.*json"])
def test_what_one_form_hides_another_shows(empty: str) -> None:
    apple = Apple(3, empty=empty)
    assert ids(apple.walk()) == {1, 2, 3}


def test_an_empty_first_page_is_suspect_and_changes_nothing() -> None:
    apple = Apple(3)
    cursor = [*apple.walk(), *apple.walk()][-1].cursor
    apple.empty = "."
    page, *_ = apple.walk(cursor)
    assert page.mentions == [] and "us feed is empty" in str(page.suspect)
    assert page.cursor == cursor
    assert ids(Apple(5).walk(page.cursor)) >= {4, 5}


def test_an_empty_page_before_a_full_one_is_unavailable_and_asked_for_again() -> None:
    apple = Apple(3, 3, 3, empty="page=2/")
    pages = []
    with pytest.raises(Unavailable, match="page 2 of the us feed is empty, but page 3 is not"):
        for page in apple.walk():
            pages.append(page)
    apple.empty = "never"
    assert ids([*pages, *apple.walk(pages[-1].cursor)]) == set(range(1, 10))


def test_a_last_page_that_was_empty_by_mistake_is_found_by_the_next_walk() -> None:
    apple = Apple(3, 3, empty="page=2/")
    first = list(apple.walk())
    assert ids(first) == {4, 5, 6}
    apple.empty = "never"
    assert ids(apple.walk(first[-1].cursor)) == set(range(1, 7))


def test_a_later_walk_stops_a_day_before_the_newest_review_of_the_last_one() -> None:
    apple = Apple(3, 3, 3)
    assert ids(apple.walk(since(START + timedelta(days=7)))) == {4, 5, 6, 7, 8, 9}
    assert len(apple.asked) == 2


def test_ten_pages_are_all_there_is_and_missed_reviews_are_told() -> None:
    apple = Apple(*[2] * 10)
    pages = list(apple.walk())
    assert ids(pages) == set(range(1, 21)) and not any(page.suspect for page in pages)
    assert "some are missed" in str(list(apple.walk(since(START)))[-1].suspect)


def test_every_country_has_its_turn_however_few_pages_a_run_may_take() -> None:
    apple, cursor, seen = Apple(2, 2), None, []
    for _ in range(12):
        (page,) = islice(apple.walk(cursor, ("us", "gb", "de")), 1)
        seen += [m.country for m in page.mentions]
        cursor = json.loads(json.dumps(page.cursor))
    assert set(seen) == {"US", "GB", "DE"}


@pytest.mark.parametrize(
    ("status", "text", "error"), [(503, "", Unavailable), (404, "", Refused), (200, "<feed><entry/></feed>", Changed)]
)
def test_a_country_that_fails_does_not_hold_back_the_others(status: int, text: str, error: type[SourceError]) -> None:
    apple, pages = Apple(2, 2), []

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text=text) if "/us/" in request.url.path else apple(request)

    eager = HttpSettings(per_host_per_s=1e9, attempts=1)
    with Http("appstore", transport=httpx.MockTransport(answer), settings=eager) as http, pytest.raises(error):
        for page in appstore.fetch.walk(http, {}, app_id="7", countries=["us", "gb"]):
            pages.append(page)
    assert {m.country for page in pages for m in page.mentions} == {"GB"}


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aaaa">]><feed>&a;</feed>',
        '<!-- <feed> --><!DOCTYPE feed [<!ENTITY a SYSTEM "file:///etc/passwd">]><feed>&a;</feed>',
        "<feed><entry>",
        "<html></html>",
    ],
)
def test_entities_and_broken_xml_are_a_changed_answer(text: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=text))
    with Http("appstore", transport=transport) as http, pytest.raises(Changed):
        list(appstore.fetch.walk(http, {}, app_id="7"))
