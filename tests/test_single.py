"""Reviews that are asked for again: what has changed is told, what is gone is deleted, and silence deletes nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from connectors.http import Http
from connectors.source import Page, Refused, Source, Unavailable, all_sources
from connectors.web.pace import Pace
from tests.test_connectors import EAGER, Answer, recorded, replay

NAMES = ("appstoreconnect", "google_business", "trustpilot")


@pytest.fixture(params=NAMES)
def card(request: pytest.FixtureRequest) -> Source:
    return all_sources()[request.param]


def reviews(card: Source) -> dict[str, Any]:
    """Return the recorded reviews by their ids, each as its own endpoint answers it."""
    pages = [call["json"] for call in recorded(card)["calls"]]
    if card.name == "appstoreconnect":
        return {r["id"]: {"data": r, "included": page.get("included", [])} for page in pages for r in page["data"]}
    return {r.get("reviewId") or r["id"]: r for page in pages for r in page.get("reviews", ())}


def server(card: Source, there: Callable[[str], bool]) -> Answer:
    """Answer with one review where it is still `there`, and as recorded with all else."""

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        if name == "reviews":
            return httpx.Response(200, json={"reviews": []})
        if name in ("token", "find"):
            return replay(card)(request)
        known = reviews(card).get(name) if there(name) else None
        return httpx.Response(200, json=known) if known else httpx.Response(404, json={"error": "NOT_FOUND"})

    return answer


def again(card: Source, ids: list[str], answer: Answer) -> Iterator[Page]:
    given = recorded(card).get("options", card.example)
    hasty = Pace(sleep=lambda _: None)
    with Http(card.name, settings=EAGER, transport=httpx.MockTransport(answer), pace=hasty) as http:
        yield from card.walk_again(http, ids, **given)


def test_what_is_there_is_read_as_in_the_list_and_what_is_not_is_deleted(card: Source) -> None:
    ids = list(reviews(card))
    (page,) = again(card, [*ids, "a/b?c"], server(card, there=lambda name: name != ids[1]))
    listed = Http(card.name, settings=EAGER, transport=httpx.MockTransport(replay(card)), pace=Pace(lambda _: None))
    with listed as http:
        walked = card.walk(http, {}, **recorded(card).get("options", card.example))
        before = {m.native_id: m for p in walked for m in p.mentions}
    assert {m.native_id: m for m in page.mentions} == {name: m for name, m in before.items() if name != ids[1]}
    assert set(page.deleted) == {ids[1], "a/b?c"}


def test_where_not_one_is_found_any_more_none_is_deleted(card: Source) -> None:
    with pytest.raises(Unavailable, match="none is taken for deleted"):
        list(again(card, list(reviews(card)), server(card, there=lambda _: False)))


def test_a_key_that_is_no_longer_good_deletes_nothing(card: Source) -> None:
    with pytest.raises(Refused, match=f"^{card.name}: 401 "):
        list(again(card, list(reviews(card)), lambda _: httpx.Response(401)))


def test_many_come_in_pages_so_that_a_cut_loses_little(card: Source) -> None:
    one, there, gone = next(iter(reviews(card).values())), [f"there-{n}" for n in range(70)], ["gone"] * 45

    def answer(request: httpx.Request) -> httpx.Response:
        if "there-" in request.url.path:
            return httpx.Response(200, json=one)
        return server(card, there=lambda _: False)(request)

    ids = [*there, *(f"{name}-{n}" for n, name in enumerate(gone))]
    pages = list(again(card, ids, answer))
    assert len(pages) == 3
    assert sum(len(page.mentions) for page in pages) == 70
    assert {name for page in pages for name in page.deleted} == set(ids) - set(there)
