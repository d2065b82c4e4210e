"""YouTube's API, version 3: asked within its quotas, and its comments and videos read into mentions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.formats.dates import parse_date
from connectors.formats.markup import plain
from connectors.mention import Mention
from connectors.source import Refused, Unavailable
from connectors.web.errorbody import error_body, problem

if TYPE_CHECKING:
    from connectors.http import Http

API = "https://www.googleapis.com/youtube/v3"
SEARCHES_A_DAY, UNITS_A_DAY = 100, 10_000  # of a key, unless its owner asks for more
REPLIES = 100  # the most that a page gives
WATCH = "https://www.youtube.com/watch?v="
PASSING = {"quotaExceeded", "dailyLimitExceeded", "rateLimitExceeded", "userRateLimitExceeded", "processingFailure"}
NEW_KEY = "make a key at https://console.cloud.google.com and name it as api_key"
HINTS = {
    "API_KEY_INVALID": NEW_KEY,
    "keyInvalid": NEW_KEY,
    "accessNotConfigured": "switch on the YouTube Data API for the project of this key",
}


class CommentsOff(Refused):
    """The owner of the video has switched comments off."""


class VideoGone(Refused):
    """There is no such video, or no longer."""


CLOSED = {"commentsDisabled": CommentsOff, "videoNotFound": VideoGone}


class Tube(NamedTuple):
    """The API, and the key that opens it."""

    http: "Http"
    api: str
    key: str


def asked(tube: Tube, resource: str, **params: Any) -> Any:
    """Return the JSON that `resource` answers, after its cost was counted."""
    what, limit = ("searches", SEARCHES_A_DAY) if resource == "search" else ("units", UNITS_A_DAY)
    tube.http.spend(what, 1, limit=limit, key=tube.key)
    url = f"{tube.api}/{resource}"
    answer = tube.http.send("GET", url, params={**params, "key": tube.key}, reads=(400, 403, 404))
    if answer.status == 200:
        return answer.json()
    error = error_body(answer, "error")
    told = problem(answer, plain(str(error.get("message") or "")), tube.key)
    reasons = [one.get("reason") for one in (*error.get("errors", ()), *error.get("details", ()))]
    if PASSING & set(reasons):
        raise Unavailable(tube.http.source, told, "the next run goes on")
    kind = next((CLOSED[reason] for reason in reasons if reason in CLOSED), Refused)
    hint = next((HINTS[reason] for reason in reasons if reason in HINTS), "check this feed's options")
    raise kind(tube.http.source, told, hint)


def replies(tube: Tube, thread: Mapping[str, Any]) -> list[Any]:
    """Return all replies of a thread, which shows up to five of them itself."""
    shown = list(thread.get("replies", {}).get("comments", ()))
    total = thread.get("snippet", {}).get("totalReplyCount", 0)
    if len(shown) >= total:
        return shown
    found: list[Any] = []
    token = None
    for _ in range(1 + total // REPLIES):
        answer = asked(tube, "comments", part="snippet", parentId=thread["id"], maxResults=REPLIES, pageToken=token)
        found += answer["items"]
        token = answer.get("nextPageToken")
        if not token:
            break
    if shown and not found:
        told = f"thread {thread['id']} shows {len(shown)} replies, but their listing is empty"
        raise Unavailable(tube.http.source, told, "the next run asks for it again")
    return found


def comment_of(item: tuple[Mapping[str, Any], Mapping[str, Any] | None]) -> Mention:
    """Return the mention of a thread's reply, or of its first comment where the pair has no reply."""
    thread, reply = item
    found = reply or thread["snippet"]["topLevelComment"]
    said, video_id = found["snippet"], thread["snippet"].get("videoId")
    return Mention(
        source="youtube",
        native_id=found["id"],
        text=said.get("textOriginal") or plain(said["textDisplay"]),  # the original is not shown to everybody
        posted_at=parse_date(said["publishedAt"]),
        url=f"{WATCH}{video_id}&lc={found['id']}" if video_id else None,
        author=said.get("authorDisplayName") or None,
        parent_id=said.get("parentId", thread["id"]) if reply else video_id,
        likes=said.get("likeCount"),
        replies=None if reply else thread["snippet"].get("totalReplyCount"),
    )


def video_of(item: Mapping[str, Any]) -> Mention:
    """Return the mention of a video that a search has found."""
    video_id, about = item["id"]["videoId"], item["snippet"]
    title = plain(about["title"])
    return Mention(
        source="youtube",
        native_id=video_id,
        text=plain(about.get("description") or "") or title,
        posted_at=parse_date(about["publishedAt"]),
        url=f"{WATCH}{video_id}",
        title=title,
        author=about.get("channelTitle") or None,
    )
