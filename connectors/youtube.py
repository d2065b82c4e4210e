"""Comments on YouTube videos: those named, a channel's, and those that a search finds."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.formats.youtubeapi import API, CommentsOff, Tube, asked
from connectors.source import Cursor, Page, Refused, source
from connectors.walks.batches import in_batches
from connectors.walks.turns import Walk, in_turn
from connectors.walks.youtubewalks import comments_on, found_by

if TYPE_CHECKING:
    from connectors.http import Http

BATCH = 50  # the most that can be asked for by their ids
VIDEO_ID = 11  # characters; a comment's id has 26 or more


@source(
    "YouTube",
    kind="social",
    terms="https://developers.google.com/youtube/terms/api-services-terms-of-service",
    history="all comments; later replies for a week, later comments on videos found by a query for a month",
    example={"query": "harbor coffee", "api_key": "env:YOUTUBE_API_KEY"},
    fills=("url", "title", "author", "parent_id", "likes", "replies"),
    key="free API key",
    rate="10,000 units a day, one for each 100 comments, and 100 searches a day",
    secrets=("api_key",),
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    api_key: str,
    videos: Sequence[str] = (),
    channel: str | None = None,
    query: str | None = None,
    api: str = API,
) -> Iterator[Page]:
    """Yield the comments on `videos` and on all videos of `channel`, newest first, each with all its replies.

    With `query` it yields the videos that match it, newest first, and then the comments on them.
    """
    tube = Tube(http, api, api_key)
    walks: dict[str, Walk] = {name: partial(comments_on, tube, {"videoId": name}, (CommentsOff,)) for name in videos}
    if channel:
        walks["channel"] = partial(comments_on, tube, {"allThreadsRelatedToChannelId": channel}, ())
    if query:
        walks["query"] = partial(found_by, tube, query)
    if not walks:
        raise Refused(http.source, "none of videos, channel and query is set", 'for example query = "harbor coffee"')
    yield from in_turn(cursor, walks)


def recheck(http: "Http", native_ids: Sequence[str], *, api_key: str, api: str = API, **_: Any) -> Iterator[Page]:
    """Yield the ids of the comments and videos that are gone."""
    tube = Tube(http, api, api_key)
    videos = [native_id for native_id in native_ids if len(native_id) == VIDEO_ID]
    comments = [native_id for native_id in native_ids if len(native_id) != VIDEO_ID]
    asks = {"videos": partial(_again, tube, "videos", videos), "comments": partial(_again, tube, "comments", comments)}
    yield from in_turn({}, asks)


def _again(tube: Tube, resource: str, native_ids: Sequence[str], _: Cursor) -> Iterator[Page]:
    def ask(batch: Sequence[str]) -> Mapping[str, Any]:
        return {item["id"]: item for item in asked(tube, resource, part="id", id=",".join(batch))["items"]}

    yield from in_batches(tube.http, native_ids, BATCH, ask)
