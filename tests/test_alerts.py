"""Rules: what is an alert, what is not, and what its reason says."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Alert
from alerts.evidence import shorten
from alerts.rule import BUILT_IN, Raised, RuleError, due, load_rule, load_rules, raise_alerts
from connectors.mention import Mention
from warehouse import tables
from warehouse.brands import Brand
from warehouse.warehouse import Batch, Walk, Warehouse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)  # a Sunday; the newest full day is Saturday
BRANDS = [Brand("Acme", feeds=("acme", "forum")), Brand("Rival", competitor=True, feeds=("rival",))]
TOPICS = {1: "late delivery", 2: "app crash", 3: "friendly staff"}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    with Warehouse(path, NOW):
        return path


@pytest.fixture
def warehouse(empty: Path, tmp_path: Path) -> Iterator[Warehouse]:
    shutil.copyfile(empty, tmp_path / "warehouse.duckdb")
    with Warehouse(tmp_path / "warehouse.duckdb", NOW) as opened:
        yield opened


class Said(NamedTuple):
    """A mention, the feed that brings it, and what the model reads in it."""

    feed: str
    mention: Mention
    sentiment: str
    topic: int
    confidence: float


def say(
    days_ago: int,
    count: int,
    sentiment: str,
    *,
    feed: str = "acme",
    topic: int = 3,
    confidence: float = 0.9,
    **fields: Any,
) -> list[Said]:
    """Return `count` mentions of one day, by different authors in different words unless `fields` says otherwise."""
    noon = NOW.replace(hour=12) - timedelta(days=days_ago)
    stamp = "-".join(map(str, [feed, days_ago, sentiment, topic, confidence, *fields.values()]))
    return [Said(feed, Mention(**_fields(stamp, i, noon) | fields), sentiment, topic, confidence) for i in range(count)]


def _fields(stamp: str, i: int, noon: datetime) -> dict[str, Any]:
    text = f"Number {i} of {stamp} writes this at such a length that nobody else can have written the same by chance."
    return {
        "source": "appstore",
        "native_id": f"{stamp}-{i}",
        "text": text,
        "url": f"https://reviews.example/{stamp}/{i}",
        "author": f"{stamp} {i}",
        "posted_at": noon + timedelta(minutes=i),
    }


def usual(days: Sequence[int] = range(2, 31), *, feed: str = "acme", scale: int = 1) -> list[Said]:
    """Return a calm past: 4 negative and 12 positive mentions on each of `days` ago."""
    negative = [said for ago in days for said in say(ago, 4 * scale, "negative", feed=feed, topic=2)]
    return negative + [said for ago in days for said in say(ago, 12 * scale, "positive", feed=feed)]


def raised(
    warehouse: Warehouse, said: Sequence[Said] = (), *, now: datetime = NOW, folders: Sequence[Path] = ()
) -> Raised:
    """Land and read `said`, and return what the rules make of it."""
    hashes: dict[int, int] = {}
    for feed in {one.feed for one in said}:
        mentions = [one.mention for one in said if one.feed == feed]
        warehouse.land(Batch(mentions, {}), Walk(feed, "appstore", "review", "x"), NOW)
        arrived = tables.arrived_table([(feed, "review", mentions)], NOW)
        hashes |= zip(arrived["mention_id"].to_pylist(), arrived["text_hash"].to_pylist(), strict=True)
    readings = [_reading(one) | {"text_hash": hashes[one.mention.mention_id]} for one in said]
    warehouse.keep_readings(tables.rows_table(readings, tables.READINGS), tables.rows_table([], tables.UNPLACED))
    warehouse.settle(BRANDS)
    return raise_alerts(warehouse, now, folders)


def _reading(said: Said) -> dict[str, Any]:
    return {
        "mention_id": said.mention.mention_id,
        "language": "en",
        "reading": "read",
        "sentiment": said.sentiment,
        "score": 0.0,
        "confidence": said.confidence,
        "emotion": "none",
        "model": "test",
        "topic_id": said.topic,
        "topic": TOPICS[said.topic],
    }


def only(found: Raised) -> Alert:
    assert found.problems == []
    assert len(found.alerts) == 1
    return found.alerts[0]


SPIKE = [*usual(), *say(1, 24, "negative", topic=1)]


def test_a_spike_is_one_alert_with_its_numbers_topics_and_quotes(warehouse: Warehouse) -> None:
    day = [*say(1, 12, "positive"), *say(1, 4, "negative", topic=2), *say(1, 20, "negative", topic=1)]
    alert = only(raised(warehouse, [*usual(), *day]))
    assert (alert.rule, alert.key, alert.brand, alert.severity) == ("negative_spike", "Acme", "Acme", "high")
    assert alert.title == "Acme: 24 negative mentions on Sat 21 Nov, 6.0× the usual"
    assert alert.reason.startswith("24 of 36 mentions were negative (67%). Usual on such a day of the week: 4.0 (25%)")
    assert alert.topics == ("late delivery",)  # app crash is as usual
    assert len(alert.quotes) == 3
    assert all(q.text.startswith("Number") and "-1-negative-1-" in (q.url or "") for q in alert.quotes)
    assert warehouse.rows("SELECT key, len(quotes), attempts, delivered_at FROM alerts") == [("Acme", 3, 0, None)]


def test_topics_stand_in_the_order_of_their_growth(warehouse: Warehouse) -> None:
    said = [*usual(), *say(1, 18, "negative", topic=2), *say(1, 16, "negative", topic=1)]
    assert only(raised(warehouse, said)).topics == ("late delivery", "app crash")  # 16 against 0, 18 against 4


def test_copies_of_one_story_are_quoted_once(warehouse: Warehouse) -> None:
    copies = say(1, 24, "negative", topic=1, text="The same words, copied here and there. " * 9)
    quotes = only(raised(warehouse, [*usual(), *copies])).quotes
    assert [quote.text.endswith(" The…") for quote in quotes] == [True]


def test_quotes_prefer_other_sources_and_authors_and_what_many_people_saw(warehouse: Warehouse) -> None:
    loud = say(1, 2, "negative", topic=1, likes=500, author="loud")
    forum = say(1, 1, "negative", feed="forum", topic=1, source="hackernews")
    unsure = say(1, 1, "negative", feed="forum", topic=1, source="hackernews", confidence=0.4, likes=9_000)
    liked = say(1, 1, "negative", topic=1, likes=90)
    quotes = only(raised(warehouse, [*SPIKE, *loud, *forum, *unsure, *liked])).quotes
    assert [quote.source for quote in quotes] == ["appstore", "hackernews", "appstore"]
    assert "loud" in (quotes[0].url or "")
    assert "0.9" in (quotes[1].url or "")  # the unsure reading yields, however liked
    assert "-90/" in (quotes[2].url or "")


def test_a_competitor_s_spike_is_of_low_severity(warehouse: Warehouse) -> None:
    said = [*usual(feed="rival"), *say(1, 24, "negative", feed="rival", topic=1)]
    assert only(raised(warehouse, said)).severity == "low"


def test_more_talk_of_the_same_mood_is_no_alert(warehouse: Warehouse) -> None:
    assert raised(warehouse, [*usual(), *usual([1], scale=4)]) == Raised([], [])


@pytest.mark.parametrize(("negative", "count"), [(3, 0), (9, 0), (10, 1)])
def test_few_negative_mentions_are_no_spike_whatever_the_past(warehouse: Warehouse, negative: int, count: int) -> None:
    past = [said for ago in range(2, 31) for said in say(ago, 2, "positive")]
    assert len(raised(warehouse, [*past, *say(1, negative, "negative", topic=1)]).alerts) == count


@pytest.mark.parametrize(("days", "count"), [(0, 0), (13, 0), (14, 1)])
def test_fourteen_days_of_history_are_needed(warehouse: Warehouse, days: int, count: int) -> None:
    said = [*usual(range(2, 2 + days)), *usual(feed="rival"), *say(1, 40, "negative", topic=1)]
    assert len(raised(warehouse, said).alerts) == count  # the source is old enough through Rival


def test_a_source_that_is_new_makes_no_spike(warehouse: Warehouse) -> None:
    new = say(1, 40, "negative", feed="forum", source="rss", topic=1)
    assert raised(warehouse, [*usual(), *new]) == Raised([], [])


def test_days_without_mentions_count_as_zero(warehouse: Warehouse) -> None:
    said = [*usual([*range(2, 9), 29]), *say(1, 24, "negative", topic=1)]
    reason = only(raised(warehouse, said)).reason
    assert "2.0 (25%), from the 28 days before" in reason  # of four Saturdays, two brought 4


def test_a_day_that_arrives_late_is_judged_for_two_days_and_then_no_more(warehouse: Warehouse) -> None:
    said = [*usual([1, *range(3, 32)]), *say(2, 24, "negative", topic=1)]
    assert "on Fri 20 Nov" in only(raised(warehouse, said)).title
    warehouse.write("DELETE FROM alerts")
    assert raised(warehouse, now=NOW + timedelta(days=1)) == Raised([], [])


def test_today_is_not_judged_before_it_is_over(warehouse: Warehouse) -> None:
    assert raised(warehouse, [*usual(range(1, 31)), *say(0, 40, "negative", topic=1)]) == Raised([], [])


def test_an_earlier_incident_does_not_hide_the_next_one(warehouse: Warehouse) -> None:
    incident = [said for ago in (9, 10, 11) for said in say(ago, 60, "negative", topic=2, author=str(ago))]
    assert "24 negative" in only(raised(warehouse, [*SPIKE, *incident])).title


def test_a_past_that_no_model_has_read_is_not_calm(warehouse: Warehouse) -> None:
    past = [said.mention for said in usual()]
    warehouse.land(Batch(past, {}), Walk("acme", "appstore", "review", "x"), NOW)
    assert raised(warehouse, say(1, 24, "negative", topic=1)) == Raised([], [])


def test_one_key_is_told_once_in_the_quiet_time_and_again_after_it(warehouse: Warehouse) -> None:
    assert len(raised(warehouse, [*SPIKE, *say(-3, 30, "negative", topic=1)]).alerts) == 1
    assert raised(warehouse, now=NOW + timedelta(hours=1)) == Raised([], [])
    assert "30 negative" in only(raised(warehouse, now=NOW + timedelta(days=4))).title


@given(st.timedeltas(timedelta(0), timedelta(days=99)), st.timedeltas(timedelta(hours=1), timedelta(days=99)))
def test_a_key_is_due_exactly_when_its_quiet_time_is_over(age: timedelta, quiet: timedelta) -> None:
    assert due(quiet, NOW - age, NOW) == (age >= quiet)
    assert due(quiet, None, NOW)


def rate(days: Sequence[int], stars: Sequence[float]) -> list[Said]:
    return [said for ago in days for i, star in enumerate(stars) for said in _rated(ago, i, star)]


def _rated(days_ago: int, i: int, stars: float) -> list[Said]:
    return say(days_ago, 1, "positive", rating=stars, rating_max=5.0, author=f"{days_ago} {i}")


def test_a_rating_drop_is_told_with_both_means(warehouse: Warehouse) -> None:
    said = [*rate(range(8, 36), [5, 5, 4, 4]), *rate(range(1, 8), [5, 4, 1, 2, 3])]
    alert = only(raised(warehouse, said))
    assert (alert.rule, alert.severity) == ("rating_drop", "high")
    assert alert.title == "Acme: 3.0 stars in the last 7 days, 4.5 before"
    assert alert.reason.startswith("Mean of 35 ratings against 112 in the 28 days before: 1.50 stars lower")
    assert len(alert.quotes) == 3  # by their stars: the words were read as positive


@pytest.mark.parametrize("stars", [[5, 4, 4, 4] * 4, [5, 5, 5, 1]])
def test_a_small_drop_or_one_within_chance_is_none(warehouse: Warehouse, stars: list[float]) -> None:
    said = [*rate(range(8, 36), [5, 5, 4, 4]), *rate(range(1, 8), stars)]
    assert raised(warehouse, said) == Raised([], [])


def test_a_drop_on_few_ratings_is_none(warehouse: Warehouse) -> None:
    said = [*rate(range(8, 36), [5, 5, 4, 4]), *rate(range(1, 3), [1, 1, 1, 2, 2])]
    assert raised(warehouse, said) == Raised([], [])


def test_a_silent_feed_is_told_with_its_reason(warehouse: Warehouse) -> None:
    raised(warehouse, usual(range(20, 40)))
    run = "INSERT INTO ops.feed_runs (run_id, feed, started_at, status) VALUES ('r', 'acme', ?::TIMESTAMP, 'ok')"
    warehouse.write(run, [tables.utc(NOW)])
    warehouse.freshen([("acme", "appstore")], NOW)
    alert = only(raised(warehouse))
    assert (alert.rule, alert.brand, alert.severity) == ("source_silent", None, "medium")
    assert alert.title == "Feed acme is suspect"
    assert alert.reason.startswith("silent for 20 days; its longest pause before was 1.")


RULE = """-- title: {key} has {many}
-- reason: because {many}
-- severity: low
-- quiet: 1 day

"""


def write_rule(folder: Path, name: str, select: str, header: str = RULE) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.sql"
    path.write_text(header + select)
    return folder


def test_a_rule_of_the_user_runs_beside_ours(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = write_rule(tmp_path / "rules", "mine", "SELECT 'a' AS key, 3 AS many UNION ALL SELECT 'a', 4")
    alert = only(raised(warehouse, folders=[folder]))
    assert (alert.rule, alert.title, alert.severity) == ("mine", "a has 3", "low")


def test_a_rule_of_the_user_takes_the_place_of_ours_of_the_same_name(tmp_path: Path) -> None:
    folder = write_rule(tmp_path / "rules", "negative_spike", "SELECT 1 AS key WHERE FALSE")
    rules, problems = load_rules([folder])
    assert [rule.severity for rule in rules if rule.name == "negative_spike"] == ["low"]
    assert problems == []


BROKEN = {
    "SELECT * FROM no_such_table": "no_such_table",
    "SELECT 1 AS many": "no column key",
    "SELECT NULL AS key, 1 AS many": "has no key",
    "SELECT 'a' AS key": "names the column 'many'",
    "SELECT 'a' AS key, 1 AS many, 'urgent' AS severity": "'urgent'",
    "SELECT 'a' AS key, 1 AS many, 'Acme' AS brand, 'soon' AS day": "soon",
    "DELETE FROM mentions": "one SELECT",
    "SELECT 1 AS key, 2 AS many; COMMIT; DELETE FROM mentions": "one SELECT",
    "COPY (SELECT 1) TO 'stolen.csv'": "one SELECT",
    "SELEC 1": "syntax error",
}


def test_broken_rules_are_reported_and_write_nothing_and_the_others_run(warehouse: Warehouse, tmp_path: Path) -> None:
    for i, select in enumerate(BROKEN):
        write_rule(tmp_path / "rules", f"broken{i}", select)
    found = raised(warehouse, SPIKE, folders=[tmp_path / "rules"])
    assert [alert.rule for alert in found.alerts] == ["negative_spike"]
    reasons = {problem.rule: problem.reason for problem in found.problems}
    assert [name for i, words in enumerate(BROKEN.values()) if words not in reasons[name := f"broken{i}"]] == []
    assert warehouse.rows("SELECT count(*) FROM mentions") == [(len(SPIKE),)]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (RULE.replace("quiet:", "calm:"), "line 4: 'calm' is not one of title, reason, severity, quiet, minimum"),
        (RULE.replace("1 day", "a while"), "line 4: quiet is 'a while'"),
        (RULE.replace("low", "urgent"), "line 3: severity is 'urgent'"),
        (RULE.replace("-- quiet: 1 day\n", ""), "line 1: the header lacks quiet"),
        (RULE.replace("{many}", "{many.__class__}", 1), "line 1: {many.__class__} is no column"),
        (RULE.replace("{many}", "{many", 1), "line 1: '{key} has {many' is no template"),
        ("-- just a remark\n" + RULE, "line 1: expected `-- key: value`"),
        ("-- minimum: many of them\n" + RULE, "line 1: minimum is 'many of them'"),
        ("-- quiet: 2 days\n" + RULE, "line 5: quiet stands twice"),
    ],
)
def test_a_wrong_header_is_an_error_that_names_file_and_line(tmp_path: Path, wrong: str, words: str) -> None:
    folder = write_rule(tmp_path, "wrong", "SELECT 1 AS key, 2 AS many", wrong)
    with pytest.raises(RuleError) as error:
        load_rule(folder / "wrong.sql")
    assert f"wrong.sql, {words}" in str(error.value)


def test_rows_below_the_minimum_of_the_header_are_no_alerts(warehouse: Warehouse, tmp_path: Path) -> None:
    header = "-- minimum: many 10\n" + RULE
    rows = "SELECT * FROM (VALUES ('a', 9), ('b', 10), ('c', NULL)) AS t (key, many)"
    assert only(raised(warehouse, folders=[write_rule(tmp_path / "rules", "mine", rows, header)])).key == "b"


def test_a_rule_with_a_thousand_rows_raises_twenty_and_says_so(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = write_rule(tmp_path / "rules", "flood", "SELECT i AS key, i AS many FROM range(1000) AS t (i)")
    found = raised(warehouse, folders=[folder])
    assert [alert.key for alert in found.alerts] == [str(i) for i in range(20)]
    assert "980 more rows" in found.problems[0].reason


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    rules, problems = load_rules([tmp_path / "nowhere"])
    assert len(rules) == len(list(BUILT_IN.glob("*.sql")))
    assert "no such folder" in problems[0].reason


@given(st.text(max_size=600), st.integers(20, 300))
def test_a_shortened_text_is_one_line_and_never_too_long(text: str, chars: int) -> None:
    short = shorten(text, chars)
    assert len(short) <= chars
    assert short.removesuffix("…").strip() in " ".join(text.split())


WEEK = np.array([1.14, 1.17, 1.14, 1.12, 1.07, 0.70, 0.66])  # weekend talk is 60 % of a weekday's


def simulate(
    warehouse: Warehouse, folder: Path, mean: float, brands: int, *, seed: int, negative: float = 1, other: float = 1
) -> float:
    """Return the share of `brands` that alert when the last of 29 days brings so many times the usual.

    Negative mentions are Poisson with `mean` a day, a quarter of all talk, in the rhythm of a week.
    """
    rng = np.random.default_rng(seed)
    rhythm = np.array([WEEK[(i + seed) % 7] for i in range(29)])
    times_negative, times_other = np.ones(29), np.ones(29)
    times_negative[-1], times_other[-1] = negative, other
    bad = rng.poisson(mean * rhythm * times_negative, (brands, 29)).ravel()
    good = rng.poisson(3 * mean * rhythm * times_other, (brands, 29)).ravel()
    last = date(2026, 11, 21)
    columns = {
        "brand": np.repeat([f"brand {i}" for i in range(brands)], 29),
        "day": np.tile(np.datetime64(last) - np.arange(28, -1, -1), brands),
        "bad": bad,
        "good": good,
    }
    town = folder / f"{mean}-{seed}.parquet"  # a name of its own: DuckDB remembers what a file held
    pq.write_table(pa.table(columns), town)
    warehouse.write("DELETE FROM daily_brand")
    warehouse.write(
        "INSERT INTO daily_brand SELECT day, brand, 'appstore', NULL, NULL, bad + good, bad + good, bad, 0, good, "
        "0, 0, 0, 0, 0, 0 FROM read_parquet(?)",
        [str(town)],
    )
    warehouse.write("SET VARIABLE now = ?::TIMESTAMP", [datetime(2026, 11, 22, 6)])  # noqa: DTZ001
    rows = warehouse.read_only_rows(load_rule(BUILT_IN / "negative_spike.sql").sql)
    return len([row for row in rows if row["negative"] >= 10 and row["day"] == last]) / brands


def test_steady_talk_raises_few_false_alarms(warehouse: Warehouse, tmp_path: Path) -> None:
    false = [simulate(warehouse, tmp_path, mean, 700, seed=i) for i in range(2) for mean in (5, 20, 100)]
    assert sum(false) / len(false) <= 1 / 500  # of 4,200 brand-days


@pytest.mark.parametrize(("mean", "least"), [(8, 0.85), (12, 0.95), (20, 0.98), (100, 0.99)])
def test_three_times_the_negatives_are_told(warehouse: Warehouse, tmp_path: Path, mean: float, least: float) -> None:
    # At a mean of 8 no test can do both: one false alarm in 500 days leaves even a known Poisson mean 91 %.
    hits = [simulate(warehouse, tmp_path, mean, 200, seed=seed, negative=3) for seed in range(7)]
    assert sum(hits) / len(hits) >= least


def test_three_times_the_talk_is_rarely_told(warehouse: Warehouse, tmp_path: Path) -> None:
    told = [simulate(warehouse, tmp_path, 20, 300, seed=seed, negative=3, other=3) for seed in range(4)]
    assert sum(told) / len(told) <= 0.1
