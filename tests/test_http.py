"""What Http does with servers as they are: slow, broken, hostile, or asking for patience."""

import gzip
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.http import Http
from connectors.source import Changed, Refused, SourceError, Unavailable
from connectors.web.pace import Ledger, Pace
from connectors.web.response import Response
from connectors.web.settings import HttpSettings
from connectors.web.wire import shown

OWN = HttpSettings(allow_private=("127.0.0.1",), wait_s=0.001, max_mb=1, timeout_s=2)

Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        self.server.reply(self)

    do_POST = do_GET  # noqa: N815

    def send(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    seen: list[tuple[str, dict[str, str]]]
    reply: Reply

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Say nothing when a client hangs up."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.seen, running.reply = [], lambda ask: ask.send(200, b"{}")
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def http() -> Iterator[Http]:
    with Http("test", settings=OWN) as opened:
        yield opened


def in_turn(*replies: Reply) -> Reply:
    left = list(replies)

    def reply(ask: Handler) -> None:
        left.pop(0)(ask)

    return reply


def test_a_server_that_recovers_is_asked_again(server: Server, http: Http) -> None:
    server.reply = in_turn(lambda ask: ask.send(503), lambda ask: ask.send(429), lambda ask: ask.send(200, b"[1]"))
    assert http.json("GET", server.url) == [1]
    assert http.requests == len(server.seen) == 3
    assert http.bytes == 3


def test_a_server_that_stays_down_is_unavailable_after_four_attempts(server: Server, http: Http) -> None:
    server.reply = lambda ask: ask.send(500)
    with pytest.raises(Unavailable, match=f"^test: 500 from {server.url}/x "):
        http.get(f"{server.url}/x")
    assert http.requests == 4


def test_retry_after_is_waited_for(server: Server, http: Http, caplog: pytest.LogCaptureFixture) -> None:
    server.reply = in_turn(lambda ask: ask.send(429, Retry_After="1"), lambda ask: ask.send(200, b"ok"))
    start = time.monotonic()
    assert http.get(server.url).content == b"ok"
    assert time.monotonic() - start >= 1
    assert "attempt 2 follows in 1.0 s" in caplog.text


def test_a_long_retry_after_is_left_to_the_next_run(server: Server, http: Http) -> None:
    until = datetime.now(UTC) + timedelta(hours=2)
    server.reply = lambda ask: ask.send(503, Retry_After=format_datetime(until, usegmt=True))
    with pytest.raises(Unavailable, match=f"left alone until {until:%Y-%m-%d %H:%M}"):
        http.get(server.url)
    assert http.requests == 1


def test_nobody_listening_is_unavailable(http: Http) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        http.get("http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("status", "error", "hint"),
    [(400, Refused, "options"), (401, Refused, "credentials"), (410, Refused, "remove"), (304, Changed, "update")],
)
def test_another_status_says_who_must_act(
    server: Server, http: Http, status: int, error: type[SourceError], hint: str
) -> None:
    server.reply = lambda ask: ask.send(status)
    with pytest.raises(error, match=f"{status} .*{hint}"):
        http.get(server.url)
    assert http.requests == 1


def test_something_else_than_json_is_a_changed_answer(server: Server, http: Http) -> None:
    for body in (b"<html>", b"", b"\xff\xfe{", b"[" * 100_000, b"1" * 5_000):
        server.reply = partial(Handler.send, body=body, Content_Type="text/html")
        with pytest.raises(Changed, match="text/html"):
            http.json("GET", server.url)


def test_a_body_is_sent_as_json(server: Server, http: Http) -> None:
    got: list[Any] = []

    def reply(ask: Handler) -> None:
        got.append(json.loads(ask.rfile.read(int(ask.headers["Content-Length"]))))
        ask.send(200, b"{}")

    server.reply = reply
    http.json("POST", server.url, body={"q": "é"}, page=2, nothing=None)
    assert got == [{"q": "é"}]
    assert server.seen[0][0] == "/?page=2"


def test_the_query_of_a_url_stays_as_it_is_written(server: Server, http: Http) -> None:
    http.get(f"{server.url}/feed?sig=a%2Fb+c&flag")
    assert server.seen[0][0] == "/feed?sig=a%2Fb+c&flag"


def test_a_gzip_bomb_meets_the_cap(server: Server, http: Http) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    server.reply = lambda ask: ask.send(200, bomb, Content_Encoding="gzip")
    with pytest.raises(Changed, match="larger than 1 MB"):
        http.get(server.url)


def test_a_bomb_in_a_bomb_is_not_unpacked(server: Server, http: Http) -> None:
    server.reply = lambda ask: ask.send(200, b"x", Content_Encoding="gzip, gzip")
    with pytest.raises(Changed, match="packed as gzip, gzip"):
        http.get(server.url)


def test_an_endless_body_meets_the_cap(server: Server, http: Http) -> None:
    def reply(ask: Handler) -> None:
        ask.send_response(200)
        ask.send_header("Connection", "close")
        ask.end_headers()
        while True:
            ask.wfile.write(b"x" * 65_536)

    server.reply = reply
    with pytest.raises(Changed, match="max_mb"):
        http.get(server.url)


BROKEN = [b"no gzip at all", gzip.compress(b"x" * 1000, mtime=0)[:-9], gzip.compress(b"x", mtime=0)[:5]]


@pytest.mark.parametrize("packed", BROKEN)
def test_a_broken_gzip_stream_is_unavailable(server: Server, http: Http, packed: bytes) -> None:
    server.reply = lambda ask: ask.send(200, packed, Content_Encoding="gzip")
    with pytest.raises(Unavailable):
        http.get(server.url)
    assert http.requests == 4


def test_a_truncated_body_is_unavailable(server: Server, http: Http) -> None:
    def reply(ask: Handler) -> None:
        ask.send(200, b"half", Content_Length="1000")
        ask.close_connection = True

    server.reply = reply
    with pytest.raises(Unavailable):
        http.get(server.url)


def test_a_dripping_answer_ends_at_the_deadline(server: Server) -> None:
    def drip(ask: Handler, *, in_the_headers: bool) -> None:
        ask.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: " if in_the_headers else b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(100):
            ask.wfile.write(b"x")
            time.sleep(0.05)

    settings = HttpSettings(allow_private=("127.0.0.1",), deadline_s=0.3)
    for place in (True, False):
        server.reply = partial(drip, in_the_headers=place)
        start = time.monotonic()
        with Http("test", settings=settings) as http, pytest.raises(Unavailable, match=r"longer than 0\.3 s"):
            http.get(server.url)
        assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://[::1]/",
        "http://10.1.2.3/",
        "http://169.254.169.254/meta",
        "http://[::ffff:7f00:1]/",
    ],
)
def test_a_private_address_is_refused_unless_it_is_the_users(url: str) -> None:
    with Http("test") as http, pytest.raises(Refused, match=r"private address .*\[http\] allow_private"):
        http.get(url)
    assert http.requests == 0


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433"])
def test_a_name_of_a_private_address_is_refused_before_anything_is_sent(server: Server, host: str) -> None:
    with Http("test", settings=HttpSettings(attempts=1)) as http, pytest.raises(Refused, match="private address"):
        http.get(f"http://{host}:{server.server_port}/secret")
    assert server.seen == []


def test_a_users_own_host_may_be_named(server: Server) -> None:
    with Http("test", settings=HttpSettings(allow_private=("LOCALHOST",))) as http:
        assert http.get(f"http://localhost:{server.server_port}/").status == 200


def test_a_redirect_to_a_private_address_is_refused(server: Server) -> None:
    server.reply = lambda ask: ask.send(302, Location=f"http://127.0.0.1:{server.server_port}/secret")
    with Http("test", settings=HttpSettings(allow_private=("localhost",))) as http, pytest.raises(Refused):
        http.get(f"http://localhost:{server.server_port}/")
    assert [path for path, _ in server.seen] == ["/"]


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/x", "file:///etc/passwd", "//no.scheme", "words", "", "http://", "http://a\nb/"],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with Http("test") as http, pytest.raises(Refused):
        http.get(url)


def test_a_host_name_that_cannot_be_is_refused() -> None:
    with Http("test", settings=HttpSettings(attempts=1)) as http, pytest.raises(Refused, match="host name"):
        http.get(f"http://{'a' * 64}.example/")


def test_redirects_are_followed_and_the_last_url_is_told(server: Server, http: Http) -> None:
    server.reply = in_turn(lambda ask: ask.send(301, Location="/b?x=1"), lambda ask: ask.send(200, b"there"))
    response = http.get(f"{server.url}/a")
    assert (response.url, response.content) == (f"{server.url}/b?x=1", b"there")


def test_a_redirect_loop_ends(server: Server, http: Http) -> None:
    server.reply = lambda ask: ask.send(302, Location="/again")
    with pytest.raises(Changed, match="more than 5 times"):
        http.get(server.url)
    assert http.requests == 6


def test_credentials_and_bodies_never_follow_to_another_host(server: Server, http: Http) -> None:
    elsewhere = f"http://localhost:{server.server_port}/"
    secrets = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Accept": "text/xml"}
    with Http("test", settings=HttpSettings(allow_private=("127.0.0.1", "localhost"))) as both:
        server.reply = in_turn(lambda ask: ask.send(307, Location=elsewhere), lambda ask: ask.send(200, b"{}"))
        both.get(server.url, headers=secrets)
    server.reply = in_turn(lambda ask: ask.send(307, Location="/b"), lambda ask: ask.send(200, b"{}"))
    http.get(server.url, headers=secrets)
    away, home = server.seen[1][1], server.seen[3][1]
    assert "s3cret" not in str(away) and away["Accept"] == "text/xml"
    assert home["Authorization"] == "Bearer s3cret"


def test_no_cookie_is_kept(server: Server, http: Http) -> None:
    server.reply = lambda ask: ask.send(200, b"", Set_Cookie="id=1; Path=/")
    http.get(server.url)
    http.get(server.url)
    assert "Cookie" not in server.seen[1][1]


def test_no_secret_is_in_errors_or_logs(server: Server, http: Http, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply = lambda ask: ask.send(503)
    address = server.url.replace("//", "//user:s3cret@")
    with pytest.raises(Unavailable) as caught:
        http.get(f"{address}/feed?token=s3cret", api_key="s3cret", headers={"Authorization": "s3cret"})
    with pytest.raises(Refused) as refused:
        http.get(server.url, headers={"Authorization": "s3cret\n"})
    with pytest.raises(Refused) as foreign:
        http.get(server.url, headers={"Authorization": "s3cret–"})
    assert "s3cret" not in f"{caught.value} {refused.value} {foreign.value} {caplog.text}"
    assert shown("https://u:p@x.example/a?b#c") == "https://x.example/a"


def test_an_unchanged_answer_is_none(server: Server, http: Http) -> None:
    server.reply = lambda ask: ask.send(200, b"new", ETag='"1"', Last_Modified="Sun, 22 Nov 2026 06:00:00 GMT")
    first = http.conditional(server.url, {})
    assert isinstance(first, Response)
    server.reply = lambda ask: ask.send(304)
    assert http.conditional(server.url, first.validators) is None
    assert server.seen[1][1]["If-None-Match"] == '"1"'
    assert server.seen[1][1]["If-Modified-Since"] == "Sun, 22 Nov 2026 06:00:00 GMT"
    with pytest.raises(Changed):  # nobody asked whether it had changed
        http.conditional(server.url, {})


def test_robots_txt_is_obeyed_and_asked_for_once(server: Server, http: Http) -> None:
    rules = b"User-agent: *\nDisallow: /\n\nUser-agent: allears\nDisallow: /private\n"
    server.reply = lambda ask: ask.send(200, rules if ask.path == "/robots.txt" else b"page")
    assert http.page(f"{server.url}/reviews?x=1").content == b"page"
    with pytest.raises(Refused, match=r"robots\.txt forbids .*/private"):
        http.page(f"{server.url}/private?x=1")
    assert [path for path, _ in server.seen] == ["/robots.txt", "/reviews?x=1"]


def test_a_redirect_does_not_lead_around_robots_txt(server: Server, http: Http) -> None:
    def reply(ask: Handler) -> None:
        if ask.path == "/robots.txt":
            return ask.send(200, b"User-agent: *\nDisallow: /private\n")
        return ask.send(302, Location="/private")

    server.reply = reply
    with pytest.raises(Refused, match="robots"):
        http.page(f"{server.url}/open")
    assert "/private" not in [path for path, _ in server.seen]


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (500, False)])
def test_a_site_without_robots_txt_is_open_and_one_that_fails_is_not(
    server: Server, http: Http, status: int, allowed: bool
) -> None:
    server.reply = lambda ask: ask.send(status) if ask.path == "/robots.txt" else ask.send(200, b"page")
    if allowed:
        assert http.page(f"{server.url}/x").content == b"page"
    else:
        with pytest.raises(Unavailable):
            http.page(f"{server.url}/x")


def test_strangers_are_paced_and_own_servers_are_not(server: Server) -> None:
    pauses: list[float] = []
    pace = Pace(sleep=pauses.append)
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    with Http("test", transport=transport, pace=pace) as http:
        http.get("https://example.com/")
        http.get("https://example.com/")
    with Http("test", settings=OWN, pace=pace) as http:
        http.get(server.url)
        http.get(server.url)
    assert len(pauses) == 1 and 0.1 < pauses[0] <= 0.2


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "300"},
        {"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "300"},
        {"RateLimit-Remaining": "0", "RateLimit-Reset": "300"},
        {"RateLimit": '"default";r=0;t=300'},
        {"RateLimit": "limit=100, remaining=0, reset=300"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "EPOCH"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "DATE"},
    ],
)
def test_a_host_that_allows_no_more_is_left_alone_until_it_does(headers: dict[str, str]) -> None:
    pauses: list[float] = []
    soon = datetime.now(UTC) + timedelta(seconds=300)
    dates = {"EPOCH": str(int(soon.timestamp())), "DATE": soon.isoformat()}
    told = {name: dates.get(value, value) for name, value in headers.items()}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=told))
    with Http("test", transport=transport, pace=Pace(sleep=pauses.append)) as http:
        http.get("https://example.com/")
        assert http.quota_left == 0
        http.get("https://example.com/")
    assert 290 < pauses[0] <= 300


def test_a_limit_that_ends_tomorrow_is_the_next_runs_business() -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "86400"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers))
    with Http("test", transport=transport, pace=Pace()) as http:
        http.get("https://example.com/")
        with pytest.raises(Unavailable, match="allows no more requests until"):
            http.get("https://example.com/")


def test_a_403_that_means_too_many_is_nobodys_fault() -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "86400"}
    transport = httpx.MockTransport(lambda _: httpx.Response(403, headers=headers))
    with Http("test", transport=transport, pace=Pace()) as http, pytest.raises(Unavailable):
        http.get("https://example.com/")


def test_a_quota_is_counted_before_it_is_used_and_for_each_key_by_itself() -> None:
    kept: dict[str, float] = {}
    with Http("test", ledger=Ledger(keep=kept.__setitem__)) as http:
        assert http.spend("units", 6, limit=10) == 6
        assert http.spend("units", 6, limit=10, key="another") == 6
        assert http.spend("units", 2, limit=10, known=8) == 10
        with pytest.raises(Unavailable, match="the 10 units of this day are spent"):
            http.spend("units", 1, limit=10)
    with Http("test", ledger=Ledger(kept)) as later, pytest.raises(Unavailable):
        later.spend("units", 1, limit=10)


def test_where_the_next_page_is_must_be_on_the_same_host() -> None:
    def response(link: str) -> Response:
        return Response("test", 200, "https://example.com/a?page=1", {"link": link}, b"")

    assert response('</a?page=2>; rel="next", </a?page=9>; rel="last"').next == "https://example.com/a?page=2"
    assert response('</a?page=9>; rel="last"').next is None
    with pytest.raises(Changed, match="on another host"):
        _ = response('<https://evil.example/a>; rel="next"').next


def test_a_file_is_found_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    with Http("test", base_dir=tmp_path) as http:
        assert http.local("exports/a.csv") == tmp_path / "exports/a.csv"
        assert http.local("/b.csv") == Path("/b.csv")
