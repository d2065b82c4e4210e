"""Posts on X of the last 7 days that match a search; each one costs money."""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.formats.xapi import FIELDS, WINDOW, Search, asked, below, mention_of, names_of, posted_s, spend
from connectors.source import Changed, Cursor, Page, Refused, Unavailable, read_items, source

if TYPE_CHECKING:
    from connectors.http import Http

POST_USD, AUTHOR_USD = 0.005, 0.010
SMALLEST, LARGEST = 10, 100  # posts that a page may have
PAGES_A_MONTH = 400  # a page counts in full, however few posts it shows, so none is more than this part of the cap
LATE = "the last search to come to its end was more than 7 days ago, so posts before those days are missed"


@source(
    "X",
    kind="social",
    terms="https://docs.x.com/developer-terms/agreement",
    history="the last 7 days",
    example={"query": '"harbor coffee"', "bearer_token": "env:X_BEARER_TOKEN", "spend_cap_usd": 20.0},
    fills=("url", "author", "language", "parent_id", "reach", "likes", "replies"),
    key="bearer token of a developer app with credits",
    cost="$0.005 per post, with authors $0.015",
    rate="450 requests in 15 minutes",
    secrets=("bearer_token",),
    per_minute=30,
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    query: str,
    bearer_token: str,
    spend_cap_usd: float,
    authors: bool = False,
    api: str = "https://api.x.com",
) -> Iterator[Page]:
    """Yield every post that matches `query`, newest first, down to the newest that an earlier walk has had.

    No post is asked for twice. Before each request the most that it can cost is counted against `spend_cap_usd`, and
    nothing is given back where fewer posts come; the cap is for a calendar month in UTC. An author's name costs twice
    as much as the post, so it comes only with `authors`.
    """
    if not (math.isfinite(spend_cap_usd) and spend_cap_usd >= 0):
        raise Refused(http.source, f"spend_cap_usd is {spend_cap_usd}", "set it to dollars a month, such as 20")
    post_usd = POST_USD + (AUTHOR_USD if authors else 0)
    size = int(min(LARGEST, max(SMALLEST, spend_cap_usd / post_usd / PAGES_A_MONTH)))
    params = {"query": query, "max_results": size, "sort_order": "recency", "tweet.fields": FIELDS}
    if authors:
        params["expansions"] = "author_id"
    search = Search(http, f"{api}/2/tweets/search/recent", bearer_token, params, size * post_usd, spend_cap_usd)
    yield from _walk(search, cursor)


def _walk(search: Search, cursor: Cursor) -> Iterator[Page]:
    """Yield the pages of one walk.

    `since` and `walked` are the newest post and the beginning of the last walk that came to its end. A walk that has
    `begun` keeps the newest and the oldest post it has had, `top` and `low`, and its place `at`; should X not know that
    any more, it goes on `until` its oldest post, which costs nothing twice.
    """
    state, told = _begun(cursor, search.http.now())
    spent = cursor.get("usd", {})
    while "begun" in state:
        spent = spend(search, spent)
        answer, state = asked(search, state)
        meta = answer["meta"]
        posts = answer["data"] if meta["result_count"] else []
        state = _advanced(search.http.source, state, meta)
        mentions, rejects = read_items(posts, partial(mention_of, names_of(answer)))
        yield Page(mentions, {**state, "usd": spent}, rejects, told)
        told = None


def _begun(cursor: Cursor, now: datetime) -> tuple[dict[str, Any], str | None]:
    """Return the state to go on from, and what is to be told of posts that X shows no more."""
    reach_s = (now - WINDOW).timestamp()
    state = {name: value for name, value in cursor.items() if name not in ("usd", "span")}
    if posted_s(state.get("since", 0)) < reach_s:  # X refuses it, and shows nothing that is older
        state.pop("since", None)
    oldest_s = posted_s(state["low"]) if "low" in state else state.get("begun", math.inf)
    told = LATE if min(oldest_s, state.get("walked", math.inf)) < reach_s else None
    if oldest_s < reach_s:  # the rest of that walk is out of reach
        return _begun({"since": state.get("top", 0), "walked": 0}, now)
    return {"begun": now.timestamp(), **state}, told


def _advanced(name: str, state: dict[str, Any], meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state after a page with `meta`; without `begun` that is the end of the walk."""
    seen: dict[str, Any] = {key: state[key] for key in ("top", "low") if key in state}
    if meta["result_count"]:
        newest, oldest = int(meta["newest_id"]), int(meta["oldest_id"])
        if newest >= state.get("low", math.inf) and "at" in state:
            return below(state)
        if newest >= state.get("low", math.inf) or oldest <= state.get("since", 0):
            raise Changed(name, "X shows, and charges for, posts that it has shown before", "pause this feed")
        seen = {"top": max(newest, state.get("top", 0)), "low": oldest}
    token = meta.get("next_token")
    if token is None and "at" in state and not (meta["result_count"] or "doubt" in state):
        return {**state, "doubt": True}  # the page before promised more, so this one is asked for twice
    if token is None:
        marks = {"since": seen["top"]} if seen else {key: state[key] for key in ("since",) if key in state}
        return {"walked": state["begun"], **marks}
    if token == state.get("at"):
        raise Unavailable(name, "a page names itself as the one after it", "the next run asks for it again")
    return {**{key: value for key, value in state.items() if key != "doubt"}, **seen, "at": token}
