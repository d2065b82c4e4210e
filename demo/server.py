"""The HTTP server: it finds what a path asks for, spoils some of it on purpose, and sends it."""

import json
import re
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote

from demo.faults import Faults, Reply
from demo.item import Item
from demo.shelves import Document, Shelves
from demo.wire import appstore, hackernews

LOOPBACK = "127.0.0.1"
IDLE_S = 60  # a connection kept open without a request
LINGER_NONE = struct.pack("ii", 1, 0)  # close with RST, as a crashed server does
PLAIN, JSON, XML = "text/plain; charset=utf-8", "application/json; charset=utf-8", "text/xml; charset=utf-8"
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
    if shelves.has_feed(path):
        return _feed(shelves.feed(path), headers, lambda: shelves.blank(path))
    if path == "/":
        return Reply(200, PLAIN, "\n".join(["This town speaks at", *shelves.paths(), ""]).encode())
    if path == "/robots.txt":
        return Reply(200, PLAIN, b"User-agent: *\nAllow: /\n")
    return Reply(404, PLAIN, f"There is no {path} in this town; / lists what there is\n".encode())


def _reviews(shelves: Shelves, match: re.Match[str]) -> Reply:
    page = int(match["page"] or match["late_page"] or 1)
    if not 1 <= page <= appstore.PAGES:
        return Reply(400, PLAIN, b"CustomerReviews RSS page depth is limited to 10\n")
    key = (match["app"], match["country"])
    shelf = shelves.appstore.get(key, appstore.Shelf(*key, []))
    render, content_type = (appstore.as_json, JSON) if match["form"] == "json" else (appstore.as_xml, XML)
    body = render(shelf, page, shelf.page(page))
    return Reply(200, content_type, body, blank=lambda: render(shelf, page, []))


def _search(shelves: Shelves, options: Mapping[str, list[str]]) -> Reply:
    def option(name: str, default: str = "") -> str:
        return options.get(name, [default])[-1]

    try:
        since, until = hackernews.window(",".join(options.get("numericFilters", [])))
        ask = hackernews.Ask(
            option("query"), option("tags"), since, until, int(option("hitsPerPage", "20")), int(option("page", "0"))
        )
    except ValueError as error:
        return _bad_search(str(error))
    if not (1 <= ask.per_page <= hackernews.MOST_PER_PAGE and ask.page >= 0):
        return _bad_search("hitsPerPage is 1 to 1000, page is 0 or more")
    index = shelves.hackernews
    return Reply(200, JSON, index.answer(ask), blank=lambda: index.answer(ask, items_per_page=0))


def _bad_search(message: str) -> Reply:
    return Reply(400, JSON, json.dumps({"message": message, "status": 400}).encode())


def _feed(document: Document, headers: Message, blank: Callable[[], bytes]) -> Reply:
    validators = (("ETag", document.etag), ("Last-Modified", format_datetime(document.newest, usegmt=True)))
    if _unchanged(document, headers):
        return Reply(304, document.content_type, b"", validators)
    return Reply(200, document.content_type, document.body, validators, blank)


def _unchanged(document: Document, headers: Message) -> bool:
    tags = headers.get("If-None-Match")
    if tags is not None:  # it decides alone where it is sent (RFC 9110)
        return tags.strip() == "*" or document.etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    try:
        return parsedate_to_datetime(headers.get("If-Modified-Since", "")) >= document.newest
    except (TypeError, ValueError):  # no date, or one without a time zone
        return False


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: "TownServer"
    protocol_version = "HTTP/1.1"
    server_version = "Town"
    disable_nagle_algorithm = True  # headers and body go out apart; the body must not wait for an ACK
    timeout = IDLE_S

    def do_GET(self) -> None:
        """Answer a GET."""
        reply = reply_to(self.server.shelves, self.path, self.headers)
        if self.server.faults:
            reply = self.server.faults.spoil(reply)
        time.sleep(reply.stall_s)
        self._send(reply)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing: a thousand request lines tell nobody anything."""

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: reply.hang_up_after])
        if reply.hang_up_after is not None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
            self.close_connection = True


class TownServer(ThreadingHTTPServer):
    """A server on loopback that holds the shelves and the faults."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, shelves: Shelves, faults: Faults | None) -> None:
        super().__init__((LOOPBACK, port), Handler)
        self.shelves = shelves
        self.faults = faults

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a client hangs up; anything else is a bug and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def listening(mentions: Iterable[Item], port: int, faults: Faults | None) -> Iterator[str]:
    """Serve `mentions` in a thread while the context lasts, and yield the address."""
    with TownServer(port, Shelves(mentions), faults) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
