"""Hacker News: no item is lost, whatever shares its second or comes late."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import hackernews
from connectors.http import Http
from connectors.source import Changed, Cursor, Page, Unavailable
from connectors.web.settings import HttpSettings

T0 = 1_767_225_600


class Algolia:
    """Answers as Algolia does: newest first, at most 1,000 hits of a query."""

    def __init__(self, times: list[int]) -> None:
        self.times = times
        self.spoil: dict[str, Any] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        first, last = (int(n) for n in re.findall(r"\d+", asked["numericFilters"].replace("_i", "")))
        found = sorted((t, n) for n, t in enumerate(self.times) if first <= t <= last)[::-1]
        page, size = int(asked["page"]), int(asked["hitsPerPage"])
        hits = [comment(n, t) for t, n in found[:1000][page * size : (page + 1) * size]]
        return httpx.Response(200, json={"hits": hits, "nbHits": len(found), "hitsPerPage": size} | self.spoil)

    def walk(self, cursor: Cursor | None = None) -> Iterator[Page]:
        eager = HttpSettings(per_host_per_s=1e9, attempts=1)
        with Http("hackernews", settings=eager, transport=httpx.MockTransport(self)) as http:
            yield from hackernews.fetch.walk(http, cursor or {}, query="harbor")


def comment(number: int, created: int) -> dict[str, Any]:
    return {"objectID": str(number), "created_at_i": created, "comment_text": "Harbor &amp; tea", "author": "ann"}


def ids(pages: Iterator[Page] | list[Page]) -> set[str]:
    return {m.native_id for page in pages for m in page.mentions}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 230)), min_size=1, max_size=4), st.integers(1, 9))
def test_every_item_is_found_however_many_share_a_second_and_wherever_the_walk_is_cut(
    crowds: list[tuple[int, int]], cut: int
) -> None:
    algolia = Algolia([T0 + second for second, size in crowds for _ in range(size)])
    everything = {str(n) for n in range(len(algolia.times))}
    first = list(islice(algolia.walk(), cut))
    assert ids([*first, *algolia.walk(first[-1].cursor)]) == everything


def test_the_next_walk_goes_back_one_day_for_what_was_indexed_late() -> None:
    algolia = Algolia([T0 + 1_000 * n for n in range(250)])
    cursor = list(algolia.walk())[-1].cursor
    algolia.times += [T0 + 200_500]
    (page,) = algolia.walk(cursor)
    assert "250" in ids([page]) and len(page.mentions) == 100


def test_more_than_the_reachable_hits_in_one_second_is_told_and_not_skipped() -> None:
    with pytest.raises(Changed, match="1001 hits in one second"):
        list(Algolia([T0] * 1001).walk())
    assert len(ids(Algolia([T0] * 1000).walk())) == 1000


def test_an_empty_page_where_there_are_hits_is_not_believed() -> None:
    algolia = Algolia([T0] * 3)
    algolia.spoil = {"hits": []}
    with pytest.raises(Unavailable, match="3 hits"):
        list(algolia.walk())


def test_a_page_of_another_size_than_asked_for_is_a_changed_answer() -> None:
    algolia = Algolia([T0] * 3)
    algolia.spoil = {"hitsPerPage": 20}
    with pytest.raises(Changed, match="20 hits a page"):
        list(algolia.walk())


def hit(**fields: Any) -> Mapping[str, Any]:
    return {"objectID": "7", "created_at_i": T0, "author": "ann", **fields}


@pytest.mark.parametrize(
    ("item", "title", "text"),
    [
        (hit(title="Ask HN: a < b?", story_text="<p>one<p>two &gt; one"), "Ask HN: a < b?", "one\ntwo > one"),
        (hit(title="Harbor opens", url="https://x.example", points=3, num_comments=2), "Harbor opens", "Harbor opens"),
        (
            hit(title=None, comment_text="I&#x27;d go", story_title="Harbor opens", parent_id=6),
            "Harbor opens",
            "I'd go",
        ),
    ],
)
def test_stories_and_comments_are_read(item: Any, title: str, text: str) -> None:
    algolia = Algolia([])
    algolia.spoil = {"hits": [item], "nbHits": 1}
    (page,) = algolia.walk()
    (mention,) = page.mentions
    assert (mention.title, mention.text, mention.url) == (title, text, "https://news.ycombinator.com/item?id=7")
    assert (mention.likes, mention.replies, mention.parent_id) == (
        item.get("points"),
        item.get("num_comments"),
        "6" if "parent_id" in item else None,
    )


def test_a_comment_without_words_is_a_reject() -> None:
    algolia = Algolia([])
    algolia.spoil = {"hits": [comment(1, T0), hit(comment_text=None, story_title="Harbor opens")], "nbHits": 2}
    (page,) = algolia.walk()
    assert len(page.mentions) == len(list(page.rejects)) == 1
