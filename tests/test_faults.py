"""Every source on bad days: its recorded answers come from a real server that spoils them, one fault after another.

After the faults one more run must have every mention, once, as it was written. A fixture knows only the questions
that were recorded; any other is answered 503, unless EMULATED knows how the source works.
"""

import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.http import Http
from connectors.mention import Mention, mention_id
from connectors.source import Cursor, Page, Source, SourceError, all_sources
from connectors.web.pace import Pace
from connectors.web.settings import HttpSettings
from demo import faults
from demo.faults import FAULTS, LOOP, Reply, Scene, feed_of
from demo.speaker import Question, speaking
from tests.test_connectors import FIXTURES, body, fits, recorded, url_key

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
PATIENT = HttpSettings(allow_private=("127.0.0.1",), per_host_per_s=1e9, max_mb=1, attempts=1, wait_s=0.001)
HASTY = replace(PATIENT, timeout_s=0.1, deadline_s=0.5)
ENOUGH = 500  # requests of one run; more do not end
ALTERED = {"skew", "shuffle", "utf8", "nul"}  # kinds of which nobody can tell that something is wrong with a page
UNFELT = {"jsonld": {"skew"}}  # a review's day is part of its id where the site gives none, and pages have no clock
FIXED = [card for card in all_sources().values() if (FIXTURES / f"{card.name}.json").exists()]
ONLINE = [card for card in FIXED if recorded(card)["calls"]]

Call = dict[str, Any]


class Fault(NamedTuple):
    """What goes wrong with the request after `gap` good ones."""

    gap: int
    kind: str
    seed: int = 0


class Run(NamedTuple):
    """What goes wrong in one run, which is killed after `cut` pages."""

    faults: Sequence[Fault] = ()
    cut: int | None = None


CLEAN = Run()


class Site:
    """Answers from a source's fixture, and spoils the answers that are planned to be spoilt."""

    def __init__(self, card: Source) -> None:
        self.calls = recorded(card)["calls"]
        self.known: defaultdict[str, list[Call]] = defaultdict(list)
        for call in self.calls:
            self.known[url_key(call["url"])].append(call)
        self.emulate = EMULATED.get(card.name)
        self.unfelt = UNFELT.get(card.name, set())
        self.heads: set[str] | None = None
        self.before: dict[str, Reply] = {}
        self.plan: deque[Fault | None] = deque()
        self.asked: list[str] = []
        self.strange: list[str] = []
        self.otherwise = Reply(503, "text/plain", b"This was not recorded\n")

    def expect(self, planned: Sequence[Fault]) -> None:
        """Plan the faults of a run."""
        self.plan = deque(step for fault in planned for step in (*[None] * fault.gap, fault))
        self.asked, self.strange = [], []

    def answer(self, question: Question) -> Reply:
        request = httpx.Request(question.method, question.headers["X-Asked"], content=question.body)
        if request.url.path == LOOP:
            return FAULTS["loop"](Reply(200, "", b""), Scene(Random(0)))
        asked = f"{request.method} {request.url} {question.body!r}"
        self.asked.append(asked)
        reply = self.recorded(request)
        fault = self.plan.popleft() if self.plan else None
        if fault and fault.kind in self.unfelt:
            fault = None
        if reply is None:
            self.strange.append(asked)
            return self.otherwise
        if reply.status != 200:
            return reply
        feed = feed_of(str(request.url))
        before, self.before[feed] = self.before.get(feed), reply
        if fault is None:
            return unchanged(reply, question) or reply
        return FAULTS[fault.kind](reply, Scene(Random(fault.seed), before, asked not in (self.heads or ())))

    def recorded(self, request: httpx.Request) -> Reply | None:
        calls = self.known[url_key(str(request.url))]
        call = self.emulate(self.calls, request.url.params) if self.emulate else None
        call = call or next((call for call in calls if fits(call, request)), None)
        if call is None:
            return None
        headers = dict(call.get("headers", {}))
        content_type = headers.pop("Content-Type", "application/json" if "json" in call else "text/plain")
        return Reply(call.get("status", 200), content_type, body(call).encode(), tuple(headers.items()))


def unchanged(reply: Reply, question: Question) -> Reply | None:
    tag = dict(reply.headers).get("ETag")
    return Reply(304, "", b"", reply.headers) if tag and tag == question.headers["If-None-Match"] else None


def search_hackernews(calls: Sequence[Call], asked: httpx.QueryParams) -> Call | None:
    """Answer any window and page, as Algolia does."""
    since, until = (int(moment) for moment in re.findall(r"=(\d+)", asked["numericFilters"]))
    hits = {hit["objectID"]: hit for call in calls for hit in call["json"]["hits"]}.values()
    found = sorted((hit for hit in hits if since <= hit["created_at_i"] <= until), key=lambda hit: -hit["created_at_i"])
    size, page = int(asked["hitsPerPage"]), int(asked["page"])
    return {"json": {"hits": found[page * size :][:size], "nbHits": len(found), "hitsPerPage": size}}


def list_wordpress(calls: Sequence[Call], asked: httpx.QueryParams, size: int = 3) -> Call | None:
    """Answer any window and page, as WordPress does; its fixture has pages of another size each."""
    if "include" in asked:
        return None
    comments = {comment["id"]: comment for call in calls for comment in call["json"]}.values()
    newer = [comment for comment in comments if f"{comment['date_gmt']}Z" > asked.get("after", "")]
    found, page = sorted(newer, key=lambda comment: str(comment["date_gmt"])), int(asked["page"])
    return {"json": found[(page - 1) * size :][:size], "headers": {"X-WP-TotalPages": str(-(-len(found) // size))}}


EMULATED: Mapping[str, Callable[[Sequence[Call], httpx.QueryParams], Call | None]] = {
    "hackernews": search_hackernews,
    "wordpress_comments": list_wordpress,
}


class Loopback(httpx.BaseTransport):
    """Sends every request to one server on loopback, whatever its host."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.line = httpx.HTTPTransport(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = httpx.URL(self.address + request.url.raw_path.decode("ascii"))
        headers = [*request.headers.multi_items(), ("X-Asked", str(request.url))]
        return self.line.handle_request(
            httpx.Request(request.method, target, headers=headers, stream=request.stream, extensions=request.extensions)
        )

    def close(self) -> None:
        self.line.close()


class Dated(Http):
    """The way out on a day of one's choice."""

    today = NOW

    def now(self) -> datetime:
        return self.today


@dataclass
class Reader:
    """What has landed of a source: mentions by id, and the cursor that landed with the last of them."""

    card: Source
    options: Mapping[str, Any]
    address: str | None = None  # of the server that stands for all hosts
    today: datetime = NOW
    landed: dict[int, Mention] = field(default_factory=dict)
    shown: dict[int, Mention] = field(default_factory=dict)  # in the last run
    cursor: Cursor = field(default_factory=dict)

    def run(self, *, patient: bool = True, cut: int | None = None) -> SourceError | None:
        """Walk on from where the last run ended, as flows/collect.py does; return the error that ended the walk."""
        self.shown, before, same = {}, None, 0
        with self.http(patient) as http:
            try:
                for page in islice(self.card.walk(http, self.cursor, **self.options), cut):
                    assert http.requests < ENOUGH, "the walk does not end"
                    same = same + 1 if page.mentions and page.cursor == before else 0
                    if same == 2:
                        return SourceError(self.card.name, "a page came again and again", "it is the runner's rule")
                    before = page.cursor
                    self.land(page)
                    self.cursor = json.loads(json.dumps(page.cursor))
            except SourceError as error:
                return error
        return None

    def recheck(self, *, patient: bool = True) -> SourceError | None:
        """Ask again for what has landed."""
        ids = [mention.native_id for mention in self.landed.values()]
        with self.http(patient) as http:
            try:
                for page in self.card.walk_again(http, ids, **self.options):
                    self.land(page)
            except SourceError as error:
                return error
        return None

    def http(self, patient: bool) -> Http:
        http = Dated(
            self.card.name,
            settings=PATIENT if patient else HASTY,
            base_dir=FIXTURES / self.card.name,
            transport=Loopback(self.address) if self.address else None,
            pace=Pace(sleep=lambda _: None),
        )
        http.today = self.today
        return http

    def land(self, page: Page) -> None:
        seen = {mention.mention_id: mention for mention in page.mentions}
        self.shown |= seen
        self.landed |= seen
        for native_id in page.deleted:
            self.landed.pop(mention_id(self.card.same_as or self.card.name, native_id), None)


@dataclass
class World:
    """A source, its site, and all that is there."""

    card: Source
    site: Site
    address: str
    truth: dict[int, Mention] = field(default_factory=dict)

    def reader(self) -> Reader:
        self.site.before.clear()
        return Reader(self.card, recorded(self.card).get("options", self.card.example), self.address)

    def read(self, reader: Reader, run: Run) -> SourceError | None:
        self.site.expect(run.faults)
        return reader.run(patient=run is CLEAN, cut=run.cut)


@contextmanager
def world_of(card: Source) -> Iterator[World]:
    site = Site(card)
    with speaking(0, site.answer) as address:
        world = World(card, site, address)
        reader = world.reader()
        world.read(reader, Run(cut=1))
        site.heads = set(site.asked)
        assert world.read(reader, CLEAN) is None
        world.truth = reader.landed
        yield world


@pytest.fixture(params=ONLINE, ids=lambda card: card.name)
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(faults, "SLOW_S", 0.01)
    monkeypatch.setattr(faults, "STALL_S", 0.3)
    # of a day too many in the past no reader of changes, the oldest first, can tell that it passes some over
    monkeypatch.setattr(faults, "SKEWS_S", faults.SKEWS_S[1:])
    with world_of(request.param) as found:
        yield found


def check(world: World, runs: Sequence[Run]) -> None:
    """Read through `runs` and once more without faults, and compare what has landed with what is there."""
    reader = world.reader()
    errors = [world.read(reader, run) for run in runs]
    error = world.read(reader, CLEAN)
    told = f"{runs} brought {errors}, then {error}; {reader.cursor}; not recorded: {world.site.strange}"
    assert not (lost := world.truth.keys() - reader.landed.keys()), f"{len(lost)} lost: {told}"
    assert not (reader.landed.keys() - world.truth.keys()), f"phantoms: {told}"
    assert error is None or world.site.strange, told
    assert all(isinstance(mention.native_id, str) for mention in reader.landed.values()), told
    altered = ALTERED & {fault.kind for run in runs for fault in run.faults}
    for number, mention in (reader.shown if altered else reader.landed).items():
        assert mention == world.truth[number] or not mention.posted_at_known, f"{mention}: {told}"


RUNS = st.lists(
    st.builds(
        Run,
        st.lists(st.builds(Fault, st.integers(0, 4), st.sampled_from(sorted(FAULTS)), st.integers(0, 9)), max_size=6),
        st.none() | st.integers(1, 4),
    ),
    min_size=1,
    max_size=3,
)
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=SHARED)
@given(runs=RUNS)
def test_after_any_faults_one_more_run_has_everything_once(world: World, runs: list[Run]) -> None:
    check(world, runs)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=SHARED)
@given(runs=RUNS)
def test_after_very_many_faults_too(world: World, runs: list[Run]) -> None:
    check(world, runs)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_at_each_request_costs_nothing(world: World, kind: str) -> None:
    if (world.card.name, kind) == ("discourse", "skew"):
        pytest.skip("its places are dates: a wrong one is a question that its fixture cannot answer")
    for before in ((), (CLEAN,), (Run(cut=1),)):
        for gap in range(min(4, len(world.site.asked))):
            check(world, [*before, Run((Fault(gap, kind),))])


def test_a_site_that_knows_nothing_any_more_deletes_nothing(world: World) -> None:
    if world.card.recheck is None:
        pytest.skip(f"{world.card.name} cannot tell of deletions")
    reader = world.reader()
    world.read(reader, CLEAN)
    for text in ("", "null", "{}", "[]", '{"items": [], "data": [], "posts": []}', "<html></html>"):
        world.site.otherwise = Reply(200, "application/json", text.encode())
        reader.recheck()
        assert reader.landed.keys() == world.truth.keys(), text
    world.site.known.clear()
    for status in (404, 410):
        world.site.otherwise = Reply(status, "text/plain", b"It is gone\n")
        reader.recheck()
        assert reader.landed.keys() == world.truth.keys(), status
