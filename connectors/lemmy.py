"""Lemmy posts and comments, through the search of one instance, which knows those of others too."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.formats.dates import parse_date
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, Unavailable, read_items, source
from connectors.walks.paging import DAY_S, Listing, newest_first
from connectors.walks.turns import in_turn

if TYPE_CHECKING:
    from connectors.http import Http

PER_PAGE, PAGES = 50, 100  # Lemmy refuses more of either
LATE_S = 3 * DAY_S  # instances hand posts on with delay, and list them under the day on which they were written
KINDS = {"Posts": "post", "Comments": "comment"}


@source(
    "Lemmy",
    kind="forum",
    terms="https://legal.lemmy.world/tos/",
    history="the newest 5,000 posts and 5,000 comments that match",
    example={"query": "harbor coffee"},
    fills=("url", "title", "author", "parent_id", "likes", "replies"),
    rate="100 searches in 10 minutes and address on lemmy.world",
    per_minute=10,
)
def fetch(http: "Http", cursor: Cursor, *, query: str, host: str = "lemmy.world") -> Iterator[Page]:
    """Yield the posts, and then the comments, in which all words of `query` stand in its order, newest first.

    A comment answers its post: of the comment above it, only a number is given that no other instance knows.
    """
    url = f"{host if '://' in host else f'https://{host}'}/api/v3/search"

    def page(kind: str, place: int | None) -> Listing:
        number = place or 1
        views = _search(http, url, q=query, type_=kind, page=number)[kind.lower()]
        return _listing(KINDS[kind], views, number + 1 if views and number < PAGES else None)

    walks = {kind: partial(newest_first, http, ask=partial(page, kind), overlap_s=LATE_S) for kind in KINDS}
    yield from in_turn(cursor, walks)


def propose(http: "Http", brand: str, site: str | None) -> Iterator[Mapping[str, Any]]:  # noqa: ARG001
    """Yield a search of the largest instance."""
    yield {"query": brand}


def _search(http: "Http", url: str, **params: Any) -> Any:
    # without listing_type an instance may search only its own communities
    asked = {**params, "sort": "New", "listing_type": "All", "limit": PER_PAGE}
    response = http.send("GET", url, params=asked, reads=(400,))
    answer = response.json()
    if response.status != 400:
        return answer
    problem = f"the instance answers {answer['error']!r}"
    if answer["error"] in ("instance_is_private", "not_logged_in"):
        raise Refused("lemmy", problem, "choose another host, which lets everybody search")
    raise Unavailable("lemmy", problem, "the next run asks again")  # rate_limit_error, or its database was too slow


def _listing(kind: str, views: Sequence[Mapping[str, Any]], following: int | None) -> Listing:
    seen, rejects = read_items(views, partial(_mention, kind))
    gone = [view[kind]["ap_id"] for view in views if view[kind].get("removed") or view[kind].get("deleted")]
    kept = [mention for mention in seen if mention.native_id not in gone]
    return Listing(kept, following, rejects, [mention.posted_at.timestamp() for mention in seen], gone)


def _mention(kind: str, view: Mapping[str, Any]) -> Mention:
    item, post, creator = view[kind], view["post"], view.get("creator") or {}
    counts = view.get("counts") or {}
    is_comment = kind == "comment"
    words = item["content"] if is_comment else item.get("body") or item.get("alt_text")
    return Mention(
        source="lemmy",
        native_id=item["ap_id"],
        text=(words or "").strip() or post["name"],
        posted_at=parse_date(item["published"]),
        url=item["ap_id"],
        title=post["name"],
        author=creator.get("display_name") or creator.get("name"),
        parent_id=post["ap_id"] if is_comment else None,
        likes=counts.get("score"),
        replies=counts.get("child_count" if is_comment else "comments"),
    )
