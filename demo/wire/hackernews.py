"""Hacker News as its Algolia search answers: items by word, tag and time, newest first, a thousand at most."""

import html
import json
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from demo.item import Item

REACHABLE = 1000  # hits of one query; deeper ones need a narrower time window
MOST_PER_PAGE = 1000
FAR = 2**62
WORD = re.compile(r"\w+")
FILTER = re.compile(r"(\w+)\s*(>=|<=|>|<|=)\s*(\d{1,18})")
URL = re.compile(r"https://[\w./-]+")


class Ask(NamedTuple):
    """One search: words, tags, a window of seconds (both ends included), and the page."""

    query: str = ""
    tags: str = ""
    since: int = 0
    until: int = FAR
    per_page: int = 20
    page: int = 0


class Index:
    """Items of Hacker News that can be searched; a query costs one pass the first time and a bisection after."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = sorted(items, key=lambda item: item.posted_at)
        self._matching = lru_cache(64)(self._search)

    def answer(self, ask: Ask) -> bytes:
        """Return the JSON that answers `ask`."""
        items, times = self._matching(ask.query, ask.tags)
        first, end = bisect_left(times, ask.since), bisect_right(times, ask.until)
        newest = end - ask.page * ask.per_page
        oldest = max(first, end - REACHABLE, newest - ask.per_page)
        hits = [_hit(item) for item in reversed(items[oldest:newest])] if newest > oldest else []
        return _page(ask, hits, max(0, end - first))

    def _search(self, query: str, tags: str) -> tuple[list[Item], list[int]]:
        words, wanted = words_of(query), _alternatives(tags)
        found = [
            item
            for item in self._items
            if matches(item, words) and all(any(tag in _tags(item) for tag in group) for group in wanted)
        ]
        return found, [item.posted_at for item in found]


def words_of(query: str) -> frozenset[str]:
    """Return the words that `query` asks for, in lower case."""
    return frozenset(WORD.findall(query.lower()))


def matches(item: Item, words: frozenset[str]) -> bool:
    """Return whether all `words` stand in the title or the text of `item`."""
    text = f"{item.title or ''} {item.text}".lower()
    return all(word in text for word in words) and words <= set(WORD.findall(text))


def window(numeric_filters: str) -> tuple[int, int]:
    """Return the seconds, both included, that "created_at_i>=A,created_at_i<B" lets through.

    Raises ValueError for another field or form.
    """
    since, until = 0, FAR
    for text in filter(None, numeric_filters.split(",")):
        condition = FILTER.fullmatch(text.strip())
        if condition is None or condition[1] != "created_at_i":
            raise ValueError(f"invalid numeric filter: {text}")
        sign, value = condition[2], int(condition[3])
        if sign in (">", ">=", "="):
            since = max(since, value + (sign == ">"))
        if sign in ("<", "<=", "="):
            until = min(until, value - (sign == "<"))
    return since, until


def _alternatives(tags: str) -> list[list[str]]:
    """Return "a,(b,c)" as [[a], [b, c]]: one tag of each group must be there."""
    groups = re.findall(r"\(([^)]*)\)|([^,()]+)", tags)
    return [(any_of or one).replace(" ", "").split(",") for any_of, one in groups]


def _tags(item: Item) -> list[str]:
    own = ["comment"] if item.parent_id else ["story"]
    story = item.thread[0] if item.thread else item.native_id
    for prefix in ("Ask", "Show"):
        own += [f"{prefix.lower()}_hn"] if (item.title or "").startswith(f"{prefix} HN") else []
    return [own[0], f"author_{item.author}", f"story_{story}", *own[1:]]


def _page(ask: Ask, hits: list[dict[str, Any]], found: int) -> bytes:
    page = {
        "hits": hits,
        "nbHits": found,
        "page": ask.page,
        "nbPages": math.ceil(min(found, REACHABLE) / ask.per_page),
        "hitsPerPage": ask.per_page,
        "exhaustiveNbHits": True,
        "query": ask.query,
        "processingTimeMS": 3,
    }
    return json.dumps(page).encode()


def _hit(item: Item) -> dict[str, Any]:
    comment = item.parent_id is not None
    markup = _markup(item.text) if item.text else None
    return {
        "created_at": datetime.fromtimestamp(item.posted_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "created_at_i": item.posted_at,
        "title": None if comment else item.title,
        "url": item.url,
        "author": item.author,
        "points": None if comment else item.likes + 1,
        "story_text": None if comment else markup,
        "comment_text": markup if comment else None,
        "num_comments": None if comment else item.replies,
        "story_id": int(item.thread[0]) if item.thread else int(item.native_id),
        "story_title": item.thread[1] if item.thread else None,
        "story_url": None,
        "parent_id": int(item.parent_id) if item.parent_id else None,
        "_tags": _tags(item),
        "objectID": item.native_id,
        "updated_at": datetime.fromtimestamp(item.posted_at + 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _markup(text: str) -> str:
    """Return `text` as Hacker News stores it: escaped, paragraphs opened but never closed."""
    paragraphs = text.split("\n\n")
    return "<p>".join(URL.sub(_link, html.escape(paragraph)) for paragraph in paragraphs)


def _link(url: re.Match[str]) -> str:
    escaped = url[0].replace("/", "&#x2F;")
    return f'<a href="{escaped}" rel="nofollow">{escaped}</a>'
