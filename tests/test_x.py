"""X: no post missed, none paid for twice, and never more spent than the cap, whatever happens on the way."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import x
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Changed, Cursor, Page, Refused, SourceError, Unavailable
from connectors.web.pace import Ledger, Pace
from connectors.web.settings import HttpSettings

SECRET = "pier-rope-tide-crane"  # noqa: S105
EAGER = HttpSettings(per_host_per_s=1e9, attempts=1)
BEGIN = datetime(2026, 3, 20, tzinfo=UTC)
WEEK = timedelta(days=7)


def post_id(posted_at: datetime, number: int) -> int:
    return ((int(posted_at.timestamp() * 1000) - 1_288_834_974_657) << 22) + number


class Clocked(Http):
    """The way out on a day of the test's choice."""

    day = BEGIN

    def now(self) -> datetime:
        return self.day


class X:
    """Answers as X does, and keeps the bill."""

    def __init__(self) -> None:
        self.now, self.posts = BEGIN, dict[int, datetime]()
        self.billed: Counter[str] = Counter()
        self.shown: Counter[int] = Counter()
        self.asked: list[httpx.QueryParams] = []
        self.forgets = self.repeats = self.ignores_since = False
        self.error: httpx.Response | None = None
        self.ledger = Ledger()

    def post(self, count: int) -> None:
        for _ in range(count):
            self.now += timedelta(minutes=1)
            self.posts[post_id(self.now, len(self.posts))] = self.now

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        self.asked.append(asked)
        assert request.headers["authorization"] == f"Bearer {SECRET}"
        if self.error:
            return self.error
        start = self.now - WEEK
        since, until = int(asked.get("since_id", 0)) * (not self.ignores_since), int(asked.get("until_id", 2**62))
        if since and ((since >> 22) + 1_288_834_974_657) / 1000 < start.timestamp():
            return invalid("since_id")
        if "next_token" in asked and self.forgets:
            return invalid("next_token")
        found = [n for n, at in sorted(self.posts.items(), reverse=True) if since < n < until and at > start]
        below = int(asked["next_token"].removeprefix("below")) if "next_token" in asked else 2**62
        page = [n for n in found if n < below or self.repeats][: int(asked["max_results"])]
        month = f"{self.now:%Y-%m}"
        self.billed[month] += len(page) * (3 if "expansions" in asked else 1)  # in half cents
        self.shown.update(page)
        meta: dict[str, Any] = {"result_count": len(page)}
        if not page:
            return httpx.Response(200, json={"meta": meta})
        meta |= {"newest_id": str(page[0]), "oldest_id": str(page[-1])}
        if page[-1] != found[-1]:
            meta["next_token"] = f"below{page[-1]}"
        data = [{"id": str(n), "text": f"harbor {n}", "created_at": self.posts[n].isoformat()} for n in page]
        return httpx.Response(200, json={"data": data, "meta": meta})

    def walk(self, cursor: Cursor | None = None, cap: float = 20.0, **options: Any) -> Iterator[Page]:
        transport, hasty = httpx.MockTransport(self), Pace(sleep=lambda _: None)
        http = Clocked("x", settings=EAGER, transport=transport, pace=hasty, ledger=self.ledger)
        http.day = self.now
        with http:
            options = {"query": "harbor", "bearer_token": SECRET, "spend_cap_usd": cap, **options}
            for page in x.fetch.walk(http, json.loads(json.dumps(cursor or {})), **options):
                assert SECRET not in json.dumps(page.cursor)
                yield page


def invalid(name: str) -> httpx.Response:
    said = {"errors": [{"message": f"'{name}' is not valid; {SECRET}"}], "title": "Invalid Request", "detail": "One …"}
    return httpx.Response(400, json=said)


def found(pages: list[Page]) -> list[int]:
    return [int(mention.native_id) for page in pages for mention in page.mentions]


Step = tuple[int, int | None, bool, bool]  # posts, pages after which the run is cut, a killed landing, a lost place
steps = st.lists(st.tuples(st.integers(0, 45), st.none() | st.integers(1, 4), st.booleans(), st.booleans()), max_size=7)


@settings(max_examples=60, deadline=None)
@given(steps, st.sampled_from([0.0, 0.04, 0.15, 0.5, 3.0]), st.booleans(), st.integers(0, 6))
def test_the_cap_is_never_passed_whatever_is_cut_killed_or_forgotten(
    plan: list[Step], cap: float, authors: bool, lost_at: int
) -> None:
    """Either the ledger is kept, or the cursor: who loses both at once must look at X's own bill."""
    site = X()
    cursor: Cursor = {}
    for number, (posts, cut, is_killed, forgets) in enumerate(plan):
        site.now += timedelta(days=2)
        site.post(posts)
        site.forgets = forgets
        if number == lost_at:
            site.ledger = Ledger()
        try:
            for page in islice(site.walk(cursor, cap, authors=authors), cut):
                cursor = cursor if is_killed and number >= lost_at else page.cursor
        except SourceError as error:
            assert isinstance(error, Unavailable) and "are spent" in str(error)
        assert all(half_cents * 0.005 <= cap + 1e-9 for half_cents in site.billed.values())


@settings(max_examples=60, deadline=None)
@given(steps)
def test_no_post_is_missed_and_none_is_paid_for_twice(plan: list[Step]) -> None:
    site = X()
    cursor: Cursor = {}
    got: list[int] = []
    for posts, cut, _, forgets in [*plan, (0, None, False, False), (0, None, False, False)]:
        site.now += timedelta(hours=4)
        site.post(posts)
        site.forgets = forgets
        pages = list(islice(site.walk(cursor), cut))
        got += found(pages)
        cursor = pages[-1].cursor
        assert not any(page.suspect for page in pages)
    assert set(got) == site.posts.keys()
    assert set(site.shown.values()) <= {1}


def test_a_walk_ends_only_where_x_says_that_there_is_no_more() -> None:
    site = X()
    site.post(25)
    pages = list(site.walk())
    assert [len(page.mentions) for page in pages] == [10, 10, 5]
    assert ["since" in page.cursor for page in pages] == [False, False, True]
    assert pages[-1].cursor["since"] == max(site.posts)
    assert pages[-1].cursor["usd"] == {"2026-03": pytest.approx(0.15)}, "each page in full, also the last of 5"


def test_a_place_that_x_has_forgotten_goes_on_below_the_oldest_post() -> None:
    site = X()
    site.post(25)
    first = list(islice(site.walk(), 1))
    site.forgets = True
    rest = list(site.walk(first[-1].cursor))
    assert set(found([*first, *rest])) == site.posts.keys()
    assert set(site.shown.values()) == {1}


def test_a_place_that_shows_the_same_posts_again_is_not_asked_again() -> None:
    site = X()
    site.post(25)
    first = list(islice(site.walk(), 1))
    site.repeats = True
    rest = islice(site.walk(first[-1].cursor), 2)
    assert set(found([*first, *rest])) >= set(sorted(site.posts, reverse=True)[:20])
    assert [("next_token" in asked, "until_id" in asked) for asked in site.asked[1:]] == [(True, False), (False, True)]


def test_a_search_that_takes_no_notice_of_since_id_is_stopped_before_it_is_paid_every_day() -> None:
    site = X()
    site.post(3)
    *_, last = site.walk()
    site.ignores_since = True
    with pytest.raises(Changed, match="charges for"):
        list(site.walk(last.cursor))


def test_posts_that_a_long_pause_puts_out_of_reach_are_told() -> None:
    site = X()
    site.post(25)
    (first,) = islice(site.walk(), 1)
    *_, last = site.walk(first.cursor)
    for cursor in (first.cursor, last.cursor):
        late = X()
        late.now = site.now + timedelta(days=9)
        late.post(3)
        pages = list(late.walk(cursor))
        assert pages[0].suspect and "more than 7 days ago" in pages[0].suspect
        assert set(found(pages)) == late.posts.keys()
        assert not any(page.suspect for page in late.walk(pages[-1].cursor))


def test_a_quiet_query_is_not_taken_for_a_pause() -> None:
    site = X()
    site.post(3)
    cursor: Cursor = {}
    for _ in range(12):
        site.now += timedelta(days=1)
        pages = list(site.walk(cursor))
        assert not any(page.suspect for page in pages)
        cursor = pages[-1].cursor
    assert set(site.shown.values()) == {1}


def test_a_new_month_begins_at_nothing() -> None:
    site = X()
    site.post(20)
    site.now = datetime(2026, 3, 31, 23, tzinfo=UTC) - timedelta(minutes=45)
    site.post(20)
    first = []
    with pytest.raises(Unavailable, match=r"the 0.06 usd of this month are spent"):
        first.extend(list(islice(site.walk(cap=0.06), 1)))
        list(site.walk(first[-1].cursor, cap=0.06))
    site.now += timedelta(hours=2)
    (next_page,) = islice(site.walk(first[-1].cursor, cap=0.06), 1)
    assert next_page.cursor["usd"] == {"2026-04": pytest.approx(0.05)}


@pytest.mark.parametrize("cap", [float("nan"), float("inf"), -1.0])
def test_a_cap_that_is_none_is_refused(cap: float) -> None:
    site = X()
    with pytest.raises(Refused, match="spend_cap_usd"):
        list(site.walk(cap=cap))
    assert not site.asked


@pytest.mark.parametrize(
    ("cap", "authors", "size"), [(1.0, False, 10), (20.0, False, 10), (200.0, False, 100), (200.0, True, 33)]
)
def test_a_page_is_a_small_part_of_the_cap(cap: float, authors: bool, size: int) -> None:
    site = X()
    list(site.walk(cap=cap, authors=authors))
    assert [asked["max_results"] for asked in site.asked] == [str(size)]
    assert ("expansions" in site.asked[0]) == authors, "the names of authors are charged for"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (invalid("query"), "400 from https://api.x.com/2/tweets/search/recent: 'query' is not valid.*check query"),
        (
            httpx.Response(402, json={"title": "CreditsDepleted", "detail": "no credits"}),
            "402 .*: no credits.*buy credits",
        ),
    ],
)
def test_what_x_refuses_is_told_without_the_token(answer: httpx.Response, told: str) -> None:
    site = X()
    site.error = answer
    with pytest.raises(Refused, match=told) as caught:
        list(site.walk())
    assert SECRET not in str(caught.value)


def test_an_empty_page_with_a_place_is_passed_and_a_circle_of_them_is_not() -> None:
    site = X()
    site.error = httpx.Response(200, json={"meta": {"result_count": 0, "next_token": "same"}})
    with pytest.raises(Unavailable, match="names itself"):
        list(site.walk())
    assert len(site.asked) == 2


def test_an_empty_page_after_one_that_promised_more_ends_a_walk_only_when_it_comes_twice() -> None:
    site = X()
    site.post(15)
    (first,) = islice(site.walk(), 1)
    site.error = httpx.Response(200, json={"meta": {"result_count": 0}})
    (doubted,) = islice(site.walk(first.cursor), 1)
    assert "since" not in doubted.cursor
    site.error = None
    assert set(found([first, *site.walk(doubted.cursor)])) == site.posts.keys()
    site.error = httpx.Response(200, json={"meta": {"result_count": 0}})
    *_, last = site.walk(first.cursor)
    assert last.cursor["since"] == max(site.posts)


@pytest.mark.parametrize("word", ["tweet", "post"])
def test_a_long_post_and_a_reply_are_read_by_either_name_of_their_fields(word: str) -> None:
    item = {
        "id": "9",
        "text": "Harbor &amp; …",
        f"note_{word}": {"text": "Harbor &amp; the rest of it"},
        f"referenced_{word}s": [{"type": "quoted", "id": "3"}, {"type": "replied_to", "id": "4"}],
        "created_at": "2026-03-20T00:00:00.000Z",
        "lang": "in",
    }
    site = X()
    meta = {"result_count": 1, "newest_id": "9", "oldest_id": "9"}
    site.error = httpx.Response(200, json={"data": [item], "meta": meta})
    (page,) = site.walk()
    (mention,) = page.mentions
    assert isinstance(mention, Mention)
    assert (mention.text, mention.parent_id, mention.language) == ("Harbor & the rest of it", "4", "id")
