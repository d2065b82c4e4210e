"""Hacker News stories and comments, through the public Algolia search."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from connectors.dates import from_epoch
from connectors.markup import plain
from connectors.mention import Mention
from connectors.source import Changed, Cursor, Page, Unavailable, read_items, source

if TYPE_CHECKING:
    from connectors.http import Http

PER_PAGE = 100
REACHABLE = 1_000  # hits of one query; Algolia answers nothing beyond
OVERLAP_S = 3_600  # Algolia indexes out of order, so the last hour is walked again


@source(
    "Hacker News",
    kind="forum",
    terms="https://www.ycombinator.com/legal/",
    history="everything since 2006",
    example={"query": "harbor coffee"},
)
def fetch(
    http: "Http", cursor: Cursor, *, query: str, api: str = "https://hn.algolia.com/api/v1/search_by_date"
) -> Iterator[Page]:
    """Yield every story and comment that matches `query`, newest first, back to an hour before the last walk's newest.

    One walk goes down from `top`, and `until` marks how far it got; where more than a page of hits share
    a second, `page` counts through it. A walk that stops half-way goes on from there.
    """
    since = cursor.get("since", 0)
    top, until, page = (cursor.get(k, d) for k, d in (("top", since), ("until", 2**40), ("page", 0)))
    while True:
        oldest = until if page else max(0, since - OVERLAP_S)
        window = f"created_at_i>={oldest},created_at_i<={until}"
        answer = _search(http, api, query=query, window=window, page=page)
        mentions, rejects = read_items(answer["hits"], _mention)
        top = max([top, *(hit["created_at_i"] for hit in answer["hits"])])
        step = _next(answer, until, page)
        if step is None:
            yield Page(mentions, {"since": top}, rejects)
            return
        until, page = step
        yield Page(mentions, {"since": since, "top": top, "until": until, "page": page}, rejects)


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


def _next(answer: Any, until: int, page: int) -> tuple[int, int] | None:
    hits, seen = answer["hits"], page * PER_PAGE + len(answer["hits"])
    more = len(hits) == PER_PAGE or answer["nbHits"] > seen
    if more and not hits:
        problem = f"an empty page, though there are {answer['nbHits']} hits"
        raise Unavailable("hackernews", problem, "the next run asks for it again")
    if page:
        return (until, page + 1) if more else (until - 1, 0)
    if not more:
        return None
    oldest = hits[-1]["created_at_i"]
    return (oldest, 0) if oldest < until else (until, 1)


def _mention(hit: dict[str, Any]) -> Mention:
    item = hit["objectID"]
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
