"""X's API, version 2: its search of recent posts asked, paid for, and read into mentions."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.formats.dates import parse_date
from connectors.formats.markup import plain
from connectors.mention import Mention
from connectors.source import Refused
from connectors.web.errorbody import error_body, problem
from connectors.web.response import Response

if TYPE_CHECKING:
    from connectors.http import Http

WINDOW = timedelta(days=7) - timedelta(minutes=1)  # an older id is refused; the minute is for clocks that differ
FIELDS = "author_id,created_at,lang,note_tweet,public_metrics,referenced_tweets"
EPOCH_MS = 1_288_834_974_657  # 2010-11-04, from which the ids of X count milliseconds
LANGUAGES = {"in": "id", "iw": "he"}  # two that X writes as ISO 639 did until 1989
HINTS = {400: "check query", 402: "buy credits at https://console.x.com"}


class Search(NamedTuple):
    """A search, and what a page of it may cost; `cap_usd` is for a calendar month."""

    http: "Http"
    url: str
    token: str
    params: Mapping[str, Any]
    page_usd: float
    cap_usd: float


def spend(search: Search, spent: Mapping[str, float]) -> dict[str, float]:
    """Count a page before it is asked for; `spent`, and what is returned, are dollars by month."""
    month, cap = f"{search.http.now():%Y-%m}", search.cap_usd
    known = spent.get(month, 0.0)
    total = search.http.spend("usd", search.page_usd, limit=cap, per="month", key=search.token, known=known)
    return {month: total}


def asked(search: Search, state: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the page at the place that `state` holds, and the state, changed if X no longer knows that place."""
    answer, place = _page(search, state), dict(state)
    if answer.status == 400 and "at" in place:
        place = below(place)
        answer = _page(search, place)
    if answer.status not in HINTS:
        return answer.json(), place
    body = error_body(answer)
    words = [error.get("message") for error in body.get("errors", ()) if isinstance(error, dict)]
    told = problem(answer, next(iter(words), body.get("detail")), search.token)
    raise Refused(search.http.source, told, HINTS[answer.status])


def below(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state with its place by the oldest post that came, below which all posts are new."""
    place = {name: value for name, value in state.items() if name != "at"}
    return place | ({"until": place["low"]} if "low" in place else {})


def _page(search: Search, state: Mapping[str, Any]) -> Response:
    place = {"since_id": state.get("since"), "until_id": state.get("until"), "next_token": state.get("at")}
    headers = {"Authorization": f"Bearer {search.token}"}
    return search.http.send("GET", search.url, params={**search.params, **place}, headers=headers, reads=tuple(HINTS))


def posted_s(post_id: int) -> float:
    """Return when the post with this id was posted, in seconds since 1970; its upper 42 bits say it."""
    return ((post_id >> 22) + EPOCH_MS) / 1000


def names_of(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the authors that `answer` includes, by their ids."""
    return {user["id"]: user["username"] for user in answer.get("includes", {}).get("users", ())}


def mention_of(names: Mapping[str, str], post: Mapping[str, Any]) -> Mention:
    """Return `post` as a mention; `names` are those of authors by their ids.

    X's guides and its OpenAPI file, of August 2026, differ on whether two of the fields say tweet or post.
    """
    native_id, metrics = str(post["id"]), post.get("public_metrics") or {}
    whole = post.get("note_tweet") or post.get("note_post") or post  # of a long post, `text` is the beginning
    related = post.get("referenced_tweets") or post.get("referenced_posts") or ()
    answered = [str(other["id"]) for other in related if other.get("type") == "replied_to"]
    language = LANGUAGES.get(post.get("lang", ""), post.get("lang") or "")
    return Mention(
        source="x",
        native_id=native_id,
        text=plain(whole["text"]),
        posted_at=parse_date(post["created_at"]),
        url=f"https://x.com/i/web/status/{native_id}",
        author=names.get(post.get("author_id", "")),
        language=language if len(language) == 2 else None,  # und, qme and their like are no languages
        parent_id=next(iter(answered), None),
        reach=metrics.get("impression_count"),
        likes=metrics.get("like_count"),
        replies=metrics.get("reply_count"),
    )
