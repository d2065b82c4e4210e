"""Servers on loopback, each on an address of its own, that take their time for every page."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

PER_PAGE, NEWEST = 100, 1_767_225_600  # 2026-01-01


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a search of Hacker News from as many hits as there are pages, one a minute."""
        time.sleep(self.server.delay_s)
        given = parse_qs(urlsplit(self.path).query)
        until = int(re.findall(r"<=(\d+)", given["numericFilters"][0])[0])
        hits = [hit for hit in self.server.hits if hit["created_at_i"] <= until]
        body = json.dumps({"hits": hits[:PER_PAGE], "nbHits": len(hits), "hitsPerPage": PER_PAGE}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, number: int, delay_s: float, pages: int) -> None:
        super().__init__((f"127.0.1.{number + 1}", 0), _Handler)
        self.delay_s = delay_s
        self.hits = [_hit(number, n) for n in range(pages * PER_PAGE)]


@contextmanager
def slow_hosts(delays_s: Sequence[float], pages: int) -> Iterator[list[str]]:
    """Serve one host for each delay while the context lasts, and yield their addresses."""
    with ExitStack() as stack:
        servers = [stack.enter_context(_Server(n, delay_s, pages)) for n, delay_s in enumerate(delays_s)]
        for server in servers:
            Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            stack.callback(server.shutdown)
        yield [f"http://{server.server_address[0]}:{server.server_port}/search" for server in servers]  # type: ignore[str-bytes-safe]


def _hit(host: int, number: int) -> dict[str, Any]:
    text = f"Post {number} of host {host} says that the coffee is good and the queue is long"
    return {"objectID": f"{host}-{number}", "created_at_i": NEWEST - 60 * number, "comment_text": text, "author": "a"}
