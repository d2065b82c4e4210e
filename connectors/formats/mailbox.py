"""A mailbox read over IMAP without leaving a trace in it; the only file that imports imaplib."""

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from connectors.formats.imapwords import Raw, answers, quoted, raw_of, utf7
from connectors.source import Changed, Refused, Unavailable

if TYPE_CHECKING:
    from connectors.http import Http

Tls: TypeAlias = Literal["implicit", "starttls", "none"]

TIMEOUT_S, DEADLINE_S = 30.0, 120.0  # of one wait, and of one command
LINE = 320  # bytes that a line counts at least: imaplib takes 50 µs for one, so 100,000 are enough
LARGEST_ANSWER = 32_000_000  # bytes of one command's answer; BATCH mails of CAP bytes are 7 MB
CAP = 131_072  # bytes read of a mail's beginning: all of it where nothing is attached
BATCH = 50
WINDOW = 1_000  # UIDs asked for at once; twice as many after each gap
MOST_LISTED = 80_000  # UIDs in one answer: imaplib takes no line above 1 MB
HIGHEST = 2**32 - 1  # RFC 3501
PASSING = frozenset({"UNAVAILABLE", "LIMIT", "INUSE", "SERVERBUG"})  # RFC 5530
CODE = re.compile(r"\[([A-Z-]+)")


class Account(NamedTuple):
    """Where a mailbox lies, and what opens it."""

    host: str
    port: int
    tls: Tls
    user: str
    password: str


@contextmanager
def opened(http: "Http", account: Account, folder: str) -> Iterator["Mailbox"]:
    """Open `folder` read-only and close it in the end; raises Unavailable, Refused or Changed and nothing else."""
    box = Mailbox(http, account)
    try:
        box.log_in(account)
        box.examine(folder)
        yield box
    finally:
        box.close()


class Mailbox:
    """One open folder. `validity` and a UID name a mail; `highest` is the UID of the newest, 0 if there is none."""

    def __init__(self, http: "Http", account: Account) -> None:
        self.validity = self.highest = 0
        self._widest = HIGHEST
        self._http = http
        self._host = account.host
        http.guard.check(account.host)
        with self._asking(opening=True):
            self._line = _Line(http, account)

    def log_in(self, account: Account) -> None:
        """Go over to TLS if that is still to be done, and log in.

        No error shows the server's words, which could repeat the password.
        """
        if account.tls == "starttls":
            if "STARTTLS" not in self._line.capabilities:
                raise Refused(self._http.source, f"{account.host} offers no STARTTLS", 'try tls = "implicit"')
            with self._asking(opening=True):
                self._line.secure()
        if not (account.user + account.password).isprintable():
            raise Refused(self._http.source, "user or password has a control character", "remove line breaks from it")
        secret = f"\0{account.user}\0{account.password}".encode()
        with self._asking():
            try:
                if "AUTH=PLAIN" in self._line.capabilities or not secret.isascii():
                    self._line.authenticate("PLAIN", lambda _: secret)
                else:
                    self._line.login(quoted(account.user), account.password)
            except self._line.abort:
                raise
            except self._line.error as error:
                hint = "check user and password; many providers want an app password here"
                raise self._refusal("does not let this user in", str(error), hint) from None

    def examine(self, folder: str) -> None:
        """Open `folder` read-only."""
        with self._asking():
            status, answer = self._line.select(quoted(utf7(folder)), readonly=True)
            validity = self._line.response("UIDVALIDITY")[1][-1]
            if status != "OK":
                hint = "name it as your mail program does, with its parents, such as INBOX or Archive/2026"
                raise self._refusal(f"does not open {folder!r}", repr(answer), hint)
        if not validity:
            problem = f"{self._host} gives {folder!r} no UIDVALIDITY, so nobody can go on where he ended"
            raise Changed(self._http.source, problem, "ask the server's owner")
        count = int(answer[-1] or 0)
        self.validity = int(validity)
        self.highest = min(HIGHEST, max(self._fetched("*") if count else [], default=0))
        self._widest = HIGHEST if count <= MOST_LISTED else MOST_LISTED

    def uids_after(self, uid: int, since: datetime | None = None) -> list[int]:
        """Return the next UIDs after `uid`, ascending, at most BATCH; [] at the end. `since` leaves out older mails."""
        low, width = uid + 1, WINDOW
        days = f" SINCE {since:%d-%b-%Y}" if since else ""
        while low <= self.highest:
            with self._asking():
                status, answer = self._line.uid("SEARCH", f"UID {low}:{low + width - 1}{days}")
            if status != "OK":
                raise self._refusal("does not search its mails", repr(answer), "ask the server's owner")
            found = {int(number) for line in answer if line for number in line.split()}
            if fresh := sorted(number for number in found if low <= number < low + width):
                return fresh[:BATCH]
            low, width = low + width, min(2 * width, self._widest)
        return []

    def mails(self, uids: Sequence[int]) -> dict[int, Raw]:
        """Return the beginnings of these mails by UID; one that has gone meanwhile is left out."""
        asked = f" INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{CAP}>"
        found = self._fetched(",".join(map(str, uids)), asked)
        if uids and not found.keys() & set(uids):
            problem = f"{self._host} gives none of the {len(uids)} mails that it lists"
            raise Unavailable(self._http.source, problem, "the next run asks again")
        return found

    def end_of(self, uid: int, mail: Raw) -> bytes:
        """Return the last CAP bytes of a mail that is longer than its beginning."""
        start = max(len(mail.content), mail.size - CAP)
        found = self._fetched(str(uid), f" BODY.PEEK[]<{start}.{CAP}>")
        return found[uid].content if uid in found else b""

    def close(self) -> None:
        """Log out, if the server still listens, and hang up."""
        with suppress(imaplib.IMAP4.error, OSError), self._http.guard.deadline(TIMEOUT_S):
            self._line.logout()
        with suppress(OSError):
            self._line.shutdown()

    def _fetched(self, uids: str, asked: str = "") -> dict[int, Raw]:
        with self._asking():
            status, data = self._line.uid("FETCH", uids, f"(UID{asked})")
            if status != "OK":  # for the sake of one mail that the server cannot read; it has sent the others
                data = self._line.response("FETCH")[1]
        # between the answers stands, unasked, what others do to the mails at the same time
        said = [answer for answer in answers(data) if not asked or b"BODY[" in answer[0]]
        return dict(filter(None, map(raw_of, said)))

    @contextmanager
    def _asking(self, *, opening: bool = False) -> Iterator[None]:
        """Bound what one command may take, and say of every failure who must act."""
        http = self._http
        http.requests += 1
        with http.guard.deadline(DEADLINE_S) as late:
            try:
                yield
            except (UnicodeError, imaplib.IMAP4.error, OSError) as error:
                raise self._fault(error, opening=opening, is_late=late.is_set()) from None

    def _fault(self, error: Exception, *, opening: bool, is_late: bool) -> Refused | Unavailable | Changed:
        source, problem = self._http.source, f"{self._host}: {_short(error)}"
        if isinstance(error, UnicodeError | ssl.SSLCertVerificationError):
            hint = "check host; its certificate must be for this name and one that this computer trusts"
            return Refused(source, problem, hint)
        if opening and isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
            return Refused(source, f"{problem}: it speaks no TLS here", "check port and tls")
        if is_late:
            problem = f"{self._host} took longer than {DEADLINE_S:g} s"
        is_gone = isinstance(error, imaplib.IMAP4.abort | OSError) and "unexpected response" not in problem
        if is_gone or "BYE" in problem:
            return Unavailable(source, problem, "the next run goes on from here")
        return Changed(source, f"{problem}; that is not IMAP as it should be", "check host and port")

    def _refusal(self, what: str, words: str, hint: str) -> Refused | Unavailable:
        code = CODE.search(words)
        problem = f"{self._host} {what}" + (f" [{code[1]}]" if code else "")
        if code and code[1] in PASSING:
            return Unavailable(self._http.source, problem, "the next run asks again")
        return Refused(self._http.source, problem, hint)


class _Line(imaplib.IMAP4):
    """imaplib's client on a connection that the guard has seen, with a bound to what each command may bring."""

    def __init__(self, http: "Http", account: Account) -> None:
        self._http = http
        self._tls = account.tls
        self._left = LARGEST_ANSWER
        super().__init__(account.host, account.port, TIMEOUT_S)

    def secure(self) -> None:
        """Go over to TLS."""
        self.starttls(ssl.create_default_context())
        self._show("start_tls")

    def send(self, data: Any) -> None:
        self._left = LARGEST_ANSWER
        super().send(data)

    def read(self, size: int) -> bytes:
        self._take(size)  # before a byte is waited for
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._take(len(line), LINE)
        return line

    def _take(self, size: int, least: int = 0) -> None:
        self._left -= max(size, least)
        if self._left < 0:
            raise self.error(f"an answer of more than {LARGEST_ANSWER} bytes")
        self._http.bytes += size

    def _create_socket(self, timeout: float | None) -> socket.socket:
        self.sock = socket.create_connection((self.host, self.port), timeout)
        self._show("connect_tcp")
        if self._tls == "none" and not ip_address(self.sock.getpeername()[0].partition("%")[0]).is_loopback:
            self.sock.close()
            problem = f'tls = "none" would send the password to {self.host} for everybody to read'
            raise Refused(self._http.source, problem, 'use tls = "starttls" or "implicit"')
        if self._tls == "implicit":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
            self._show("start_tls")
        return self.sock

    def _show(self, event: str) -> None:
        """Let the guard see the connection, which it refuses or hangs up as it does with those of HTTP."""
        self._http.guard.connected(self.host, f"connection.{event}.complete", {"return_value": _Stream(self.sock)})


class _Stream(NamedTuple):
    """A socket as the guard knows them from HTTP."""

    socket: socket.socket

    def get_extra_info(self, name: str) -> Any:
        """Return the socket or the address at its other end."""
        return self.socket if name == "socket" else self.socket.getpeername()

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
