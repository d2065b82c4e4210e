"""Posts on Bluesky that match a search, seen with the user's own account."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.formats.atproto import SERVICE, Session
from connectors.formats.dates import from_epoch, parse_date
from connectors.mention import Mention
from connectors.source import Cursor, Page, read_items, source
from connectors.walks.batches import in_batches
from connectors.walks.paging import Listing, Place, newest_first
from connectors.walks.rough import rough_order

if TYPE_CHECKING:
    from connectors.http import Http

SEARCH, POSTS = "app.bsky.feed.searchPosts", "app.bsky.feed.getPosts"
PER_PAGE = 100  # the most that a search gives
PER_BATCH = 25  # the most posts that can be asked for by their URIs
DEEP = 5_000  # posts of a search, after which a missing cursor need not be its end: after 10,000 there is none
TICK = timedelta(milliseconds=1)  # what `until` can tell apart


@source(
    "Bluesky",
    kind="social",
    terms="https://bsky.social/about/support/tos",
    history="all posts that its search finds",
    example={"query": '"harbor coffee"', "handle": "harbor.example", "app_password": "env:BLUESKY_APP_PASSWORD"},
    fills=("url", "author", "language", "parent_id", "likes", "replies"),
    key="app password of a free account",
    rate="3,000 requests in 5 minutes, and 300 logins a day",
    secrets=("app_password",),
    per_minute=60,
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    query: str,
    handle: str,
    app_password: str,
    language: str | None = None,
    service: str = SERVICE,
) -> Iterator[Page]:
    """Yield every post that matches `query`, newest first.

    The search stops giving cursors after 10,000 posts; from there on it is asked for what was posted until then.
    """
    session = Session(http, service, handle, app_password)
    start = {"until": _iso(from_epoch(cursor["span"][1]))} if "span" in cursor else {}

    def ask(place: Place | None) -> Listing:
        at = place or start
        place_of = {name: at.get(name) for name in ("cursor", "until")}
        answer = session.ask(SEARCH, q=query, lang=language, sort="latest", limit=PER_PAGE, **place_of)
        mentions, rejects = read_items(answer["posts"], _mention)
        return Listing(mentions, _next(answer.get("cursor"), at, mentions), rejects, rough_order(mentions))

    yield from newest_first(http, cursor, ask)


def recheck(
    http: "Http", native_ids: Sequence[str], *, handle: str, app_password: str, service: str = SERVICE, **_: Any
) -> Iterator[Page]:
    """Yield the posts as they are now, and the ids of those that are gone."""
    session = Session(http, service, handle, app_password)

    def ask(uris: Sequence[str]) -> Mapping[str, Any]:
        return {post["uri"]: post for post in session.ask(POSTS, uris=list(uris))["posts"]}

    yield from in_batches(http, native_ids, PER_BATCH, ask, _mention)


def _next(token: str | None, at: Mapping[str, Any], mentions: Sequence[Mention]) -> Place | None:
    count = at.get("count", 0) + len(mentions)
    if token:
        return {**at, "cursor": token, "count": count}
    if count < DEEP or not mentions:
        return None
    return {"until": _iso(mentions[-1].posted_at + TICK)}


def _mention(post: Mapping[str, Any]) -> Mention:
    record, author = post["record"], post["author"]
    did, _, key = post["uri"].removeprefix("at://").split("/")
    language = next(iter(record.get("langs") or ()), "").partition("-")[0].lower()
    return Mention(
        source="bluesky",
        native_id=post["uri"],
        text=record["text"] or _pictured(record.get("embed") or {}),
        # authors date their posts themselves, and some into the future
        posted_at=min(parse_date(record["createdAt"]), parse_date(post["indexedAt"])),
        url=f"https://bsky.app/profile/{did}/post/{key}",
        author=author.get("handle"),
        language=language if len(language) == 2 else None,
        parent_id=record["reply"]["parent"]["uri"] if record.get("reply") else None,
        likes=post.get("likeCount"),
        replies=post.get("replyCount"),
    )


def _pictured(embed: Mapping[str, Any]) -> str:
    """Return what stands in a post without text: the descriptions of its pictures, or the title of its link."""
    media = embed.get("media") or embed
    said = [image.get("alt") for image in media.get("images", ())] + [media.get("external", {}).get("title")]
    return "\n".join(filter(None, said))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
