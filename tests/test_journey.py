"""The daily run over the town, whose truth is known: every mention once, every planted event told."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from demo.config import write_config
from demo.town import Town, serve
from flows.config import load_config
from flows.desk import Busy, open_desk
from flows.report import RunReport
from flows.start import run_daily
from warehouse.mart import ask
from warehouse.migrate import WarehouseError

ALLEARS = str(Path(sys.executable).with_name("allears"))


class Journey(NamedTuple):
    """A town that was collected twice, the reports of both runs, and its truth."""

    config: Path
    mart: Path
    first: RunReport
    second: RunReport
    truth: dict[str, Any]

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        return ask(self.mart, query).rows


@pytest.fixture(scope="module")
def journey(prefect: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    folder = tmp_path_factory.mktemp("town")
    town = Town(900, 5, datetime.now(UTC).date())
    with serve(town) as base_url:
        write_config(folder / "allears.toml", base_url, town)
        config = load_config(folder / "allears.toml")
        first = run_daily(config, [], alerts=True)
        second = run_daily(config, [], alerts=True)
        yield Journey(config.file, config.mart, first, second, town.truth())


def test_every_mention_is_there_once_by_source_brand_and_day(journey: Journey) -> None:
    assert journey.first.state == "Completed", journey.first.problems
    assert journey.sql("SELECT count(*), count(DISTINCT mention_id) FROM mentions") == [(journey.truth["total"],) * 2]
    assert dict(journey.sql("SELECT source, count(*) FROM mentions GROUP BY ALL")) == journey.truth["by_source"]
    by_brand = "SELECT brand, sum(mentions)::INTEGER FROM daily_brand WHERE brand IS NOT NULL GROUP BY ALL"
    assert dict(journey.sql(by_brand)) == journey.truth["by_brand"]
    assert dict(journey.sql("SELECT day::VARCHAR, count(*) FROM mentions GROUP BY ALL")) == journey.truth["by_day"]


def test_a_second_run_brings_nothing_new_and_tells_nothing_again(journey: Journey) -> None:
    assert sum(feed.new + feed.changed + feed.rejects for feed in journey.second.feeds) == 0
    assert (journey.second.read, journey.second.alerts, journey.second.problems) == (0, [], [])


def test_the_outage_the_worse_ratings_and_the_silent_feed_are_told(journey: Journey) -> None:
    rules = {rule for (rule,) in journey.sql("SELECT rule FROM alerts WHERE brand = 'Harbor Coffee' OR brand IS NULL")}
    assert rules == {"negative_spike", "rating_drop", "source_silent"}
    assert all(len(quotes) == 3 for (quotes,) in journey.sql("SELECT quotes FROM alerts WHERE rule = 'negative_spike'"))
    suspect = journey.sql("SELECT feed FROM freshness WHERE status <> 'ok'")
    assert suspect == [(next(e["feed"] for e in journey.truth["events"] if e["name"] == "silent-feed"),)]


def test_every_reading_is_a_label_or_says_why_there_is_none(journey: Journey) -> None:
    readings = dict(journey.sql("SELECT reading, count(*) FROM mentions GROUP BY ALL"))
    assert set(readings) <= {"read", "unsupported", "empty"}
    wrong = "SELECT count(*) FROM mentions WHERE (sentiment IS NULL) = (reading = 'read')"
    assert journey.sql(wrong) == [(0,)]
    assert journey.sql("SELECT count(*) FROM mentions WHERE reading = 'read' AND language IN ('de', 'es', 'fr')") == [
        (0,)
    ]


def test_what_could_not_be_read_is_set_aside_with_its_line(journey: Journey) -> None:
    (file,) = (journey.config.parent / "rejects").glob("*.jsonl")
    rejects = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(rejects) == sum(feed.rejects for feed in journey.first.feeds) > 0
    assert all(reject["place"].startswith("line ") and reject["reason"] for reject in rejects)


def test_the_syndicated_story_counts_once_as_a_story(journey: Journey) -> None:
    copies = "SELECT count(*), count(*) FILTER (NOT copy) FROM mentions WHERE kind = 'news' GROUP BY story_id"
    assert (12, 1) in journey.sql(copies)


def test_the_mart_is_one_that_any_reader_may_keep_open(journey: Journey) -> None:
    assert journey.mart.is_symlink()
    with duckdb.connect(journey.mart.resolve(), read_only=True) as reader:
        tables = {name for (name,) in reader.execute("SELECT table_name FROM information_schema.tables").fetchall()}
    assert {"mentions", "brand_mentions", "daily_brand", "daily_topic", "freshness", "alerts", "ratings"} <= tables


def test_status_and_sql_answer_in_json(journey: Journey) -> None:
    def told(*words: str) -> Any:
        done = subprocess.run([ALLEARS, *words, "--config", journey.config, "--json"], capture_output=True, check=True)
        return json.loads(done.stdout)

    assert [run["state"] for run in told("status")["runs"]] == ["Completed", "Completed"]
    assert told("sql", "SELECT 1 AS one") == [{"one": 1}]
    checks = told("check")
    assert {check["status"] for check in checks} == {"ok"}
    assert len(checks) == len(journey.first.feeds)


def test_one_feeds_error_stops_no_other(prefect: None, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("text\nThe coffee is good\n")
    (tmp_path / "allears.toml").write_text("""
        [[feeds]]
        name = "dead"
        source = "feed"
        url = "http://127.0.0.1:9/feed.xml"
        [[feeds]]
        name = "good"
        source = "file"
        path = "good.csv"
        brand = "Harbor Coffee"
    """)
    report = run_daily(load_config(tmp_path / "allears.toml"), [], alerts=True)
    assert report.state == "CompletedWithFailures"
    assert [(feed.feed, feed.status, feed.fault, feed.new) for feed in report.feeds] == [
        ("dead", "failed", "refused", 0),
        ("good", "ok", None, 1),
    ]
    assert "allow_private" in report.problems[0]


def test_a_damaged_model_stops_no_collecting(prefect: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good.csv").write_text("text\nThe coffee is good\n")
    file = tmp_path / "allears.toml"
    file.write_text('[[feeds]]\nsource = "file"\npath = "good.csv"\nbrand = "Harbor Coffee"\n')
    with monkeypatch.context() as patched:
        patched.setattr("nlp.encoder.Encoder.__init__.__defaults__", (tmp_path, 0))
        report = run_daily(load_config(file), [], alerts=True)
    assert report.feeds[0].new == 1
    assert "manifest.json is missing" in report.problems[0]
    assert run_daily(load_config(file), [], alerts=True).read == 1


def test_a_mart_that_would_be_wrong_stays_unpublished_and_is_an_alert(prefect: None, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("text\nThe coffee is good\n")
    file = tmp_path / "allears.toml"
    file.write_text('[[feeds]]\nsource = "file"\npath = "good.csv"\nbrand = "Harbor Coffee"\n')
    config = load_config(file)
    run_daily(config, [], alerts=True)
    before = config.mart.resolve()
    with duckdb.connect(config.warehouse) as db:
        db.execute(
            "UPDATE daily_brand SET score_sum = score_sum - 0.5; INSERT INTO ops.rolled SELECT day FROM daily_brand"
        )
    with pytest.raises(WarehouseError, match="daily_brand does not agree with the mentions on 1 days"):
        run_daily(config, [], alerts=True)
    assert config.mart.resolve() == before
    with duckdb.connect(config.warehouse, read_only=True) as db:
        told = db.execute(
            "SELECT rule, delivered_at IS NOT NULL, contains(reason, 'daily_brand') FROM alerts"
        ).fetchall()
    assert told == [("not_published", True, True)]


def test_two_runs_never_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "allears.toml"
    file.write_text('[[feeds]]\nsource = "hackernews"\nquery = "x"\n')
    config = load_config(file)
    with open_desk(config), pytest.raises(Busy, match="another run is writing"), open_desk(config):
        pass


def test_a_run_that_was_killed_is_recorded_as_interrupted(tmp_path: Path) -> None:
    file = tmp_path / "allears.toml"
    file.write_text('[[feeds]]\nsource = "hackernews"\nquery = "x"\n')
    config = load_config(file)
    with open_desk(config) as desk:
        pass
    with duckdb.connect(config.warehouse) as db:
        db.execute("UPDATE ops.runs SET ended_at = NULL, state = 'Running'")
    with open_desk(config) as desk:
        states = desk.warehouse.rows("SELECT state FROM ops.runs ORDER BY started_at")
    assert states == [("Interrupted",), ("Running",)]


def test_a_run_that_a_bug_stopped_is_recorded_as_failed(tmp_path: Path) -> None:
    file = tmp_path / "allears.toml"
    file.write_text('[[feeds]]\nsource = "hackernews"\nquery = "x"\n')
    config = load_config(file)
    with pytest.raises(ZeroDivisionError), open_desk(config):
        _ = 1 // 0
    with duckdb.connect(config.warehouse, read_only=True) as db:
        runs = db.execute("SELECT state, message, ended_at IS NOT NULL FROM ops.runs").fetchall()
    assert runs == [("Failed", "ZeroDivisionError: integer division or modulo by zero", True)]


def test_yesterday_counts_as_a_day_in_utc_wherever_the_run_is(journey: Journey) -> None:
    newest = journey.sql("SELECT max(day) FROM daily_brand")[0][0]
    assert newest <= datetime.now(UTC).date() - timedelta(days=1)
