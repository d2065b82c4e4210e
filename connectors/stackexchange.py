"""Questions and answers of Stack Overflow and the other sites of Stack Exchange."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.formats.dates import from_epoch
from connectors.formats.markup import plain
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, SourceError, Unavailable, read_items, source
from connectors.walks.changes import Changes, changed_since

if TYPE_CHECKING:
    from connectors.http import Http

PER_PAGE = 100
QUOTAS = {False: 300, True: 10_000}  # requests a day, without and with a key
LATE_S = 3_600  # the search index runs behind the site
PASSING = (500, 502, 503)  # error ids: internal error, throttled, unavailable


@source(
    "Stack Exchange",
    kind="forum",
    terms="https://stackoverflow.com/legal/api-terms-of-use",
    history="everything",
    example={"query": "harbor coffee", "site": "stackoverflow"},
    fills=("url", "title", "author", "parent_id", "likes", "replies"),
    key="optional: a free API key, for more requests",
    rate="300 requests a day and address, 10,000 with a key",
    secrets=("api_key",),
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    query: str | None = None,
    tagged: Sequence[str] = (),
    site: str = "stackoverflow",
    api_key: str | None = None,
    api: str = "https://api.stackexchange.com/2.3",
) -> Iterator[Page]:
    """Yield the questions and answers that match `query`, or whose question has one of the tags in `tagged`.

    The oldest activity comes first, so that edits are seen again. A page takes two requests: the search gives
    neither authors nor mark-up.
    """
    if not query and not tagged:
        raise Refused("stackexchange", "neither query nor tagged is set", 'for example query = "harbor coffee"')
    ask = partial(_ask, http, api, {"site": site, "key": api_key})
    search = {"q": query, "tagged": ";".join(tagged) or None, "sort": "activity", "order": "asc"}

    def page(since: int | None, number: int) -> Changes:
        answer = ask("/search/excerpts", **search, min=since, page=number, pagesize=PER_PAGE)
        items = answer["items"]
        posts = _posts(ask, items) if items else {}
        mentions, rejects = read_items(items, lambda item: _mention(site, item, posts.get(_post_id(item), {})))
        moments = [item["last_activity_date"] for item in items]
        return Changes(mentions, rejects, moments, answer["has_more"])

    yield from changed_since(http, cursor, page, overlap_s=LATE_S)


def propose(http: "Http", brand: str, site: str | None) -> Iterator[Mapping[str, Any]]:  # noqa: ARG001
    """Yield a search of Stack Overflow."""
    yield {"query": f'"{brand}"'}


def _ask(http: "Http", api: str, common: Mapping[str, str | None], path: str, **params: Any) -> Any:
    key = common["key"] or ""
    http.spend("requests", 1, limit=QUOTAS[bool(key)], key=key)
    answer = http.send("GET", api + path, params={**common, **params}, reads=(400,)).json()
    if "error_id" in answer:
        raise _error(http, answer)
    if answer.get("backoff"):
        http.rest(answer["backoff"])
    return answer


def _error(http: "Http", answer: Mapping[str, Any]) -> SourceError:
    """Return what an answer with an error means; it has status 400 whatever is wrong."""
    problem = f"{answer['error_name']}: {answer['error_message']}"
    if answer["error_id"] not in PASSING:
        return Refused("stackexchange", problem, "check this feed's options")
    if wait := re.search(r"(\d+) seconds", answer["error_message"]):
        http.rest(float(wait[1]))
    return Unavailable("stackexchange", problem, "the next run goes on; an api_key allows more")


def _posts(ask: partial[Any], items: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Return the posts that were found, by id, with the mark-up of their text; deleted ones are missing."""
    ids = ";".join(str(_post_id(item)) for item in items)
    answer = ask(f"/posts/{ids}", filter="withbody", pagesize=PER_PAGE)
    if not answer["items"]:  # some can have been deleted meanwhile, all of them is a mistake
        raise Unavailable("stackexchange", "none of the posts that were found is shown", "the next run asks again")
    return {int(post["post_id"]): post for post in answer["items"]}


def _post_id(item: Mapping[str, Any]) -> int:
    return int(item["answer_id" if item["item_type"] == "answer" else "question_id"])


def _mention(site: str, item: Mapping[str, Any], post: Mapping[str, Any]) -> Mention:
    is_answer, title = item["item_type"] == "answer", plain(item["title"])
    return Mention(
        source="stackexchange",
        native_id=f"{site}:{'a' if is_answer else 'q'}{_post_id(item)}",
        text=plain(post.get("body") or item["body"]).strip() or title,
        posted_at=from_epoch(item["creation_date"]),
        url=post.get("link"),
        title=title,
        author=plain((post.get("owner") or {}).get("display_name") or "") or None,
        parent_id=f"{site}:q{item['question_id']}" if is_answer else None,
        likes=item.get("score"),
        replies=item.get("answer_count"),
    )
