"""HTTP on loopback: questions come in, replies go out, well or badly."""

import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, NamedTuple

from demo.faults import Reply

LOOPBACK = "127.0.0.1"
IDLE_S = 60  # a connection kept open without a request
LINGER_NONE = struct.pack("ii", 1, 0)  # close with RST, as a crashed server does
SPACES = b" " * 2**16


class Question(NamedTuple):
    """A request: `target` is its path and query, `body` what it posts."""

    method: str
    target: str
    headers: Message
    body: bytes


Answer = Callable[[Question], Reply]


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: "Speaker"
    protocol_version = "HTTP/1.1"
    server_version = "Town"
    disable_nagle_algorithm = True  # headers and body go out apart; the body must not wait for an ACK
    timeout = IDLE_S

    def do_GET(self) -> None:
        """Answer any request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.server.answer(Question(self.command, self.path, self.headers, body))
        self.server.closing.wait(reply.stall_s)
        self._send(reply)

    do_HEAD = do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing: a thousand request lines tell nobody anything."""

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in {
            "Server": self.version_string(),
            "Date": self.date_time_string(),
            **dict(reply.headers),
        }.items():
            self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body) + reply.padding))
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(reply)
        if reply.hang_up_after is not None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
            self.close_connection = True

    def _send_body(self, reply: Reply) -> None:
        self.wfile.write(reply.body[: reply.hang_up_after])
        for sent in range(0, reply.padding, len(SPACES)):
            self.wfile.write(SPACES[: reply.padding - sent])


class Speaker(ThreadingHTTPServer):
    """A server on loopback that gives the replies of `answer`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Answer) -> None:
        super().__init__((LOOPBACK, port), Handler)
        self.answer = answer
        self.closing = Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a client hangs up; anything else is a bug and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def speaking(port: int, answer: Answer) -> Iterator[str]:
    """Serve `answer` in threads while the context lasts, and yield the address."""
    with Speaker(port, answer) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}"
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
