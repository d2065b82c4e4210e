"""Hacker News stories and comments, through the public Algolia search."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from connectors.formats.dates import from_epoch
from connectors.formats.markup import plain
from connectors.mention import Mention
from connectors.source import Changed, Cursor, Page, Unavailable, read_items, source
from connectors.walks.paging import Listing, newest_first

if TYPE_CHECKING:
    from connectors.http import Http

PER_PAGE = 100
REACHABLE = 1_000  # hits of one query; Algolia answers nothing beyond


@source(
    "Hacker News",
    kind="forum",
    terms="https://www.ycombinator.com/legal/",
    history="everything since 2006",
    example={"query": "harbor coffee"},
    fills=("url", "title", "author", "parent_id", "likes", "replies"),
    rate="10,000 requests an hour",
)
def fetch(
    http: "Http", cursor: Cursor, *, query: str, api: str = "https://hn.algolia.com/api/v1/search_by_date"
) -> Iterator[Page]:
    """Yield every story and comment that matches `query`, newest first, back to a day before the last walk's newest.

    A page begins at the second in which the one before it ended; where more than a page of hits share a second,
    a number counts through them.
    """
    newest = int(cursor["span"][1]) if "span" in cursor else 2**40

    def ask(place: Any) -> Listing:
        until, page = place or (newest, 0)
        window = f"created_at_i>={until if page else 0},created_at_i<={until}"
        answer = _search(http, api, query=query, window=window, page=page)
        following = _next(answer, until, page)
        if page and not answer["hits"]:  # the last page of this second was full
            return ask(following)
        mentions, rejects = read_items(answer["hits"], _mention)
        moments = [hit["created_at_i"] for hit in answer["hits"]]
        return Listing(mentions, following, rejects, moments)

    yield from newest_first(http, cursor, ask)


def propose(http: "Http", brand: str, site: str | None) -> Iterator[Mapping[str, Any]]:  # noqa: ARG001
    """Yield the search for the brand's name."""
    yield {"query": brand}


def _search(http: "Http", api: str, *, query: str, window: str, page: int) -> Any:
    answer = http.json(
        "GET",
        api,
        query=query,
        tags="(story,comment)",
        numericFilters=window,
        hitsPerPage=PER_PAGE,
        page=page,
    )
    if answer["hitsPerPage"] != PER_PAGE:  # then `page` would count in other steps than ours
        raise Changed("hackernews", f"{answer['hitsPerPage']} hits a page instead of {PER_PAGE}", "change PER_PAGE")
    if page and answer["nbHits"] > REACHABLE:
        problem = f"{answer['nbHits']} hits in one second, of which {REACHABLE} can be reached"
        raise Changed("hackernews", problem, "narrow the query")
    return answer


def _next(answer: Any, until: int, page: int) -> list[int] | None:
    hits, seen = answer["hits"], page * PER_PAGE + len(answer["hits"])
    more = len(hits) >= PER_PAGE or answer["nbHits"] > seen
    if more and not hits:
        problem = f"an empty page, though there are {answer['nbHits']} hits"
        raise Unavailable("hackernews", problem, "the next run asks for it again")
    if page:
        return [until, page + 1] if more else [until - 1, 0]
    if not more:
        return None
    moments = [hit["created_at_i"] for hit in hits]
    oldest = min(moments)
    return [oldest, 0 if oldest < max(moments) else 1]


def _mention(hit: dict[str, Any]) -> Mention:
    item = str(hit["objectID"])
    words = plain(hit.get("comment_text") or hit.get("story_text") or "")
    return Mention(
        source="hackernews",
        native_id=item,
        text=words or hit["title"],  # a story that is only a link; a comment without words is rejected
        posted_at=from_epoch(hit["created_at_i"]),
        url=f"https://news.ycombinator.com/item?id={item}",
        title=hit.get("title") or hit.get("story_title"),
        author=hit.get("author"),
        parent_id=str(hit["parent_id"]) if hit.get("parent_id") else None,
        likes=hit.get("points"),
        replies=hit.get("num_comments"),
    )
