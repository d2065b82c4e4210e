"""Comments under the articles of a WordPress site, through its REST API."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connectors.formats.dates import from_epoch, parse_date
from connectors.formats.markup import plain
from connectors.mention import Mention
from connectors.source import Cursor, Page, Unavailable, read_items, source
from connectors.walks.batches import in_batches
from connectors.walks.paging import Listing, oldest_first

if TYPE_CHECKING:
    from connectors.http import Http
    from connectors.web.response import Response

ROUTE = "/wp/v2/comments"
PER_PAGE = 100
# `after` leaves out its own second and compares local times, of which autumn has an hour twice
SKEW = timedelta(hours=1, seconds=1)
APPROVED_S = 14 * 86_400  # a comment shows up with its old date when a moderator lets it through


@source(
    "WordPress comments",
    kind="forum",
    terms="https://developer.wordpress.org/rest-api/reference/comments/",
    history="every comment that is still shown",
    example={"url": "https://blog.example.com"},
    fills=("url", "author", "parent_id"),
    rate="the site's own",
)
def fetch(http: "Http", cursor: Cursor, *, url: str) -> Iterator[Page]:
    """Yield the comments that the site at `url` shows, the oldest first, and those of its last two weeks again.

    An edit does not change a comment's date: `recheck` finds it, and what was deleted.
    """
    site, span = _site(url), cursor.get("span", (0, None))

    def ask(mark: Any) -> Listing:
        since, page, *last = mark or (int(span[0]), 1)
        window = {"order": "asc", "after": _iso(since, -SKEW), "before": _iso(span[1], SKEW)}
        response = _comments(http, url, page=page, **window)
        more = page < int(response.headers["x-wp-totalpages"])
        # comments on protected articles are left out, so an empty page is no end; but once may be a mistake
        items = _items(response) or (_items(_comments(http, url, page=page, **window)) if more else [])
        mentions, rejects = read_items(items, lambda comment: _mention(comment, site))
        moments = [mention.posted_at.timestamp() for mention in mentions]
        newest = int(max([since, *moments]))
        listing = Listing(mentions, None, rejects, [newest] if more or mentions else [], more=more)
        if newest > http.now().timestamp() or min(moments, default=since) < since - 2 * SKEW.total_seconds():
            raise Unavailable(http.source, "a page shows other dates than were asked for", "the next run asks again")
        if mentions and listing.fingerprint in last:
            raise Unavailable(http.source, "a page shows what the one before it did", "the next run asks again")
        following = [newest, 1] if newest > since else [since, page + 1, listing.fingerprint]
        return listing._replace(next=following if more else [max(0, newest - APPROVED_S), 1])

    yield from oldest_first(cursor, ask)


def recheck(http: "Http", native_ids: Sequence[str], *, url: str) -> Iterator[Page]:
    """Yield the comments as they are now, and the ids of those that the site no longer shows."""
    site = _site(url)

    def ask(batch: Sequence[str]) -> dict[str, Any]:
        numbers = ",".join(native_id.rpartition(":")[2] for native_id in batch)
        return {f"{site}:{comment['id']}": comment for comment in _items(_comments(http, url, include=numbers))}

    ours = [native_id for native_id in native_ids if native_id.rpartition(":")[0] == site]
    yield from in_batches(http, ours, PER_PAGE, ask, lambda comment: _mention(comment, site))


def propose(http: "Http", brand: str, site: str | None) -> Iterator[Mapping[str, Any]]:  # noqa: ARG001
    """Yield the brand's own site if it is a WordPress that shows its comments to programs."""
    if site:
        answer = http.send("GET", f"{site.rstrip('/')}/", params={"rest_route": ROUTE}, reads=(401, 403, 404))
        if answer.status == 200 and "json" in answer.headers.get("content-type", ""):
            yield {"url": site}


def _comments(http: "Http", url: str, **asked: Any) -> "Response":
    # this form works whether or not the site has readable addresses, /wp-json/ only where it has
    return http.get(f"{url.rstrip('/')}/", rest_route=ROUTE, per_page=PER_PAGE, orderby="date_gmt", **asked)


def _items(response: "Response") -> list[Any]:
    items = response.json()
    if not isinstance(items, list):
        raise TypeError(f"a list of comments is {type(items).__name__}")
    return items


def _mention(comment: dict[str, Any], site: str) -> Mention:
    return Mention(
        source="wordpress_comments",
        native_id=f"{site}:{comment['id']}",
        text=plain(comment["content"]["rendered"]),
        posted_at=parse_date(comment["date_gmt"]),
        url=comment.get("link"),
        author=plain(comment.get("author_name") or "") or None,
        parent_id=f"{site}:{comment['parent']}" if comment.get("parent") else None,
    )


def _site(url: str) -> str:
    """Return host and folder: each of the sites on one host counts its comments from 1."""
    parts = urlsplit(url.rstrip("/"))
    return parts.netloc.lower() + parts.path


def _iso(moment: float | None, shift: timedelta) -> str | None:
    return f"{from_epoch(moment) + shift:%Y-%m-%dT%H:%M:%SZ}" if moment else None
