"""Posts with given hashtags on servers of the fediverse that speak Mastodon's API."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.formats.mastodonapi import Server, asked, mention_of, servers
from connectors.source import Cursor, Page, read_items, source
from connectors.walks.batches import in_batches
from connectors.walks.paging import Listing, Place, newest_first
from connectors.walks.rough import rough_order
from connectors.walks.turns import Walk, in_turn

if TYPE_CHECKING:
    from connectors.http import Http

PER_PAGE = 40  # the most that a timeline gives
PER_BATCH = 20  # the most posts that can be asked for by their ids
HOME = re.compile(r"https://([^/]+)/(?:ap/)?users/[^/]+/statuses/(\d+)")  # where a post of Mastodon itself is at home


@source(
    "Mastodon",
    kind="social",
    terms="https://mastodon.social/terms-of-service",
    history="all posts with the hashtag that the server knows",
    example={"tags": ["harborcoffee"], "instances": ["mastodon.social", "mastodon.online"]},
    fills=("url", "title", "author", "language", "likes", "replies"),
    key="optional: token of an account, for a server that wants one",
    rate="300 requests in 5 minutes per server",
    secrets=("token",),
    per_minute=60,
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    tags: Sequence[str],
    instances: Sequence[str] = ("mastodon.social",),
    token: str | None = None,
) -> Iterator[Page]:
    """Yield the posts with each of `tags` on each of `instances`, newest first.

    A post has the same id on every server, so it counts once wherever it is seen.
    A server that fails does not hold back the others; its error is raised after them.
    """
    names = dict.fromkeys(tag.lstrip("#").lower() for tag in tags)
    walks: dict[str, Walk] = {
        f"{server.host} {tag}": partial(_timeline, server, tag)
        for server in servers(http, instances, token)
        for tag in names
    }
    yield from in_turn(cursor, walks)


def recheck(
    http: "Http",
    native_ids: Sequence[str],
    *,
    instances: Sequence[str] = ("mastodon.social",),
    token: str | None = None,
    **_: Any,
) -> Iterator[Page]:
    """Yield posts as they are now, and the ids of those that are gone; only those at home on one of `instances`.

    A copy elsewhere may be missing for other reasons, and other homes are servers that nobody named.
    """
    homes = {uri: home[1] for uri in native_ids if (home := HOME.fullmatch(uri))}
    walks: dict[str, Walk] = {
        server.host: partial(_again, server, [uri for uri, host in homes.items() if host == server.host])
        for server in servers(http, instances, token)
    }
    yield from in_turn({}, walks)


def propose(http: "Http", brand: str, site: str | None) -> Iterator[Mapping[str, Any]]:  # noqa: ARG001
    """Yield the brand's name as a hashtag."""
    if tag := re.sub(r"\W", "", brand).lower():
        yield {"tags": [tag]}


def _timeline(server: Server, tag: str, cursor: Cursor) -> Iterator[Page]:
    def ask(place: Place | None) -> Listing:
        params = {"limit": PER_PAGE, "max_id": place}
        statuses = asked(server, f"timelines/tag/{quote(tag, safe='')}", params)
        mentions, rejects = read_items(statuses, partial(mention_of, server.host))
        return Listing(mentions, statuses[-1]["id"] if statuses else None, rejects, rough_order(mentions))

    yield from newest_first(server.http, cursor, ask)


def _again(server: Server, uris: Sequence[str], _: Cursor) -> Iterator[Page]:
    def ask(batch: Sequence[str]) -> Mapping[str, Any]:
        statuses = asked(server, "statuses", {"id[]": [uri.rpartition("/")[2] for uri in batch]})
        return {status["uri"]: status for status in statuses}

    yield from in_batches(server.http, uris, PER_BATCH, ask, partial(mention_of, server.host))
