"""What people say on the servers of this folder, said the way each server is told."""

import base64
import imaplib
import urllib.request
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.running import Server

BEGIN = datetime(2026, 10, 1, 8, tzinfo=UTC)
COMMENTS = "/?rest_route=/wp/v2/comments"
PASSWORD = "harbor"  # noqa: S105 of accounts on loopback that live for a minute


class Blog:
    """The comments of a WordPress's only post, as its admin handles them."""

    def __init__(self, server: Server) -> None:
        login = b"admin:" + (server.folder / "password").read_bytes()
        self._headers = {"Authorization": "Basic " + base64.b64encode(login).decode()}
        self._server = server
        self._post = server.ask("/?rest_route=/wp/v2/posts")[0]["id"]

    @property
    def total(self) -> int:
        """How many comments WordPress says that it shows."""
        with urllib.request.urlopen(self._server.url + COMMENTS, timeout=60) as answer:
            return int(answer.headers["X-WP-Total"])

    def say(self, text: str, when: datetime, *, parent: int = 0, status: str = "approve") -> int:
        """Comment on the post, or on the comment `parent`, and return the comment's id."""
        comment = {
            "post": self._post,
            "parent": parent,
            "content": text,
            "author_name": "Ann",
            "author_email": "ann@example.com",
            "date_gmt": when.strftime("%Y-%m-%dT%H:%M:%S"),
            "status": status,
        }
        return int(self._server.ask(COMMENTS, comment, self._headers)["id"])

    def change(self, comment: int, **fields: str) -> None:
        self._server.ask(f"{COMMENTS}/{comment}", fields, self._headers)

    def delete(self, comment: int) -> None:
        self._server.ask(f"{COMMENTS}/{comment}&force=1", None, self._headers, "DELETE")


class Account:
    """An account of the Bluesky network, and what it posts."""

    def __init__(self, server: Server, name: str) -> None:
        new = {"handle": f"{name}.test", "email": f"{name}@example.com", "password": PASSWORD}
        account = server.ask("/xrpc/com.atproto.server.createAccount", new)
        self.handle, self._did = account["handle"], account["did"]
        self._headers = {"Authorization": f"Bearer {account['accessJwt']}"}
        self._server = server

    def post(self, texts: Sequence[str], begin: datetime, parent: dict[str, str] | None = None) -> list[dict[str, str]]:
        """Post `texts`, at most 200, one a minute from `begin` on, and return the address and the hash of each."""
        reply = {"reply": {"root": parent, "parent": parent}} if parent else {}
        writes = [
            {
                "$type": "com.atproto.repo.applyWrites#create",
                "collection": "app.bsky.feed.post",
                "value": {
                    "$type": "app.bsky.feed.post",
                    "text": text,
                    "langs": ["en"],
                    "createdAt": f"{begin + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%S.000Z}",
                    **reply,
                },
            }
            for minute, text in enumerate(texts)
        ]
        done = self._ask("com.atproto.repo.applyWrites", {"repo": self._did, "writes": writes})
        return [{"uri": result["uri"], "cid": result["cid"]} for result in done["results"]]

    def delete(self, uri: str) -> None:
        collection, rkey = uri.split("/")[-2:]
        self._ask("com.atproto.repo.deleteRecord", {"repo": self._did, "collection": collection, "rkey": rkey})

    def sees(self, uri: str) -> bool:
        """Say whether the AppView, which hears of everything a moment later, has the post."""
        return bool(self._ask(f"app.bsky.feed.getPosts?uris={uri}")["posts"])

    def _ask(self, method: str, body: Any = None) -> Any:
        return self._server.ask(f"/xrpc/{method}", body, self._headers)


def edit_wiki(server: Server, title: str, text: str) -> None:
    """Write a page of a MediaWiki without an account."""
    form = f"action=edit&format=json&token=%2B%5C&title={title.replace(' ', '+')}&text={text.replace(' ', '+')}"
    server.ask("/api.php", form.encode(), {"Content-Type": "application/x-www-form-urlencoded"})


def letter(number: int, text: str, *, parent: int | None = None) -> bytes:
    """Return message `number`, of `number` hours after the beginning."""
    when = BEGIN + timedelta(hours=number)
    lines = [
        "From: Ann Miller <ann@example.com>",
        "To: coffee@example.com",
        f"Subject: Harbor Coffee, letter {number}",
        f"Message-ID: <{number}@example.com>",
        f"Date: {when:%a, %d %b %Y %H:%M:%S} +0000",
        *([f"In-Reply-To: <{parent}@example.com>"] if parent is not None else []),
        "Content-Type: text/plain; charset=utf-8",
        "",
        text,
    ]
    return "\r\n".join(lines).encode()


def arrive(server: Server, mailing_list: str, message: bytes) -> None:
    """Hand `message` to HyperKitty as Mailman does."""
    edge = uuid.uuid4().hex
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="mlist"\r\n\r\n{mailing_list}\r\n'
        f'--{edge}\r\nContent-Disposition: form-data; name="message"; filename="message"\r\n\r\n'
    )
    form = head.encode() + message + f"\r\n--{edge}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={edge}", "Authorization": "Token archive"}
    server.ask("/hyperkitty/api/mailman/archive", form, kind)


def mailbox(server: Server, user: str) -> imaplib.IMAP4:
    """Log `user` in to the IMAP server; any name has a mailbox."""
    connection = imaplib.IMAP4("127.0.0.1", server.port)
    connection.login(user, PASSWORD)
    return connection
