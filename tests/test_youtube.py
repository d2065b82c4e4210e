"""YouTube: comments that are switched off, quotas, replies beyond the first five, videos that a search finds."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import httpx
import pytest

from connectors import youtube
from connectors.formats.dates import from_epoch
from connectors.formats.youtubeapi import comment_of, video_of
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, Unavailable
from connectors.web.pace import Ledger, Pace
from connectors.web.settings import HttpSettings
from tests.corpora import corpus

SECRET = "pier-rope-tide-crane"  # noqa: S105
EAGER = HttpSettings(per_host_per_s=1e9, attempts=1)
NOW = datetime(2026, 3, 20, tzinfo=UTC)
DAY_S = 86_400
T0 = NOW.timestamp() - 3 * DAY_S


def said(text: str, at: float, **fields: Any) -> dict[str, Any]:
    return {"textDisplay": text, "publishedAt": from_epoch(at).isoformat(), "authorDisplayName": "@ann", **fields}


def thread(name: str, at: float, replies: int = 0, video: str = "PierVideo01") -> dict[str, Any]:
    """A thread of `replies` replies, of which it shows the first five itself."""
    answers = [
        {"id": f"{name}.{n}", "snippet": said(f"reply {n}", at + n, parentId=name)} for n in range(min(replies, 5))
    ]
    top = {"id": name, "snippet": said(name, at)}
    snippet = {"videoId": video, "topLevelComment": top, "totalReplyCount": replies}
    return {"id": name, "snippet": snippet, "replies": {"comments": answers}}


def video(name: str, at: float) -> dict[str, Any]:
    about = {"title": f"Harbor &amp; {name}", "publishedAt": from_epoch(at).isoformat(), "channelTitle": "Quay"}
    return {"id": {"videoId": name}, "snippet": about}


def refusal(status: int, reason: str) -> httpx.Response:
    error = {"code": status, "message": f"No: <code>{SECRET}</code>", "errors": [{"reason": reason}]}
    return httpx.Response(status, json={"error": error})


class Clocked(Http):
    """The way out on a day of the test's choice."""

    day = NOW

    def now(self) -> datetime:
        return self.day


class Tube:
    """Answers as YouTube does, two items a page; `threads` are by video, the newest first."""

    def __init__(self, **threads: list[dict[str, Any]] | httpx.Response) -> None:
        self.threads = dict(threads)
        self.videos: list[dict[str, Any]] | httpx.Response = []
        self.left: set[str] | None = None
        self.hides_replies = False
        self.day, self.ledger = NOW, Ledger()
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked, resource = request.url.params, request.url.path.rpartition("/")[2]
        assert asked["key"] == SECRET
        self.asked.append(resource)
        if self.left is not None:
            return page([{"id": one} for one in asked["id"].split(",") if one in self.left], asked, 50)
        if resource == "search":
            return self.videos if isinstance(self.videos, httpx.Response) else page(self.videos, asked)
        if resource == "comments":
            total = next(t["snippet"]["totalReplyCount"] for t in self.all() if t["id"] == asked["parentId"])
            replies = [{"id": f"{asked['parentId']}.{n}", "snippet": said(f"reply {n}", T0)} for n in range(total)]
            replies = [] if self.hides_replies else replies
            return page(replies, asked, 100)
        shown = self.threads.get(asked.get("videoId", "channel"), refusal(404, "videoNotFound"))
        return shown if isinstance(shown, httpx.Response) else page(shown, asked)

    def all(self) -> Iterator[dict[str, Any]]:
        for shown in self.threads.values():
            yield from () if isinstance(shown, httpx.Response) else shown

    def http(self) -> Http:
        transport, hasty = httpx.MockTransport(self), Pace(sleep=lambda _: None)
        http = Clocked("youtube", settings=EAGER, transport=transport, pace=hasty, ledger=self.ledger)
        http.day = self.day
        return http

    def walk(self, cursor: Cursor | None = None, **options: Any) -> Iterator[Page]:
        with self.http() as http:
            for found in youtube.fetch.walk(http, json.loads(json.dumps(cursor or {})), api_key=SECRET, **options):
                assert SECRET not in json.dumps(found.cursor)
                yield found


def page(items: list[dict[str, Any]], asked: httpx.QueryParams, size: int = 2) -> httpx.Response:
    start = int(asked.get("pageToken", 0))
    end = {"nextPageToken": str(start + size)} if start + size < len(items) else {}
    return httpx.Response(200, json={"items": items[start : start + size], **end})


def ids(pages: list[Page]) -> set[str]:
    return {mention.native_id for one in pages for mention in one.mentions}


def test_comments_that_are_switched_off_are_no_error_and_hold_back_nothing() -> None:
    off = refusal(403, "commentsDisabled")
    tube = Tube(PierVideo01=off, QuayVideo02=[thread("a", T0)])
    assert ids(list(tube.walk(videos=["PierVideo01", "QuayVideo02"]))) == {"a"}
    pages = list(tube.walk(videos=["PierVideo01"]))
    tube.threads["PierVideo01"] = [thread("b", T0)]
    assert ids(list(tube.walk(pages[-1].cursor, videos=["PierVideo01"]))) == {"b"}


def test_a_video_that_the_user_named_and_that_is_not_there_is_told_after_the_others() -> None:
    tube = Tube(QuayVideo02=[thread("a", T0)])
    pages: list[Page] = []
    with pytest.raises(Refused, match=r"404 from .*commentThreads"):
        pages.extend(tube.walk(videos=["NoSuchVideo", "QuayVideo02"]))
    assert ids(pages) == {"a"}


def test_replies_beyond_the_five_that_a_thread_shows_are_asked_for() -> None:
    tube = Tube(PierVideo01=[thread("a", T0, replies=5), thread("b", T0 - 60, replies=230)])
    pages = list(tube.walk(videos=["PierVideo01"]))
    assert len(ids(pages)) == 2 + 5 + 230
    assert tube.asked == ["commentThreads", "comments", "comments", "comments"]
    replies = [m for one in pages for m in one.mentions if "." in m.native_id]
    assert {m.parent_id for m in replies} == {"a", "b"}
    assert all(m.url and m.url.endswith(f"watch?v=PierVideo01&lc={m.native_id}") for m in replies)


def test_a_reply_of_the_last_week_is_found_though_its_thread_does_not_move() -> None:
    tube = Tube(PierVideo01=[thread("new", T0), thread("old", T0 - 6 * DAY_S), *many("older", T0 - 9 * DAY_S)])
    *_, last = tube.walk(videos=["PierVideo01"])
    shown = tube.threads["PierVideo01"]
    assert isinstance(shown, list)
    shown[1] = thread("old", T0 - 6 * DAY_S, replies=1)
    tube.asked.clear()
    assert "old.0" in ids(list(tube.walk(last.cursor, videos=["PierVideo01"])))
    assert len(tube.asked) == 2, "down to a week before the newest, and no further"


def many(name: str, at: float) -> list[dict[str, Any]]:
    return [thread(f"{name}{n}", at - n) for n in range(6)]


def test_found_videos_and_the_comments_on_them_come_in_one_run_however_it_is_cut() -> None:
    tube = Tube(PierVideo01=many("a", T0), QuayVideo02=[thread("b", T0)], MoleVideo03=refusal(403, "commentsDisabled"))
    tube.videos = [video(name, T0 - n) for n, name in enumerate([*tube.threads, "GoneVideo04"])]
    everything = ids(list(tube.walk(query="harbor")))
    assert everything == {*tube.threads, "GoneVideo04", "b", *(f"a{n}" for n in range(6))}
    for cut in range(1, 9):
        first = list(islice(tube.walk(query="harbor"), cut))
        assert ids([*first, *tube.walk(first[-1].cursor, query="harbor")]) == everything


def test_an_old_video_is_read_once_and_a_new_one_for_a_month() -> None:
    tube = Tube(PierVideo01=[thread("a", T0)], QuayVideo02=[thread("b", T0 - 90 * DAY_S)])
    tube.videos = [video("PierVideo01", T0), video("QuayVideo02", T0 - 90 * DAY_S)]
    *_, last = tube.walk(query="harbor")
    assert ids(list(tube.walk(last.cursor, query="harbor"))) >= {"a"}
    tube.asked.clear()
    pages = list(tube.walk(last.cursor, query="harbor"))
    assert tube.asked == ["search", "commentThreads"], "the search shows the old one again, but that one has been read"
    tube.day += timedelta(days=31)
    tube.asked.clear()
    list(tube.walk(pages[-1].cursor, query="harbor"))
    assert tube.asked == ["search"]


def test_an_old_video_without_comments_is_left_alone_only_after_two_empty_answers() -> None:
    tube = Tube(PierVideo01=[])
    tube.videos = [video("PierVideo01", T0 - 90 * DAY_S)]
    *_, first = tube.walk(query="harbor")
    tube.threads["PierVideo01"] = [thread("a", T0)]
    assert "a" in ids(list(tube.walk(first.cursor, query="harbor")))
    tube.threads["PierVideo01"] = []
    *_, second = tube.walk(first.cursor, query="harbor")
    tube.asked.clear()
    list(tube.walk(second.cursor, query="harbor"))
    assert tube.asked == ["search"]


def test_replies_that_are_listed_as_none_are_asked_for_again() -> None:
    tube = Tube(PierVideo01=[thread("a", T0, replies=7)])
    tube.hides_replies = True
    with pytest.raises(Unavailable, match="shows 5 replies, but their listing is empty"):
        list(tube.walk(videos=["PierVideo01"]))
    tube.hides_replies = False
    assert len(ids(list(tube.walk(videos=["PierVideo01"])))) == 8


def test_the_searches_of_a_day_run_out_and_comments_still_come() -> None:
    tube = Tube(PierVideo01=[thread("a", T0)])
    tube.videos = [video("PierVideo01", T0)]
    *_, last = tube.walk(query="harbor")
    for _ in range(99):
        list(tube.walk(query="harbor"))
    shown = tube.threads["PierVideo01"]
    assert isinstance(shown, list)
    shown.insert(0, thread("b", T0 + 60))
    pages: list[Page] = []
    with pytest.raises(Unavailable, match="the 100 searches of this day are spent"):
        pages.extend(tube.walk(last.cursor, query="harbor"))
    assert "b" in ids(pages)
    tube.day += timedelta(days=1)
    assert ids(list(tube.walk(last.cursor, query="harbor"))) >= {"a", "b"}


def test_every_request_is_counted_before_it_is_made() -> None:
    tube = Tube(PierVideo01=[thread("a", T0, replies=230)])
    spent: Counter[str] = Counter()
    tube.ledger = Ledger(keep=lambda bucket, _: spent.update({bucket.split("/")[1]: 1}))
    tube.videos = [video("PierVideo01", T0)]
    list(tube.walk(query="harbor"))
    assert spent == {"searches": 1, "units": 4}
    assert Counter(tube.asked) == {"search": 1, "commentThreads": 1, "comments": 3}


@pytest.mark.parametrize(
    ("status", "reason", "error", "hint"),
    [
        (403, "quotaExceeded", Unavailable, "the next run goes on"),
        (403, "rateLimitExceeded", Unavailable, "the next run goes on"),
        (400, "processingFailure", Unavailable, "the next run goes on"),
        (400, "keyInvalid", Refused, "make a key"),
        (403, "accessNotConfigured", Refused, "switch on the YouTube Data API"),
        (403, "forbidden", Refused, "check this feed's options"),
    ],
)
def test_a_refusal_says_who_must_act_and_never_shows_the_key(
    status: int, reason: str, error: type[Exception], hint: str
) -> None:
    tube = Tube(PierVideo01=refusal(status, reason))
    with pytest.raises(error, match=f"{status} from .*commentThreads: No: ….*{hint}") as caught:
        list(tube.walk(videos=["PierVideo01"]))
    assert SECRET not in str(caught.value)


def test_the_reason_of_a_bad_key_is_read_where_google_puts_it_today() -> None:
    error = {"code": 400, "message": "API key not valid.", "details": [{"reason": "API_KEY_INVALID"}]}
    tube = Tube(PierVideo01=httpx.Response(400, json={"error": error}))
    with pytest.raises(Refused, match="make a key"):
        list(tube.walk(videos=["PierVideo01"]))


def test_a_feed_without_anything_to_read_is_refused() -> None:
    with pytest.raises(Refused, match="none of videos, channel and query"):
        list(Tube().walk())


def test_a_channel_is_walked_over_all_its_videos() -> None:
    tube = Tube(channel=[thread("a", T0), thread("b", T0 - 1, video="QuayVideo02")])
    assert ids(list(tube.walk(channel="UCharbor"))) == {"a", "b"}


def test_a_recheck_tells_which_comments_and_videos_are_gone() -> None:
    tube = Tube()
    native_ids = ["PierVideo01", "QuayVideo02", *(f"UgzHarborThread{n:02}AaABAg" for n in range(60))]
    tube.left = {"PierVideo01", *native_ids[5:]}
    with tube.http() as http:
        pages = list(youtube.fetch.walk_again(http, native_ids, api_key=SECRET, query="harbor"))
    assert {one for found in pages for one in found.deleted} == set(native_ids[1:5])
    assert tube.asked == ["videos", "comments", "comments"]


def test_the_recorded_comments_and_videos_are_read() -> None:
    folder = corpus("youtube")
    read: dict[str, list[Mention]] = {"threads": [], "comments": [], "videos": []}
    shown: Counter[str] = Counter()
    for path in sorted(folder.glob("comment*/comment*.json")):
        for item in json.loads(path.read_text())["items"]:
            is_thread = item["kind"] == "youtube#commentThread"
            own = {"id": item["snippet"].get("parentId", item["id"]), "snippet": {"topLevelComment": item}}
            read["threads" if is_thread else "comments"].append(comment_of((item if is_thread else own, None)))
        shown["threads"] += path.read_text().count('"youtube#commentThread"')
        shown["comments"] += path.read_text().count('"youtube#comment"') if path.parent.name == "comments" else 0
    for path in sorted(folder.glob("search/search_by_*.json")):
        found = [item for item in json.loads(path.read_text())["items"] if item["id"]["kind"] == "youtube#video"]
        read["videos"] += [video_of(item) for item in found]
        shown["videos"] += path.read_text().count('"youtube#video"')
    assert {name: len(found) for name, found in read.items()} == shown
