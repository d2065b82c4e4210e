"""A week in which everything goes wrong, in a town that goes on talking: in the end all that it said is there."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.http import Http
from connectors.source import all_sources
from connectors.web.pace import Pace
from demo import faults
from demo.config import write_config
from demo.faults import FAULTS, Faults
from demo.server import reply_to
from demo.shelves import Shelves
from demo.speaker import Question, speaking
from demo.town import Town
from flows.collect import collect
from flows.config import load_config
from flows.desk import open_desk
from tests.test_faults import HASTY, PATIENT, Reader

TOWN = Town(500, 3, date(2026, 11, 22))
RUNS = (40, 12, 5, 2, 0)  # days before today; the last without faults
FEEDS = (
    "hn-harbor-coffee",
    "hn-bluebird-roasters",
    "appstore-harbor-coffee",
    "mastodon",
    "news-trade-cup",
    "blog-slow-pour",
)
SOME_OF_ALL = ",".join(f"{kind}:{0.5 / len(FAULTS)}" for kind in FAULTS)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "SLOW_S", 0.01)
    monkeypatch.setattr(faults, "STALL_S", 0.3)


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Mapping[str, Any]]:
    path = tmp_path_factory.mktemp("town") / "allears.toml"
    write_config(path, "http://TOWN", TOWN)
    return [feed for feed in tomllib.loads(path.read_text("utf-8"))["feeds"] if feed["name"] in FEEDS]


def reader_of(feed: Mapping[str, Any], address: str) -> Reader:
    def located(value: Any) -> Any:
        return [located(one) for one in value] if isinstance(value, list) else value.replace("http://TOWN", address)

    options = {name: located(value) for name, value in feed.items() if name not in ("name", "source", "brand")}
    return Reader(all_sources()[feed["source"]], options)


def walked(feeds: Sequence[Mapping[str, Any]], spec: str, seed: int) -> dict[str, int]:
    """Return how many mentions of each feed have landed at the end."""
    items, mishaps = list(TOWN.mentions()), Faults(spec, seed)

    def answer(question: Question) -> Any:
        reply = reply_to(shelves, question.target, question.headers)
        return mishaps.spoil(reply, question.target) if day else reply

    with speaking(0, answer) as address:
        readers = {feed["name"]: reader_of(feed, address) for feed in feeds}
        for day in RUNS:
            today = datetime(2026, 11, 22, tzinfo=UTC) - timedelta(days=day)
            shelves = Shelves(item for item in items if item.posted_at < today.timestamp())
            for reader in readers.values():
                reader.today = today
                error = reader.run(patient=day == 0)
                assert day or error is None
    return {name: len(reader.landed) for name, reader in readers.items()}


@pytest.mark.parametrize("seed", range(2))
def test_everything_is_there_after_a_bad_week(feeds: Sequence[Mapping[str, Any]], seed: int) -> None:
    truth = TOWN.truth()["by_feed"]
    assert walked(feeds, SOME_OF_ALL, seed) == {feed["name"]: truth[feed["name"]] for feed in feeds}


@pytest.mark.slow
@pytest.mark.parametrize("kind", FAULTS)
def test_everything_is_there_after_a_week_of_one_fault(feeds: Sequence[Mapping[str, Any]], kind: str) -> None:
    truth = TOWN.truth()["by_feed"]
    for seed in range(5):
        assert walked(feeds, f"{kind}:0.3", seed) == {feed["name"]: truth[feed["name"]] for feed in feeds}


@pytest.mark.slow
def test_the_warehouse_holds_every_mention_once_after_bad_days(tmp_path: Path) -> None:
    shelves = Shelves(TOWN.mentions())

    def answer(question: Question) -> Any:
        reply = reply_to(shelves, question.target, question.headers)
        return mishaps.spoil(reply, question.target) if mishaps else reply

    with speaking(0, answer) as address:
        write_config(tmp_path / "allears.toml", address, TOWN)
        config = load_config(tmp_path / "allears.toml")
        for mishaps in (Faults(SOME_OF_ALL, 1), Faults(SOME_OF_ALL, 2), None):
            with open_desk(config) as desk:
                for feed in config.feeds:
                    collect(desk, feed, open_http=hasty_http if mishaps else patient_http)
                rows = desk.warehouse.rows(
                    "SELECT source, count(DISTINCT mention_id), count(*) FROM mentions GROUP BY ALL"
                )
    assert sorted(rows) == [(source, count, count) for source, count in TOWN.truth()["by_source"].items()]


def hasty_http(source: str, **given: Any) -> Http:
    return Http(source, **given | {"settings": HASTY, "pace": Pace(sleep=lambda _: None)})


def patient_http(source: str, **given: Any) -> Http:
    return Http(source, **given | {"settings": PATIENT, "pace": Pace(sleep=lambda _: None)})
