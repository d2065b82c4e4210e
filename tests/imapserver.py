"""A small IMAP server on loopback: as much of RFC 3501 as a reader needs, and the faults that real ones have."""

import re
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

USER, PASSWORD = "support@harbor.example", "pass word"
ARRIVED = "22-Nov-2026 06:00:00 +0000"


@dataclass
class Folder:
    """What the server holds, how it misbehaves, and the commands that it was given.

    `cut` is the number of bytes after which it hangs up, `unreadable` the UIDs that it lists and cannot give;
    `answers` has its whole answer to commands that begin so, and `before` is called with each command.
    With a `certificate` it goes over to TLS on STARTTLS, or speaks nothing else if it `is_wrapped`.
    """

    mails: dict[int, bytes]
    validity: int = 1
    capabilities: str = "IMAP4rev1 AUTH=PLAIN"
    cut: int | None = None
    unreadable: frozenset[int] = frozenset()
    answers: dict[str, bytes] = field(default_factory=dict)
    before: Callable[[str], None] = lambda _: None
    commands: list[str] = field(default_factory=list)
    certificate: Path | None = None
    is_wrapped: bool = False


@contextmanager
def serving(messages: "Folder | Sequence[str | bytes]") -> Iterator[tuple[str, int]]:
    """Serve `messages` to USER with PASSWORD and yield host and port; a list gets the UIDs 1, 2, 3…"""
    if not isinstance(messages, Folder):
        raw = (m.encode() if isinstance(m, str) else m for m in messages)
        messages = Folder(dict(enumerate(raw, 1)))
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk, bind_and_activate=True) as server:
        server.folder = messages  # type: ignore[attr-defined]
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield "127.0.0.1", server.server_address[1]
        finally:
            server.shutdown()


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.folder: Folder = self.server.folder  # type: ignore[attr-defined]
        self.left = self.folder.cut
        with suppress(OSError, StopIteration):
            if self.folder.is_wrapped:
                self.go_over_to_tls()
            self.say(self.folder.answers.get("greeting", b"* OK ready\r\n"))
            while line := self.rfile.readline().decode():
                tag, _, command = line.rstrip().partition(" ")
                self.folder.commands.append(command)
                self.folder.before(command)
                scripted = next((a for start, a in self.folder.answers.items() if command.startswith(start)), None)
                self.say(self.answer(tag, command) if scripted is None else scripted.replace(b"TAG", tag.encode()))
                if command == "STARTTLS":
                    self.go_over_to_tls()

    def go_over_to_tls(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder.certificate or "")
        self.connection = context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def say(self, words: bytes) -> None:
        self.wfile.write(words[: self.left])
        if self.left is not None:
            self.left -= len(words)
            if self.left <= 0:
                raise StopIteration

    def answer(self, tag: str, command: str) -> bytes:
        body, status = b"", "OK done"
        if command == "CAPABILITY":
            body = f"* CAPABILITY {self.folder.capabilities}\r\n".encode()
        elif command.startswith("AUTHENTICATE"):
            self.say(b"+ \r\n")
            given = self.rfile.readline()
            status = status if given == _plain() else "NO [AUTHENTICATIONFAILED] no"
        elif command.startswith("LOGIN"):
            status = status if command == f'LOGIN "{USER}" "{PASSWORD}"' else "NO [AUTHENTICATIONFAILED] no"
        elif command.startswith("EXAMINE"):
            status = "OK [READ-ONLY] done" if command == 'EXAMINE "INBOX"' else "NO [NONEXISTENT] no"
            body = f"* {len(self.folder.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.folder.validity}] .\r\n".encode()
        elif command.startswith("UID SEARCH"):
            body = f"* SEARCH {' '.join(map(str, self.uids(command.split()[3])))}\r\n".encode()
        elif match := re.match(r"UID FETCH (\S+) \((.*)\)$", command):
            body = b"".join(self.item(uid, match[2]) for uid in self.uids(match[1]))
            status = "NO some messages could not be fetched" if self.folder.unreadable else status
        elif command not in ("LOGOUT", "STARTTLS"):
            status = "BAD unknown"
        return body + f"{tag} {status}\r\n".encode()

    def uids(self, asked: str) -> list[int]:
        present = sorted(self.folder.mails)
        if asked == "*":
            return present[-1:]
        low, _, high = asked.partition(":")
        wanted = range(int(low), int(high) + 1) if high else [int(uid) for uid in asked.split(",")]
        return [uid for uid in present if uid in wanted]

    def item(self, uid: int, asked: str) -> bytes:
        mail = self.folder.mails[uid]
        number = sorted(self.folder.mails).index(uid) + 1
        said = f'* {number} FETCH (INTERNALDATE "{ARRIVED}" RFC822.SIZE {len(mail)} UID {uid}'.encode()
        if part := re.search(r"BODY\.PEEK\[\]<(\d+)\.(\d+)>", asked):
            if uid in self.folder.unreadable:
                return b""
            content = mail[int(part[1]) : int(part[1]) + int(part[2])]
            said += f" BODY[]<{part[1]}> {{{len(content)}}}\r\n".encode() + content
        return said + b")\r\n"


def _plain() -> bytes:
    import base64

    return base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()) + b"\r\n"
