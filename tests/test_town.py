"""The demo town: what it says of itself is what anybody finds who walks it over HTTP."""

import csv
import gzip
import http.client
import ipaddress
import json
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import pytest

from demo import faults, spoil
from demo.config import write_config
from demo.faults import FAULTS, Faults
from demo.item import Item
from demo.server import reply_to
from demo.shelves import Shelves
from demo.town import Town, serve
from demo.wire.hackernews import Ask, Index

TODAY = date(2026, 11, 22)
TOWN = Town(3000, 1, TODAY)
ATOM, IM = "{http://www.w3.org/2005/Atom}", "{http://itunes.apple.com/rss}"
EVENTS = {  # first and last day as days before today, and mentions
    "outage": (6, 1, 225),
    "price-rise": (35, 31, 60),
    "cold-brew-launch": (20, 15, 60),
    "competitor-recall": (50, 46, 75),
    "syndicated-story": (12, 11, 12),
}
Feed = dict[str, Any]
QUERIES = {
    "Harbor Coffee": re.compile(r"\b(harbor\W+coffee|harborcoffee)\b", re.I),
    "Bluebird Roasters": re.compile(r"\b(bluebird\W+roasters|bluebirdroasters)\b", re.I),
    "Nine Lives Coffee": re.compile(r"\b(nine\W+lives\W+coffee|ninelivescoffee)\b", re.I),
}


class Found(NamedTuple):
    """What a stranger reads of one mention."""

    native_id: str
    posted_at: datetime
    text: str

    @property
    def day(self) -> str:
        return str(self.posted_at.astimezone(UTC).date())


def get(url: str, **headers: str) -> tuple[bytes, Any]:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
        return answer.read(), answer.headers


def xml(body: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(body)  # noqa: S314  our own server's


def words(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", html))


def walk_hackernews(feed: Feed) -> Iterator[Found]:
    until, more = 2**40, True
    while more:
        window = urlencode({"query": feed["query"], "numericFilters": f"created_at_i<={until}", "hitsPerPage": 1000})
        answer = json.loads(get(f"{feed['api']}?{window}")[0])
        for hit in answer["hits"]:
            text = f"{hit['title'] or hit['story_title']}\n{words(hit['comment_text'] or hit['story_text'] or '')}"
            yield Found(hit["objectID"], datetime.fromtimestamp(hit["created_at_i"], UTC), text)
        until, more = answer["hits"][-1]["created_at_i"], answer["nbHits"] > 1000


def walk_appstore(feed: Feed) -> Iterator[Found]:
    for country in feed["countries"]:
        for page in range(1, 11):
            yield from reviews(feed, country, f"page={page}/id={feed['app_id']}/sortby=mostrecent/json")


def reviews(feed: Feed, country: str, path: str) -> Iterator[Found]:
    entries = json.loads(get(f"{feed['api']}/{country}/rss/customerreviews/{path}")[0])["feed"].get("entry", [])
    for entry in [entries] if isinstance(entries, dict) else entries:
        text = f"{entry['title']['label']}\n{entry['content']['label']}"
        yield Found(entry["id"]["label"], datetime.fromisoformat(entry["updated"]["label"]), text)


def walk_feed(feed: Feed) -> Iterator[Found]:
    body, headers = get(feed["url"])
    if headers["Content-Type"] == "application/feed+json":
        for item in json.loads(body)["items"]:
            text = f"{item['title']}\n{words(item['content_html'])}"
            yield Found(item["id"], datetime.fromisoformat(item["date_published"]), text)
        return
    for entry in xml(body).iter():
        field = {child.tag.rpartition("}")[2]: child.text or "" for child in entry}
        if "guid" in field:
            text = f"{field['title']}\n{words(field.get('encoded', field['description']))}"
            yield Found(field["guid"], parsedate_to_datetime(field["pubDate"]), text)
        elif "published" in field:
            text = f"{field['title']}\n{words(field['content'])}"
            yield Found(field["id"], datetime.fromisoformat(field["published"]), text)


def walk_mastodon(feed: Feed) -> Iterator[Found]:
    found: dict[str, Found] = {}  # a post with two of the tags stands in both timelines
    for tag in feed["tags"]:
        url: str | None = f"{feed['instances'][0]}/api/v1/timelines/tag/{tag}?limit=40"
        while url:
            body, headers = get(url)
            for status in json.loads(body):
                when = datetime.fromisoformat(status["created_at"])
                found[status["uri"]] = Found(status["uri"], when, words(status["content"]))
            following = re.search(r'<([^>]*)>; rel="next"', headers["Link"] or "")
            url = following[1] if following else None
    yield from found.values()


def walk_file(feed: Feed) -> Iterator[Found]:
    columns = feed["columns"]
    with Path(feed["path"]).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines) if feed["path"].endswith(".csv") else map(json.loads, lines):
            text = f"{row.get(columns.get('title', ''), '')}\n{row[columns['text']]}"
            if not row[columns["native_id"]].startswith("R-BAD"):
                yield Found(row[columns["native_id"]], datetime.fromisoformat(row[columns["posted_at"]]), text)


WALKERS = {
    "hackernews": walk_hackernews,
    "appstore": walk_appstore,
    "feed": walk_feed,
    "mastodon": walk_mastodon,
    "file": walk_file,
}


def walk(config: Path) -> dict[str, Any]:
    """Return the counts of `truth` that a stranger can find, from nothing but the configuration."""
    settings = tomllib.loads(config.read_text("utf-8"))
    by_feed: Counter[str] = Counter()
    kept: dict[tuple[str, str], tuple[Found, set[str]]] = {}
    for feed in settings["feeds"]:
        feed["path"] = str(config.parent / feed.get("path", ""))
        for found in WALKERS[feed["source"]](feed):
            by_feed[feed["name"]] += 1
            bound = {feed["brand"]} if "brand" in feed else set()
            kept.setdefault((feed["source"], found.native_id), (found, set()))[1].update(bound | named(found.text))
    by_brand_day: dict[str, Counter[str]] = {brand: Counter() for brand in QUERIES}
    for found, brands in kept.values():
        for brand in brands:
            by_brand_day[brand][found.day] += 1
    return {
        "total": len(kept),
        "by_source": Counter(source for source, _ in kept),
        "by_feed": by_feed,
        "by_brand": {brand: days.total() for brand, days in by_brand_day.items()},
        "by_brand_day": by_brand_day,
        "by_day": Counter(found.day for found, _ in kept.values()),
    }


def named(text: str) -> set[str]:
    return {brand for brand, query in QUERIES.items() if query.search(text)}


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return list(TOWN.mentions())


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return TOWN.truth()


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the configuration of the town while it is being served."""
    path = tmp_path_factory.mktemp("town") / "allears.toml"
    with serve(TOWN) as address:
        write_config(path, address, TOWN)
        yield path


def repeated_texts(items: Iterable[Item]) -> list[int]:
    texts = Counter(item.text or item.title for item in items)
    return [count for count in texts.values() if count > 1]


def age_of(item: Item) -> int:
    return (TODAY - datetime.fromtimestamp(item.posted_at, UTC).date()).days


def feed_of(config: Path, name: str) -> Feed:
    feeds = tomllib.loads(config.read_text("utf-8"))["feeds"]
    return next(feed for feed in feeds if feed["name"] == name)


def test_a_full_walk_finds_exactly_what_the_truth_says(truth: dict[str, Any], config: Path) -> None:
    found = walk(config)
    assert {key: truth[key] for key in found} == found
    assert found["total"] == 3000


def test_the_same_arguments_give_the_same_town_and_another_seed_another() -> None:
    assert list(Town(300, 5, TODAY).mentions()) == list(Town(300, 5, TODAY).mentions())
    assert Town(300, 5, TODAY).truth() != Town(300, 6, TODAY).truth()


def test_two_mentions_share_no_text_except_the_syndicated_story(items: list[Item]) -> None:
    assert repeated_texts(items) == [12]
    assert len({(item.place.source, item.native_id) for item in items}) == 3000


def test_every_day_is_whole_and_none_is_later_than_yesterday(truth: dict[str, Any]) -> None:
    assert list(truth["by_day"]) == [str(TODAY - timedelta(n)) for n in range(90, 0, -1)]


def test_most_mentions_are_english_and_the_rest_german_spanish_or_french(truth: dict[str, Any]) -> None:
    languages = truth["by_language"]
    assert 0.74 < languages["en"] / 3000 < 0.82
    assert all(languages[code] > 120 for code in ("de", "es", "fr"))


def test_the_outage_multiplies_the_usual_negatives_and_drags_the_rating_down(items: list[Item]) -> None:
    negatives: Counter[int] = Counter()
    stars: dict[bool, list[int]] = {True: [], False: []}
    for item in items:
        age = age_of(item)
        if "Harbor Coffee" in item.brands:
            negatives[age] += item.sentiment == "negative"
            if item.rating and age <= 35:
                stars[age <= 7].append(item.rating)
    usual = sum(negatives[age] for age in range(7, 31)) / 24
    assert all(negatives[age] >= 5 * usual for age in range(1, 7))
    assert negatives[1] >= 25
    assert sum(stars[True]) / len(stars[True]) <= sum(stars[False]) / len(stars[False]) - 0.6


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_has_its_days_and_its_size(truth: dict[str, Any], name: str) -> None:
    first, last, size = EVENTS[name]
    event = next(event for event in truth["events"] if event["name"] == name)
    assert (event["first_day"], event["last_day"]) == (str(TODAY - timedelta(first)), str(TODAY - timedelta(last)))
    assert event["mentions"] == sum(event["by_day"].values()) == size
    assert set(event["by_day"]) == {str(TODAY - timedelta(n)) for n in range(last, first + 1)}


def test_one_feed_speaks_daily_and_then_falls_silent_and_no_other_does(items: list[Item]) -> None:
    days: dict[str, set[int]] = {}
    for item in items:
        if item.place.source == "feed":
            days.setdefault(item.place.feed, set()).add(age_of(item))
    assert days.pop("blog-grind-diary") == set(range(9, 91))
    assert all(min(ages) < 12 for ages in days.values())


def test_the_survey_holds_three_rows_that_no_mention_can_come_from(config: Path, truth: dict[str, Any]) -> None:
    bad = truth["rejects"]["survey"]
    with (config.parent / "survey.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["ResponseId"] in bad]
    assert [(row["SubmittedAt"][:10], row["Stars"], row["Comment"]) for row in rows] == [
        ("2026-13-45", "4", "The date of this answer does not exist"),
        ("2026-10-01", "11", "Eleven of five stars"),
        ("2026-10-02", "", ""),
    ]


def test_reviews_are_the_same_in_xml_in_json_and_under_both_addresses(config: Path) -> None:
    feed = feed_of(config, "appstore-harbor-coffee")
    path = "page=1/id=1000001/sortby=mostrecent"
    entries = list(xml(get(f"{feed['api']}/us/rss/customerreviews/{path}/xml")[0]).iter(f"{ATOM}entry"))
    page = list(reviews(feed, "us", f"{path}/json"))
    assert page == list(reviews(feed, "us", "id=1000001/sortBy=mostRecent/json"))
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [found.native_id for found in page]
    assert [entry.findtext(f"{ATOM}updated") for entry in entries] == [found.posted_at.isoformat() for found in page]
    assert {entry.findtext(f"{IM}rating") for entry in entries} <= set("12345")
    assert len(page) == 50
    assert str(page[0].posted_at).endswith("-07:00")


def test_page_eleven_of_the_reviews_is_refused(config: Path) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        list(reviews(feed_of(config, "appstore-harbor-coffee"), "us", "page=11/id=1000001/sortby=mostrecent/json"))


def test_only_a_thousand_hits_of_one_search_can_be_reached(items: list[Item]) -> None:
    index = Index([item for item in items if item.place.kind == "hn" for _ in range(10)])
    pages = [json.loads(index.answer(Ask("harbor coffee", per_page=300, page=n))) for n in range(5)]
    assert [len(page["hits"]) for page in pages] == [300, 300, 300, 100, 0]
    assert pages[0]["nbHits"] > 1000
    assert pages[0]["nbPages"] == 4


def test_a_feed_that_has_not_changed_answers_304(config: Path) -> None:
    url = feed_of(config, "forum-cup-and-saucer")["url"]
    headers = get(url)[1]
    for condition in ({"If-None-Match": headers["ETag"]}, {"If-Modified-Since": headers["Last-Modified"]}):
        with pytest.raises(urllib.error.HTTPError, match="304"):
            get(url, **condition)
    assert get(url, **{"If-None-Match": '"another"'})[0]


def test_the_town_is_heard_on_loopback_only(config: Path) -> None:
    port = int(re.search(r"127\.0\.0\.1:(\d+)/", config.read_text())[1])  # type: ignore[index]
    with pytest.raises(ConnectionRefusedError):  # a server on all interfaces would answer here too
        socket.create_connection(("127.0.0.2", port), timeout=5).close()


FORUM = "/forum/feed.json"
PAGE_1, PAGE_2 = (f"/itunes/us/rss/customerreviews/page={n}/id=1000001/sortby=mostrecent/json" for n in (1, 2))
SEARCH = "/hn/api/v1/search_by_date?query=harbor+coffee"


class Answer(NamedTuple):
    """What a raw client is given, after how many seconds."""

    status: int
    headers: Any
    body: bytes
    seconds: float


@contextmanager
def spoilt(kind: str) -> Iterator[Callable[[str], Answer]]:
    """Yield what asks a town in which every answer has this fault."""
    with serve(Town(400, 1, TODAY), faults=Faults(f"{kind}:1", 1)) as address:

        def ask(path: str) -> Answer:
            started = time.monotonic()
            with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)) as line:
                line.request("GET", path)
                answer = line.getresponse()
                return Answer(answer.status, answer.headers, answer.read(), time.monotonic() - started)

        yield ask


@pytest.fixture(scope="module")
def good() -> Callable[[str], bytes]:
    shelves = Shelves(Town(400, 1, TODAY).mentions())
    return lambda path: reply_to(shelves, path, Message()).body


@pytest.mark.parametrize(
    ("kind", "status", "after"),
    [("429", 429, "1"), ("429-bare", 429, None), ("500", 500, None), ("503", 503, None)],
)
def test_an_error_has_its_status_and_may_say_when_to_come_back(kind: str, status: int, after: str | None) -> None:
    with spoilt(kind) as ask:
        answer = ask(FORUM)
    assert (answer.status, answer.headers["Retry-After"]) == (status, after)


def test_a_body_can_end_too_early_in_three_ways(good: Callable[[str], bytes]) -> None:
    with spoilt("reset") as ask, pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        ask(FORUM)
    with spoilt("truncate") as ask:
        body = ask(FORUM).body
    assert good(FORUM).startswith(body) and len(body) < len(good(FORUM))
    with spoilt("truncate-gzip") as ask, pytest.raises(EOFError):
        gzip.decompress(ask(FORUM).body)


def test_an_answer_can_be_far_too_large_or_late(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults.FLOOD_BYTES > 100_000_000 and faults.STALL_S == 30
    for name, value in (("FLOOD_BYTES", 2**20), ("STALL_S", 0.3), ("SLOW_S", 0.3)):
        monkeypatch.setattr(faults, name, value)
    with spoilt("bomb") as ask:
        bomb = ask(FORUM).body
    assert len(bomb) < 2_000_000 and len(zlib.decompress(bomb, wbits=31)) * spoil.BOMB_MEMBERS == 10**9
    with spoilt("flood") as ask:
        assert len(ask(FORUM).body) > 2**20
    for kind in ("slow", "stall"):
        with spoilt(kind) as ask:
            assert ask(FORUM).seconds > 0.25


def test_a_redirect_can_lead_to_itself_or_to_a_private_address() -> None:
    with spoilt("loop") as ask:
        answer = ask(FORUM)
        assert answer.status == ask(answer.headers["Location"]).status == 302
        assert answer.headers["Location"] == ask(answer.headers["Location"]).headers["Location"]
    with spoilt("private") as ask:
        host = urlsplit(ask(FORUM).headers["Location"]).hostname
    assert ipaddress.ip_address(host or "").is_private


def test_an_answer_can_be_another_than_the_one_asked_for(good: Callable[[str], bytes]) -> None:
    with spoilt("html") as ask:
        assert ask(FORUM).body.startswith(b"<!DOCTYPE html>")
    with spoilt("type") as ask:
        answer = ask(FORUM)
        assert answer.body == good(FORUM) and "json" not in answer.headers["Content-Type"]
    with spoilt("empty") as ask:
        assert b'"items": []' in ask(FORUM).body
    with spoilt("repeat") as ask:
        assert ask(PAGE_1).body == ask(PAGE_2).body == good(PAGE_1) != good(PAGE_2)
    with spoilt("reject") as ask:
        assert (ask(PAGE_1).status, ask(PAGE_2).status) == (200, 400)


def test_a_clock_can_be_wrong_everywhere_in_an_answer(good: Callable[[str], bytes]) -> None:
    with spoilt("skew") as ask:
        feed, search = ask(FORUM), json.loads(ask(SEARCH).body)["hits"]
    date, ahead = parsedate_to_datetime(feed.headers["Date"]), set()
    for skewed, item in zip(json.loads(feed.body)["items"], json.loads(good(FORUM))["items"], strict=True):
        assert skewed["id"] == item["id"]
        ahead.add(datetime.fromisoformat(skewed["date_published"]) - datetime.fromisoformat(item["date_published"]))
    (shift,) = ahead
    assert shift.total_seconds() in faults.SKEWS_S
    assert abs(date - datetime.now(UTC) - shift) < timedelta(minutes=1)
    hits = zip(search, json.loads(good(SEARCH))["hits"], strict=True)
    assert {skewed["created_at_i"] - hit["created_at_i"] for skewed, hit in hits} <= set(faults.SKEWS_S)


def test_items_can_come_twice_and_in_another_order(good: Callable[[str], bytes]) -> None:
    for path, sign in ((FORUM, rb'"id": "[^"]*"'), ("/news/trade-cup/rss.xml", rb"<guid.*?</guid>")):
        with spoilt("shuffle") as ask:
            found, listed = re.findall(sign, ask(path).body), re.findall(sign, good(path))
        assert set(found) == set(listed) and len(found) > len(listed) and found != sorted(found, key=listed.index)


def test_letters_can_be_broken_and_ids_can_change_their_type(good: Callable[[str], bytes]) -> None:
    for kind, signs in (("utf8", (b"\\ud83d", *spoil.BROKEN)), ("nul", (b"\0", b"\\u0000"))):
        with spoilt(kind) as ask:
            body = ask(FORUM).body
        assert any(sign in body for sign in signs) and abs(len(body) - len(good(FORUM))) < 9
    with spoilt("ids") as ask:
        hits = json.loads(ask(SEARCH).body)["hits"]
    assert [str(hit["objectID"]) for hit in hits] == [hit["objectID"] for hit in json.loads(good(SEARCH))["hits"]]
    assert all(isinstance(hit["objectID"], int) and isinstance(hit["story_id"], str) for hit in hits)


def test_every_kind_of_fault_is_tested_above() -> None:
    http_kinds = {"429", "429-bare", "500", "503", "reset", "slow", "stall", "loop", "private", "reject"}
    body_kinds = {"truncate", "truncate-gzip", "bomb", "flood", "type", "html", "empty", "repeat", "shuffle"}
    assert FAULTS.keys() == http_kinds | body_kinds | {"skew", "utf8", "nul", "ids"}


def test_faults_are_the_same_again_and_as_many_as_asked_for() -> None:
    spec = "429:0.2,reset:0.1"
    first, second = ([drawn.next()[0] for _ in range(2000)] for drawn in (Faults(spec, 3), Faults(spec, 3)))
    assert first == second
    assert 340 < first.count("429") < 460
    assert 150 < first.count("reset") < 250


@pytest.mark.parametrize("spec", ["gremlins", "429:2", "500:x", "500:0.7,503:0.7"])
def test_a_fault_that_cannot_be_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        Faults(spec, 1)


def test_the_command_serves_until_it_is_stopped() -> None:
    command = [sys.executable, "-m", "demo", "--mentions", "200", "--today", str(TODAY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert address is not None and b"/forum/feed.json" in get(address[0])[0]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_the_command_prints_the_truth() -> None:
    command = [sys.executable, "-m", "demo", "--truth", "--mentions", "200", "--today", str(TODAY)]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert json.loads(printed) == Town(200, 1, TODAY).truth()


@pytest.mark.slow
def test_a_hundred_thousand_mentions_can_be_walked_whole(tmp_path: Path) -> None:
    large = Town(100_000, 1, TODAY)
    with serve(large) as address:
        write_config(tmp_path / "allears.toml", address, large)
        found = walk(tmp_path / "allears.toml")
    truth = large.truth()
    del found["by_feed"]  # a walk by windows meets the last second of each window twice
    assert {key: truth[key] for key in found} == found
    assert found["total"] == 100_000
    assert repeated_texts(large.mentions()) == [12]
