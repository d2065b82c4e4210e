"""Posts of any Discourse forum: all of them, or those that its search finds."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.formats.dates import from_epoch, parse_date
from connectors.formats.discourseposts import Item, is_gone, matches, may_go_on, read_posts
from connectors.source import Changed, Cursor, Page, Unavailable, source
from connectors.walks.paging import DAY_S, Listing, newest_first

if TYPE_CHECKING:
    from connectors.http import Http

PAGES = 10  # the search shows no more of them


class Forum(NamedTuple):
    """One forum: its address, and the headers that let us in."""

    http: "Http"
    url: str
    headers: Mapping[str, str]

    def ask(self, path: str, **params: Any) -> Any:
        return self.http.json("GET", self.url + path, headers=self.headers, **params)


class Search(NamedTuple):
    """What is searched for: posts from before the day `before`; topics are read back to the moment `floor`."""

    query: str
    before: str | None
    floor: float | None


@source(
    "Discourse",
    kind="forum",
    terms="https://www.discourse.org/terms",
    history="everything; of what was written before the first run, a search shows one post a topic and those near it",
    example={"url": "https://meta.discourse.org", "query": "harbor coffee"},
    fills=("url", "title", "author", "likes", "replies", "reach"),
    key="optional: an API key of the forum, for what only members may read",
    rate="60 requests a minute and address by default, set by each forum",
    secrets=("api_key",),
    per_minute=60,
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    url: str,
    query: str | None = None,
    api_key: str | None = None,
    api_username: str | None = None,
) -> Iterator[Page]:
    """Yield the posts of the forum at `url`, newest first; with `query` those that its search finds.

    The search cuts texts and shows one post of a topic, the newest that matches. So every topic found is opened, and
    its posts with all words of `query` are read back to the last walk.
    """
    given = {"Api-Key": api_key, "Api-Username": api_username}
    forum = Forum(http, url.rstrip("/"), {name: value for name, value in given.items() if value})
    if query is None:
        yield from newest_first(http, cursor, partial(_latest, forum))
        return
    floor = cursor["since"] - DAY_S if "since" in cursor else None
    before = str((from_epoch(cursor["span"][1]) + timedelta(days=1)).date()) if "span" in cursor else None
    yield from newest_first(http, cursor, partial(_found, forum, Search(query, before, floor)))


def _latest(forum: Forum, place: int | None) -> Listing:
    posts = forum.ask("/posts.json", before=place)["latest_posts"]
    older = [post for post in posts if place is None or post["id"] < place]  # some versions show that post once more
    moments = [parse_date(post["created_at"]).timestamp() for post in older]
    items = [Item(post, post.get("topic_title")) for post in older]
    return read_posts(forum.url, items, min((post["id"] for post in older), default=None), moments)


def _found(forum: Forum, search: Search, place: Sequence[Any] | None) -> Listing:
    before, page = place or (search.before, 1)
    terms = [search.query, "order:latest", *([f"before:{before}"] if before else [])]
    answer = forum.ask("/search.json", q=" ".join(terms), page=page)
    group, hits = answer["grouped_search_result"], answer["posts"]
    if group.get("error"):
        raise Unavailable("discourse", f"the search answers {group['error']!r}", "the next run asks again")
    following = _following(hits, before, page) if group["more_full_page_results"] and hits else None
    items = [item for hit in hits for item in _topic(forum, search, hit)]
    return read_posts(forum.url, items, following, [parse_date(hit["created_at"]).timestamp() for hit in hits])


def _following(hits: Sequence[Any], before: str | None, page: int) -> list[Any]:
    """Return where the next page is: before the day after its last hit, or the next number where all are of one day."""
    days = [parse_date(hit["created_at"]).date() for hit in hits]
    oldest = min(days)
    if oldest < max(days):
        return [str(oldest + timedelta(days=1)), 1]
    if page == PAGES:
        raise Changed("discourse", f"more topics match on {oldest} than the search shows", "narrow the query")
    return [before, page + 1]


def _topic(forum: Forum, search: Search, hit: Mapping[str, Any]) -> list[Item]:
    """Return the post that was found, and those posts of its topic that hold the same words."""
    path = f"{forum.url}/t/{hit['topic_id']}"
    view = forum.http.send("GET", f"{path}/{hit['post_number']}.json", headers=forum.headers, reads=(403, 404, 410))
    if view.status != 200:  # closed to us since it was indexed: the cut text is all there is
        return [Item({**hit, "cooked": hit["blurb"]}, None)]
    topic = view.json()
    posts = topic["post_stream"]["posts"]
    while search.floor and may_go_on(posts, search.floor):
        number = posts[0]["post_number"]
        more = forum.ask(f"/t/{hit['topic_id']}/posts.json", post_number=number, asc="false")["post_stream"]["posts"]
        older = [post for post in more if post["post_number"] < number]
        if not older:
            break
        posts = older + posts
    kept = [post for post in posts if post["id"] == hit["id"] or is_gone(post) or matches(post, search.query)]
    return [Item(post, topic["title"]) for post in kept]
