"""Mastodon's API: a server of the fediverse asked for posts, and its posts read into mentions."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from connectors.formats.dates import parse_date
from connectors.formats.markup import plain
from connectors.mention import Mention
from connectors.source import Refused
from connectors.web.errorbody import error_body, problem

if TYPE_CHECKING:
    from connectors.http import Http

MEMBERS = "it shows this only to its members: set token to one of an account there, or take it out of instances"
RENEW = "make a new token under Preferences, Development, with read:statuses"


class Server(NamedTuple):
    """One server's address, and the token to show there, "" for none."""

    http: "Http"
    address: str
    token: str

    @property
    def host(self) -> str:
        """Return the name under which its people are known."""
        return urlsplit(self.address).netloc


def servers(http: "Http", instances: Sequence[str], token: str | None) -> list[Server]:
    """Return each server once; raises Refused for a token that would be shown to more than one."""
    addresses = dict.fromkeys(_address(name.strip().lower()) for name in instances)
    if token and len(addresses) > 1:
        told = f"one token is set for {len(addresses)} instances, but it belongs to one only"
        raise Refused(http.source, told, "give the instance that wants a token a feed of its own")
    return [Server(http, address, token or "") for address in addresses]


def _address(name: str) -> str:
    # plain HTTP, and a path, only for who asks for it in so many words: a server of one's own
    return name.rstrip("/") if name.startswith("http://") else "https://" + re.sub(r"^https://|/.*", "", name)


def asked(server: Server, path: str, params: Mapping[str, Any]) -> list[Any]:
    """Return the posts that `path` of the API lists."""
    headers = {"Authorization": f"Bearer {server.token}"} if server.token else {}
    url = f"{server.address}/api/v1/{path}"
    answer = server.http.send("GET", url, params=params, headers=headers, reads=(401, 422))
    if answer.status in (401, 422):
        told = problem(answer, error_body(answer).get("error"), server.token)
        raise Refused(server.http.source, told, RENEW if server.token else MEMBERS)
    statuses = answer.json()
    if not isinstance(statuses, list):
        raise TypeError(f"{server.host} answers with {type(statuses).__name__} instead of a list of posts")
    return statuses


def mention_of(host: str, status: Mapping[str, Any]) -> Mention:
    """Return a post as a mention; `host` is the server that shows it."""
    author = status["account"]["acct"]  # without its server where that is the one asked
    language = (status.get("language") or "").partition("-")[0].lower()
    return Mention(
        source="mastodon",
        native_id=status["uri"],
        text=plain(status["content"]),
        posted_at=parse_date(status["created_at"]),
        url=status.get("url") or status["uri"],
        title=status.get("spoiler_text") or None,
        author=author if "@" in author else f"{author}@{host}",
        language=language if len(language) == 2 else None,
        likes=status.get("favourites_count"),
        replies=status.get("replies_count"),
    )
