"""Comments on YouTube, and the videos that a search finds, walked with their cursors."""

from collections.abc import Iterator, Mapping
from functools import partial

from connectors.formats.youtubeapi import CommentsOff, Tube, VideoGone, asked, comment_of, replies, video_of
from connectors.source import Cursor, Page, Refused, read_items
from connectors.walks.paging import DAY_S, Listing, Place, newest_first
from connectors.walks.rough import rough_order
from connectors.walks.turns import Walk, in_turn

THREADS, VIDEOS = 100, 50  # the most that a page gives
REPLIES_S = 7 * DAY_S  # a reply does not move its thread up, so the threads of a week are walked again
ENOUGH = 2  # walks that found no comments, because a single empty answer may be a fault
FOLLOWED_S = 30 * DAY_S  # each video that was found costs at least one unit a run


def comments_on(
    tube: Tube, which: Mapping[str, str], passes: tuple[type[Refused], ...], state: Cursor
) -> Iterator[Page]:
    """Yield the comments on what `which` names; an error among `passes` is nothing that anybody could mend."""

    def ask(place: Place | None) -> Listing:
        wanted = {"order": "time", "maxResults": THREADS, **which}
        answer = asked(tube, "commentThreads", part="snippet,replies", pageToken=place, **wanted)
        items = [(thread, reply) for thread in answer["items"] for reply in (None, *replies(tube, thread))]
        mentions, rejects = read_items(items, comment_of)
        begun = [mention for mention in mentions if "." not in mention.native_id]  # threads, not replies
        return Listing(mentions, answer.get("nextPageToken"), rejects, rough_order(begun))

    empty = state.get("empty", 0)
    try:
        for page in newest_first(tube.http, state, ask, overlap_s=REPLIES_S):
            yield page if "since" in page.cursor else page._replace(cursor={**page.cursor, "empty": empty + 1})
    except passes:
        yield Page([], {**state, "empty": ENOUGH})


def found_by(tube: Tube, query: str, state: Cursor) -> Iterator[Page]:
    """Yield the videos that match `query`, newest first, and then the comments on them."""
    found = _followed(state, tube.http.now().timestamp())
    walks: dict[str, Walk] = {
        "search": partial(_search, tube, query, found),
        "comments": partial(_on_found, tube, found),
    }
    # without its `at`, so that it always begins with the search
    yield from in_turn({name: state[name] for name in ("parts", "span") if name in state}, walks)


def _followed(state: Cursor, now_s: float) -> dict[str, float]:
    """Return the dates of the videos found before, by their ids; 0 for an old one whose comments have all been read."""
    parts = state.get("parts", {})
    walked, found = parts.get("comments", {}).get("parts", {}), parts.get("search", {}).get("found", {})
    ended = {name for name, walk in walked.items() if _has_ended(walk)}
    return {name: 0 if name in ended and at < now_s - FOLLOWED_S else at for name, at in found.items()}


def _has_ended(walk: Cursor) -> bool:
    return "tail" not in walk and ("since" in walk or walk.get("empty", 0) >= ENOUGH)


def _search(tube: Tube, query: str, found: dict[str, float], state: Cursor) -> Iterator[Page]:
    """Yield the videos that match `query`, and put those that are new into `found`."""

    def ask(place: Place | None) -> Listing:
        wanted = {"type": "video", "q": query, "order": "date", "maxResults": VIDEOS}
        answer = asked(tube, "search", part="snippet", pageToken=place, **wanted)
        mentions, rejects = read_items(answer["items"], video_of)
        return Listing(mentions, answer.get("nextPageToken"), rejects, rough_order(mentions))

    for page in newest_first(tube.http, state, ask):
        for mention in page.mentions:
            found.setdefault(mention.native_id, mention.posted_at.timestamp())
        yield page._replace(cursor={**page.cursor, "found": dict(found)})


def _on_found(tube: Tube, found: Mapping[str, float], state: Cursor) -> Iterator[Page]:
    names = [name for name, at in found.items() if at]
    parts = {name: part for name, part in state.get("parts", {}).items() if name in names}
    passes = (CommentsOff, VideoGone)
    walks: dict[str, Walk] = {name: partial(comments_on, tube, {"videoId": name}, passes) for name in names}
    yield from in_turn({**state, "parts": parts}, walks)
