"""The town's answers: what a path asks for is found, and some of it spoilt on purpose."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import parse_qs, parse_qsl, quote, unquote

from demo.faults import Faults, Reply
from demo.item import Item
from demo.shelves import Document, Shelves
from demo.speaker import Question, speaking
from demo.wire import appstore, hackernews

PLAIN, JSON, XML = "text/plain; charset=utf-8", "application/json; charset=utf-8", "text/xml; charset=utf-8"
TIMELINE = "/mastodon/api/v1/timelines/tag/"
REVIEWS = re.compile(
    r"/itunes/(?P<country>[a-z]{2})/rss/customerreviews(?:/page=(?P<page>\d{1,4}))?/id=(?P<app>\d{1,20})"
    r"/sort[bB]y=most[rR]ecent(?:/page=(?P<late_page>\d{1,4}))?/(?P<form>xml|json)"
)


def reply_to(shelves: Shelves, target: str, headers: Message) -> Reply:
    """Return the answer to GET `target`; never fails, whatever is asked."""
    raw_path, _, query = target.partition("?")
    path = unquote(raw_path)
    reviews = REVIEWS.fullmatch(path)
    if reviews:
        return _reviews(shelves, reviews)
    if path in ("/hn/api/v1/search_by_date", "/hn/api/v1/search"):
        return _search(shelves, parse_qs(query, keep_blank_values=True))
    if path.startswith(TIMELINE):
        return _timeline(shelves, path, dict(parse_qsl(query)), headers)
    if shelves.has_feed(path):
        return _feed(shelves.feed(path), headers)
    if path in ("/", "/robots.txt"):
        lines = ["This town speaks at", *shelves.paths()] if path == "/" else ["User-agent: *", "Allow: /"]
        return Reply(200, PLAIN, "\n".join([*lines, ""]).encode())
    return Reply(404, PLAIN, f"There is no {path} in this town; / lists what there is\n".encode())


def _reviews(shelves: Shelves, match: re.Match[str]) -> Reply:
    page = int(match["page"] or match["late_page"] or 1)
    if not 1 <= page <= appstore.PAGES:
        return Reply(400, PLAIN, b"CustomerReviews RSS page depth is limited to 10\n")
    key = (match["app"], match["country"])
    shelf = shelves.appstore.get(key, appstore.Shelf(*key, []))
    render, content_type = (appstore.as_json, JSON) if match["form"] == "json" else (appstore.as_xml, XML)
    return Reply(200, content_type, render(shelf, page, shelf.page(page)))


def _search(shelves: Shelves, options: Mapping[str, list[str]]) -> Reply:
    def option(name: str, default: str = "") -> str:
        return options.get(name, [default])[-1]

    try:
        since, until = hackernews.window(",".join(options.get("numericFilters", [])))
        ask = hackernews.Ask(
            option("query"), option("tags"), since, until, int(option("hitsPerPage", "20")), int(option("page", "0"))
        )
    except ValueError as error:
        return _bad_request(str(error))
    if not (1 <= ask.per_page <= hackernews.MOST_PER_PAGE and ask.page >= 0):
        return _bad_request("hitsPerPage is 1 to 1000, page is 0 or more")
    return Reply(200, JSON, shelves.hackernews.answer(ask))


def _timeline(shelves: Shelves, path: str, options: Mapping[str, str], headers: Message) -> Reply:
    tag, address = path.removeprefix(TIMELINE), f"http://{headers.get('Host')}{quote(path)}"
    try:
        body, link = shelves.mastodon.answer(tag, options, address)
    except ValueError as error:
        return _bad_request(str(error))
    return Reply(200, JSON, body, (("Link", link),) if link else ())


def _bad_request(message: str) -> Reply:
    return Reply(400, JSON, json.dumps({"message": message, "status": 400}).encode())


def _feed(document: Document, headers: Message) -> Reply:
    validators = (("ETag", document.etag), ("Last-Modified", format_datetime(document.newest, usegmt=True)))
    if _unchanged(document, headers):
        return Reply(304, document.content_type, b"", validators)
    return Reply(200, document.content_type, document.body, validators)


def _unchanged(document: Document, headers: Message) -> bool:
    tags = headers.get("If-None-Match")
    if tags is not None:  # it decides alone where it is sent (RFC 9110)
        return tags.strip() == "*" or document.etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    try:
        return parsedate_to_datetime(headers.get("If-Modified-Since", "")) >= document.newest
    except (TypeError, ValueError):  # no date, or one without a time zone
        return False


@contextmanager
def listening(mentions: Iterable[Item], port: int, faults: Faults | None) -> Iterator[str]:
    """Serve `mentions` in a thread while the context lasts, and yield the address."""
    shelves = Shelves(mentions)

    def answer(question: Question) -> Reply:
        reply = reply_to(shelves, question.target, question.headers)
        return faults.spoil(reply, question.target) if faults else reply

    with speaking(port, answer) as address:
        yield address
