"""Posts of one's own Facebook page and the comments on them."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.formats.dates import parse_date
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, Unavailable, read_items, source
from connectors.walks.paging import DAY_S, Listing, Place, newest_first
from connectors.web.errorbody import error_body, problem

if TYPE_CHECKING:
    from connectors.http import Http

POSTS, FIRST_COMMENTS, COMMENTS = 25, 25, 100  # Facebook refuses a request whose answer would be too large
FOLLOWED_S = 30 * DAY_S  # a comment does not move its post up, so the posts of a month are walked again
COMMENT = "id,message,created_time,permalink_url,from,parent{id},like_count,comment_count"
FIELDS = (
    "id,message,created_time,permalink_url,from,reactions.summary(true).limit(0),"
    "comments.filter(stream).order(reverse_chronological).summary(true)"  # stream: replies to comments too
    f".limit({FIRST_COMMENTS}){{{COMMENT}}}"
)
PASSING = {1, 2, 4, 17, 32, 341, 613, 80001}  # it is down, or asked too often
TOKEN = 190
PERMISSIONS = "give the token pages_read_engagement and pages_read_user_content"
HINTS = {TOKEN: "make a new page access token and name it as token", 10: PERMISSIONS, 200: PERMISSIONS}


@source(
    "Facebook page",
    kind="social",
    terms="https://developers.facebook.com/terms",
    history="all posts that the feed lists; comments on posts of the last 30 days are read again",
    example={"page": "104000000000001", "token": "env:FACEBOOK_PAGE_TOKEN"},
    fills=("url", "author", "parent_id", "likes", "replies"),
    key="page access token of an own page",
    rate="4,800 requests a day for each person who engaged with the page",
    secrets=("token",),
)
def fetch(
    http: "Http", cursor: Cursor, *, page: str, token: str, api: str = "https://graph.facebook.com/v23.0"
) -> Iterator[Page]:
    """Yield the page's posts, newest first, each with all comments on it; what has no words is left out."""
    ask_graph = partial(_asked, http, api, token)

    def ask(place: Place | None) -> Listing:
        posts: list[Any] = []
        said: list[Any] = []
        while not said:  # there are pages of pictures without a word
            answer = ask_graph(f"{quote(page, safe='')}/feed", fields=FIELDS, limit=POSTS, after=place)
            posts += answer["data"]
            items = [(post, item) for post in answer["data"] for item in (post, *_comments(ask_graph, post))]
            said = [(post, item) for post, item in items if item.get("message")]
            place = _after(answer)
            if place is None:
                break
        mentions, rejects = read_items(said, mention_of)
        return Listing(mentions, place, rejects, [parse_date(post["created_time"]).timestamp() for post in posts])

    yield from newest_first(http, cursor, ask, overlap_s=FOLLOWED_S)


def _comments(ask_graph: Any, post: Mapping[str, Any]) -> Iterator[Any]:
    """Yield all comments on `post`, of which it brings the first itself."""
    path, answer, places = f"{post['id']}/comments", post["comments"], set()
    while True:
        yield from answer["data"]
        after = _after(answer)
        if after is None:
            return
        if after in places:
            raise Unavailable(
                "facebook_page", f"the comments of {post['id']} lead in a circle", "the next run asks again"
            )
        places.add(after)
        wanted = {"filter": "stream", "order": "reverse_chronological", "limit": COMMENTS}
        answer = ask_graph(path, fields=COMMENT, after=after, **wanted)


def _after(answer: Mapping[str, Any]) -> str | None:
    """Return the place of the next page; the address that the answer gives for it contains the token."""
    paging = answer.get("paging", {})
    return str(paging["cursors"]["after"]) if paging.get("next") else None


def _asked(http: "Http", api: str, token: str, path: str, **params: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    answer = http.send("GET", f"{api}/{path}", params=params, headers=headers, reads=(400, 401, 403, 404))
    if answer.status == 200:
        return answer.json()
    error = error_body(answer, "error")
    code = error.get("code")
    words = error.get("message") if code != TOKEN else "the token has expired or is not valid"  # some show the token
    told = problem(answer, f"error {code}, {words}" if code else None, token)
    if code in PASSING:
        raise Unavailable(http.source, told, "the next run asks again")
    raise Refused(http.source, told, HINTS.get(code or 0, "check this feed's options"))


def mention_of(item: tuple[Mapping[str, Any], Mapping[str, Any]]) -> Mention:
    """Return the mention of a post, given twice, or of a post and a comment on it."""
    post, said = item
    is_post = said is post
    counted = said.get("reactions", {}).get("summary", {}), said.get("comments", {}).get("summary", {})
    likes, replies = (one.get("total_count") for one in counted)
    return Mention(
        source="facebook_page",
        native_id=said["id"],
        text=said["message"],
        posted_at=parse_date(said["created_time"]),
        url=said.get("permalink_url"),
        author=(said.get("from") or {}).get("name"),
        parent_id=None if is_post else (said.get("parent") or post)["id"],
        likes=likes if is_post else said.get("like_count"),
        replies=replies if is_post else said.get("comment_count"),
    )
