"""The questions that marketers ask, on a town whose answers are known."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, timedelta
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any, NamedTuple

import duckdb
import pytest
from typer.testing import CliRunner

from flows.ask import questions_page
from flows.cli import app
from flows.config import ConfigError
from tests.town_mart import NEWEST, Fact, facts, lay_mart, town_brands
from warehouse.brands import Brand
from warehouse.migrate import WarehouseError
from warehouse.questions import all_questions, answer, load_question, question_called

ROOT = Path(__file__).parents[1]
OWN = "Harbor Coffee"
QUESTIONS = [pytest.param(question, id=question.name) for question in all_questions()]
MEASURED = ("share", "growth", "change", "gap", "net_sentiment", "stars_before", "loyalty", "median_hours", "p90_hours")
Rows = list[dict[str, Any]]


class Town(NamedTuple):
    """A published mart and what stands in it."""

    mart: Path
    facts: list[Fact]

    def ask(self, called: str, **given: str) -> Rows:
        return answer(self.mart, question_called(called), given).answer.records()

    def said(self, days: int, brand: str = OWN, *, end: int = 0) -> list[Fact]:
        """Return what was said of `brand` on the `days` days that end `end` days before the newest."""
        last = NEWEST - timedelta(end)
        return [f for f in self.facts if brand in f.brands and last - timedelta(days) < f.day <= last]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mart without mentions and brands; the warehouse beside it is for the others to start from."""
    return lay_mart(tmp_path_factory.mktemp("empty"), [], [])


@pytest.fixture(scope="module")
def town(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Town:
    said, start = facts(), empty.with_name("warehouse.duckdb")
    return Town(lay_mart(tmp_path_factory.mktemp("town"), said, town_brands(), empty=start), said)


@pytest.fixture(scope="module")
def rival(town: Town, empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mart that knows a competitor only."""
    brand = Brand("Bluebird Roasters", competitor=True, query="bluebird")
    few, start = town.said(20, brand.name), empty.with_name("warehouse.duckdb")
    return lay_mart(tmp_path_factory.mktemp("rival"), few, [brand], empty=start)


def first(rows: Rows, **wanted: Any) -> dict[str, Any]:
    return next(row for row in rows if all(row[name] == value for name, value in wanted.items()))


def count(said: Iterable[Fact], **wanted: Any) -> int:
    return sum(all(getattr(fact, name) == value for name, value in wanted.items()) for fact in said)


def net(said: Iterable[Fact]) -> float:
    return mean({"negative": -1, "neutral": 0, "positive": 1}[fact.sentiment] for fact in said)


def public(said: Iterable[Fact]) -> list[Fact]:
    return [fact for fact in said if fact.kind != "own"]


def wilson(k: int, n: int) -> tuple[float, float]:
    """Return Wilson's interval by its definition: where |k/n - p| is 1.96 standard errors of p."""
    z = 1.959964
    centre, half = (k / n + z * z / (2 * n)), z * math.sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


def test_01_mentions_of_the_week_and_of_the_one_before(town: Town) -> None:
    (row,) = town.ask("01")
    now, before = len(town.said(7)), len(town.said(7, end=7))
    assert (row["brand"], row["mentions"], row["before"]) == (OWN, now, before)
    assert row["growth"] == pytest.approx(now / before - 1)
    assert row["growth_low"] < row["growth"] < row["growth_high"]
    assert row["stories"] == now - 5  # six outlets have one text


def test_02_share_of_voice_is_of_public_mentions(town: Town) -> None:
    rows = town.ask("share_of_voice")
    brands = {row["brand"] for row in rows}
    voices = {brand: len(public(town.said(30, brand))) for brand in brands}
    total = first(rows, channel="all channels", brand=OWN)
    assert (len(brands), total["mentions"]) == (3, voices[OWN])
    assert total["share"] == pytest.approx(voices[OWN] / sum(voices.values()))
    assert (total["share_low"], total["share_high"]) == pytest.approx(wilson(voices[OWN], sum(voices.values())))
    forum = [[f for f in public(town.said(30, b)) if f.mention.source == "hackernews"] for b in sorted(brands)]
    row = first(rows, channel="hackernews", brand=OWN)
    assert row["share"] == pytest.approx(len(forum[1]) / sum(map(len, forum)))
    assert {row["channel"] for row in rows} >= {"appstore", "hackernews", "mastodon"}


def test_03_share_of_voice_week_by_week(town: Town) -> None:
    rows = town.ask("03")
    assert {row["week"] for row in rows} == {date(2026, 8, 24) + timedelta(7 * n) for n in range(13)}
    week = date(2026, 10, 5)
    voices = Counter(b for f in public(town.facts) if week <= f.day < week + timedelta(7) for b in f.brands)
    row = first(rows, week=week, brand=OWN)
    assert (row["mentions"], row["share"]) == (voices[OWN], pytest.approx(voices[OWN] / voices.total()))
    assert first(rows, week=date(2026, 11, 16))["days"] == 6


def test_04_net_sentiment_falls_in_the_week_of_the_outage_and_by_more_than_chance(town: Town) -> None:
    last = town.ask("net_sentiment")[-1]
    said = [fact for fact in town.said(6) if fact.day >= last["week"]]
    assert (last["read"], last["net_sentiment"]) == (len(said), pytest.approx(net(said)))
    assert last["verdict"] == "down" and last["change_high"] < 0
    verdicts = Counter(row["verdict"] for row in town.ask("net_sentiment", until="2026-10-12"))
    assert verdicts["within chance"] >= len(verdicts)


def test_05_the_outage_is_a_worse_mood_and_not_only_more_talk(town: Town) -> None:
    assert town.ask("mood_or_volume")[-1]["what_changed"] == "worse mood"


def test_06_the_spike_names_story_topic_source_and_author(town: Town) -> None:
    rows = town.ask("spike", since="7d")
    said = town.said(1)
    day = rows[0]
    assert (day["what"], day["day"], day["mentions"]) == ("day", NEWEST, len(said))
    assert first(rows, what="story")["name"].startswith("Login and payment have failed")
    assert first(rows, what="story")["mentions"] == 6
    assert first(rows, what="topic")["name"] == "app"
    assert first(rows, what="source")["name"] == "news"
    assert first(rows, what="author")["name"] == "Agency Two on news"
    assert first(rows, what="source")["share"] == pytest.approx(6 / len(said))
    assert first(rows, what="topic")["usual"] == pytest.approx(count(town.said(28, end=1), topic="app") / 28)


def test_06_the_day_can_be_named(town: Town) -> None:
    rows = town.ask("spike", day="2026-11-09", of="negative")
    assert all(row["day"] == date(2026, 11, 9) for row in rows)
    assert rows[0]["mentions"] == count(town.said(1, end=12), sentiment="negative")


def test_07_the_topic_of_the_outage_rises_most(town: Town) -> None:
    top = town.ask("07")[0]
    now, before = count(town.said(7), topic="app"), count(town.said(7, end=7), topic="app")
    assert (top["topic"], top["mentions"], top["before"], top["verdict"]) == ("app", now, before, "up")


def test_08_only_a_topic_that_nobody_talked_of_is_new(town: Town) -> None:
    rows = town.ask("new_topics")
    assert [(row["topic"], row["mentions"], row["before"]) for row in rows] == [("mould", 5, 0)]
    assert rows[0]["first_day"] == NEWEST - timedelta(3)


def test_09_topics_that_drive_negative_mentions_have_quotes(town: Town) -> None:
    rows = town.ask("negative_topics")
    said = [fact for fact in town.said(30) if fact.sentiment == "negative"]
    (topic, most), *_ = Counter(fact.topic for fact in said).most_common(1)
    assert (rows[0]["topic"], rows[0]["negative"]) == (topic, most)
    assert rows[0]["driven_share"] == pytest.approx(most / len(said))
    assert len(rows[0]["quotes"]) == 3 == len(set(rows[0]["quotes"]))
    assert rows[0]["links"][0] == "https://social.example/loud"  # what most people saw comes first


def test_10_an_aspect_is_compared_with_the_competitors_together(town: Town) -> None:
    row = first(town.ask("aspects"), aspect="app")
    ours = [fact for fact in town.said(30) if fact.topic == "app"]
    others = ("Bluebird Roasters", "Nine Lives Coffee")
    theirs = [fact for brand in others for fact in town.said(30, brand) if fact.topic == "app"]
    assert (row["mentions"], row["net_sentiment"]) == (len(ours), pytest.approx(net(ours)))
    assert row["competitors_net_sentiment"] == pytest.approx(net(theirs))
    assert (row["gap"], row["verdict"]) == (pytest.approx(net(ours) - net(theirs)), "worse")


def test_11_ratings_before_and_after_the_outage_began(town: Town) -> None:
    rows = town.ask("ratings", since="2026-11-16")
    row = first(rows, feed="appstore-harbor-coffee", country="all")

    def stars(said: list[Fact]) -> list[float]:
        return [f.mention.rating for f in said if f.feed == "appstore-harbor-coffee" and f.mention.rating]

    now, before = stars(town.said(6)), stars(town.said(6, end=6))
    assert (row["ratings"], row["stars"]) == (len(now), pytest.approx(mean(now)))
    assert (row["ratings_before"], row["stars_before"]) == (len(before), pytest.approx(mean(before)))
    assert row["change_low"] < row["change"] < row["change_high"]
    assert sum(r["ratings"] for r in rows if r["feed"] == row["feed"] and r["country"] != "all") == len(now)


def test_12_stars_that_disagree_are_those_that_were_planted(town: Town) -> None:
    rows = town.ask("12", since="90d")

    def disagrees(fact: Fact) -> bool:
        stars = fact.mention.rating or 3
        return (stars >= 4 and fact.sentiment == "negative") or (stars <= 2 and fact.sentiment == "positive")

    planted = [fact for fact in town.said(90) if disagrees(fact)]
    assert sum(row["mentions"] for row in rows) == len(planted) > 0
    quoted = " ".join(quote for row in rows for quote in row["quotes"])
    assert any(fact.mention.text[:30] in quoted for fact in planted)


def test_13_replies_their_share_and_how_long_they_took(town: Town) -> None:
    row = first(town.ask("replies"), source="trustpilot")
    assert (row["reviews"], row["answered"]) == (13, 10)
    assert (row["answered_share_low"], row["answered_share_high"]) == pytest.approx(wilson(10, 13))
    assert row["median_hours"] == median(range(1, 11))
    assert (row["median_hours_low"], row["median_hours_high"]) == (1, 10)
    assert row["p90_hours"] == pytest.approx(9.1) and row["p90_hours_high"] is None  # ten are too few to say
    assert first(town.ask("replies"), source="appstore")["answered_share"] == 0


def test_14_bad_reviews_wait_from_24_hours_on(town: Town) -> None:
    rows = town.ask("unanswered", top="500")
    bad = [f for f in town.said(30) if f.kind == "review" and (f.mention.rating or 5) <= 2 and not f.mention.replied_at]
    assert len(rows) == len(bad) - sum(f.day == NEWEST for f in bad)
    assert sum(row["source"] == "trustpilot" for row in rows) == 2
    assert not {row["author"] for row in rows} & {"late"}
    assert all(row["hours"] >= 24 for row in rows)


def test_15_channels_beside_the_rest(town: Town) -> None:
    rows = town.ask("channels")
    nets = {source: net(said) for source, said in by_source(town.said(30)).items()}
    assert {row["source"]: row["net_sentiment"] for row in rows} == pytest.approx(nets)
    assert [row["net_sentiment"] for row in rows] == sorted(nets.values())
    news = first(rows, source="news")
    rest = [fact for fact in town.said(30) if fact.mention.source != "news"]
    assert (news["gap"], news["beside_the_rest"]) == (pytest.approx(-1 - net(rest)), "worse than the rest")


def by_source(said: Iterable[Fact]) -> dict[str, list[Fact]]:
    found = defaultdict(list)
    for fact in said:
        found[fact.mention.source].append(fact)
    return found


def test_16_who_is_heard_most_with_negative_mentions(town: Town) -> None:
    top = town.ask("negative_voices")[0]
    assert (top["who"], top["heard_by"], top["negative"]) == ("journalist", 50_000, 1)
    sites = {row["who"] for row in town.ask("negative_voices", by="site")}
    assert "social.example" in sites and "journalist" not in sites


def test_17_a_hashtag_that_is_new_goes_up_and_a_word_of_before_goes_down(town: Town) -> None:
    tags = town.ask("words", tags="hashtags")
    assert (tags[0]["word"], tags[0]["verdict"], tags[0]["mentions"], tags[0]["before"]) == ("#harborfail", "up", 5, 0)
    words = town.ask("words")
    assert {"login", "down"} & {row["word"] for row in words if row["verdict"] == "up"}
    assert all(row["change_low"] > 0 or row["change_high"] < 0 for row in words)


def test_18_the_outage_is_complained_of_everywhere(town: Town) -> None:
    (row,) = town.ask("everywhere")
    sources = {f.mention.source for f in town.said(7) if (f.topic, f.sentiment) == ("app", "negative")}
    assert (row["topic"], set(row["which"]), row["sources"]) == ("app", sources, len(sources))


def test_19_languages_and_countries(town: Town) -> None:
    rows = town.ask("languages_and_countries")
    said = town.said(30)
    languages = Counter(fact.mention.language for fact in said)
    assert {r["code"]: r["mentions"] for r in rows if r["dimension"] == "language"} == languages
    german = [fact for fact in said if fact.mention.language == "de"]
    assert first(rows, code="de", dimension="language")["net_sentiment"] == pytest.approx(net(german))
    countries = Counter(fact.mention.country or "not known" for fact in said)
    assert {r["code"]: r["mentions"] for r in rows if r["dimension"] == "country"} == countries


def test_20_the_launch_is_seen_in_mood_and_topics(town: Town) -> None:
    rows = town.ask("campaign", since="2026-11-02", until="2026-11-07")
    during, before = town.said(6, end=14), town.said(6, end=20)
    row = first(rows, talk="all talk", part="during")
    assert (row["mentions"], row["per_day"]) == (len(during), pytest.approx(len(during) / 6))
    assert row["change"] == pytest.approx(net(during) - net(before))
    launched = first(rows, talk="subscription", part="during")
    assert launched["share"] == pytest.approx(count(during, topic="subscription") / len(during))
    assert launched["verdict"] != "down" and launched["growth_low"] > 0
    assert first(rows, talk="all talk", part="after")["mentions"] == len(town.said(6, end=8))


def test_21_mentions_of_us_and_a_competitor(town: Town) -> None:
    row = first(town.ask("compared"), competitor="Bluebird Roasters")
    both = [fact for fact in town.said(90) if "Bluebird Roasters" in fact.brands]
    assert (row["mentions"], row["net_sentiment"]) == (len(both), pytest.approx(net(both)))
    assert row["share"] == pytest.approx(len(both) / len(town.said(90)))
    assert len(row["quotes"]) == 3


def test_22_the_syndicated_story_is_one_of_twelve_outlets(town: Town) -> None:
    rows = town.ask("stories")
    news = [fact for fact in town.said(30) if fact.kind == "news"]
    assert (rows[0]["mentions"], rows[0]["unique"]) == (len(news), len(news) - 11 - 5)
    assert (rows[1]["mentions"], rows[1]["outlets"], rows[1]["copies"]) == (12, 12, 11)


def test_23_hours_are_told_by_the_clock_that_is_asked_for(town: Town) -> None:
    noon = [f for f in town.said(56) if (f.day.isoweekday(), f.mention.posted_at.hour) == (1, 12)]
    row = first(town.ask("hours"), weekday="1 Mon", hour=12)
    assert (row["mentions"], row["usual"]) == (len(noon), pytest.approx(len(noon) / 8))
    assert first(town.ask("hours", timezone="Asia/Tokyo"), weekday="1 Mon", hour=21)["mentions"] == len(noon)


def test_24_requests_that_hold_all_the_words(town: Town) -> None:
    assert {row["author"] for row in town.ask("requests")} == {"w0", "w1", "w2"}
    rows = town.ask("requests", feature="dark mode")
    assert [(row["author"], row["in_month"], row["url"]) for row in rows] == [
        ("w1", 2, "https://social.example/w1"),
        ("w0", 2, "https://social.example/w0"),
    ]
    month = [fact for fact in town.said(90) if fact.day.month == 11]
    assert rows[0]["share"] == pytest.approx(2 / len(month))


def test_25_the_outage_is_a_crisis_and_the_weeks_before_are_calm(town: Town) -> None:
    top = town.ask("crisis")[0]
    assert (top["verdict"], top["author"], top["topic"]) == ("crisis", "journalist", "app")
    first_hour = top["first_hour"].replace(tzinfo=UTC)
    during = [f for f in town.said(7) if f.sentiment == "negative" and f.mention.posted_at >= first_hour]
    assert (top["negative"], top["sources"]) == (len(during), len(by_source(during)))
    assert [row["verdict"] for row in town.ask("crisis", until="2026-11-13")] == ["calm"]


def test_26_who_praises_often_is_an_advocate(town: Town) -> None:
    row = first(town.ask("advocates"), author="fan")
    assert (row["praise"], row["mentions"], row["heard_by"], row["negative"]) == (4, 4, 28, 0)
    assert (row["praise_share_low"], row["praise_share_high"]) == pytest.approx(wilson(4, 4), abs=1e-6)


def test_27_people_about_to_leave(town: Town) -> None:
    rows = town.ask("leaving")
    assert [(row["author"], row["in_week"]) for row in rows] == [("l0", 2), ("l1", 2)]


def test_28_loyalty_is_the_weighted_mean_of_what_people_show(town: Town) -> None:
    last = town.ask("loyalty")[-1]
    said = [fact for fact in town.said(7) if fact.day >= last["week"]]
    heard = [(fact.mention.likes or 0) + (fact.mention.replies or 0) for fact in said]
    weights = [1 + math.log(1 + n) for n in heard]

    def points(fact: Fact, heard_by: int) -> float:
        if "leaving" in fact.signals:
            return -1
        return (1 if heard_by else 0.5) if "praise" in fact.signals else 0

    earned = list(map(points, said, heard))
    index = sum(map(lambda w, x: w * x, weights, earned)) / sum(weights)
    assert last["loyalty"] == pytest.approx(100 * index)
    assert last["leaving_share"] == pytest.approx(2 / len(said))
    even = 1.96 * 100 * stdev(earned) / math.sqrt(len(said))  # if all weighed the same
    assert 0.5 * even < (last["loyalty_high"] - last["loyalty_low"]) / 2 < 2.5 * even


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_told_is_what_the_header_says_and_stands_in_its_interval(town: Town, question: Any) -> None:
    assert question.title and question.answers.endswith("?") and question.notes
    assert {"brand", "since", "until"} <= {parameter.name for parameter in question.parameters}
    told = answer(town.mart, question, {"brand": "all"}).answer
    chart = question.chart
    assert {name for name in (chart.x, chart.y, chart.by, chart.value) if name} <= set(told.columns)
    assert told.rows
    measured = [name for name in told.columns if name.endswith(MEASURED)]
    assert {f"{name}_{end}" for name in measured for end in ("low", "high")} <= set(told.columns)
    for row in told.records():
        for name in measured:
            low, value, high = (row[f"{name}_low"], row[name], row[f"{name}_high"])
            assert value is None or low is None or low <= value + 1e-9, (name, row)
            assert value is None or high is None or value <= high + 1e-9, (name, row)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_mart_without_mentions_or_own_brands_can_be_asked(empty: Path, rival: Path, question: Any) -> None:
    assert answer(empty, question, {}).answer.rows == []
    told = answer(rival, question, {})
    assert told.values["brand"] == ["Bluebird Roasters"]  # none is ours, so it is asked of all
    assert told.answer.columns


def test_numbers_are_not_used_twice_and_the_page_is_made_from_the_files() -> None:
    numbers = [question.number for question in all_questions()]
    assert numbers == sorted(set(numbers)) and len(numbers) >= 28
    hint = "run `allears ask --markdown > docs/questions.md`"
    assert (ROOT / "docs" / "questions.md").read_text() == questions_page(), hint


def test_metrics_are_macros_that_anybody_can_call_on_the_mart(town: Town) -> None:
    with duckdb.connect(town.mart.resolve(), read_only=True) as db:
        # Newcombe 1998, table I, method 3: 81 of 263 and 0 of 20; the net sentiment of nobody is not 0.
        sql = "SELECT wilson_low(81, 263), wilson_high(81, 263), wilson_high(0, 20), net_low(0, 0, 0)"
        assert db.execute(sql).fetchall()[0] == pytest.approx((0.2553, 0.3662, 0.1611, None), abs=1e-4)
        sql = "SELECT list(t95(n) ORDER BY n) FROM (VALUES (2), (3), (4), (11), (101)) AS t (n)"
        assert db.execute(sql).fetchall()[0][0] == pytest.approx([12.706, 4.303, 3.182, 2.228, 1.984], abs=0.005)
    with duckdb.connect() as db:
        db.execute(f"ATTACH '{town.mart.resolve()}' AS mart (READ_ONLY)")
        assert db.execute("SELECT count(net_sentiment_low) FROM mart.sentiment_trend").fetchall() > [(0,)]


@pytest.mark.parametrize(
    ("question", "given", "message"),
    [
        ("rising_topic", {}, "no question 'rising_topic'; did you mean 'rising_topics'"),
        ("07", {"tpo": "3"}, "rising_topics takes brand, since, until, least, top, not 'tpo'; did you mean 'top'"),
        ("07", {"brand": "Habor Coffee"}, "brand is 'Habor Coffee', .* did you mean 'Harbor Coffee'"),
        ("07", {"since": "yesterday"}, "since is 'yesterday'; write a day such as"),
        ("07", {"since": "2026-11-20", "until": "2026-11-01"}, "since is 2026-11-20, after until, 2026-11-01"),
        ("07", {"top": "many"}, "top is 'many'; write a number"),
        ("16", {"by": "place"}, "by is 'place'; it takes author, site"),
        ("23", {"timezone": "Mars/Base"}, "23 .hours.: .*Mars/Base"),
    ],
)
def test_what_cannot_be_asked_is_said_with_the_nearest_that_can(
    town: Town, question: str, given: dict[str, str], message: str
) -> None:
    with pytest.raises(WarehouseError, match=message):
        town.ask(question, **given)


def test_brands_and_days_can_be_said_in_several_ways(town: Town) -> None:
    def values(**given: str) -> dict[str, Any]:
        return answer(town.mart, question_called("1"), given).values

    assert values() == {"brand": [OWN], "since": NEWEST - timedelta(6), "until": NEWEST}
    assert values(brand="harbor coffee, Nine Lives Coffee")["brand"] == [OWN, "Nine Lives Coffee"]
    assert values(brand="competitors")["brand"] == ["Bluebird Roasters", "Nine Lives Coffee"]
    assert values(until="1w", since="2w") == {
        "brand": [OWN],
        "since": NEWEST - timedelta(7 + 13),
        "until": NEWEST - timedelta(7),
    }


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("-- title: x\n-- answers: y?\n\nSELECT 1", "lacks chart"),
        ("-- title: x\n-- what is this\n\nSELECT 1", "line 2: expected `-- key: value`"),
        ("-- title: x\n-- answers: y?\n-- chart: bar a b\n-- brand: brands\n\nSELECT 1", "brand is 'brands'; write"),
        ("-- title: x\n-- answers: y?\n-- chart: pie a b\n\nSELECT 1", "chart is 'pie a b'"),
        ("-- title: x\n-- answers: y?\n-- chart: bar a b\n\nSELECT $brand", "brand must stand both"),
        ("-- title: x\n-- answers: y?\n-- chart: bar a b\n\nDROP TABLE brands", "one SELECT and nothing else"),
    ],
)
def test_a_bad_header_says_where_and_how_to_mend_it(tmp_path: Path, sql: str, message: str) -> None:
    (tmp_path / "99_bad.sql").write_text(sql)
    with pytest.raises(WarehouseError, match=message):
        load_question(tmp_path / "99_bad.sql")


@pytest.fixture
def typed(town: Town) -> Iterator[Callable[..., str]]:
    """The verb as it is typed; returns what it printed."""
    config = town.mart.with_name("allears.toml")
    config.write_text("version = 1\n")

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["ask", *words, "--config", str(config)])
        if done.exception:
            raise done.exception
        return done.stdout

    yield run


def test_the_verb_lists_explains_and_answers(typed: Callable[..., str]) -> None:
    listed = typed()
    assert all(question.name in listed for question in all_questions())
    assert "$since::DATE" in typed("07", "--help-question")
    told = json.loads(typed("07", "--brand", OWN, "--since", "7d", "--set", "top=1", "--json"))
    assert (told["name"], told["parameters"]["since"]) == ("rising_topics", "2026-11-15")
    assert [row["topic"] for row in told["rows"]] == ["app"]
    assert typed("07", "--csv").startswith("brand,topic,mentions,before,growth,growth_low,growth_high,")
    assert "share" in typed("02") and "% (" in typed("02")


def test_the_verb_says_when_there_is_nothing(typed: Callable[..., str]) -> None:
    assert "Nothing from 2026-09-01 to 2026-09-02" in typed("08", "--since", "2026-09-01", "--until", "2026-09-02")


def test_the_verb_draws(typed: Callable[..., str], tmp_path: Path) -> None:
    assert "2026-11-16" in typed("04", "--chart") and "█" in typed("04", "--chart")
    assert "1 Mon" in typed("23", "--chart")
    for question, file in (("04", "trend.svg"), ("10", "bars.svg"), ("23", "hours.png")):
        typed(question, "--brand", "all", "--chart-file", str(tmp_path / file))
        assert (tmp_path / file).stat().st_size > 5_000
    drawn = (tmp_path / "trend.svg").read_text()
    assert "Bluebird Roasters" in drawn and "<script" not in drawn
    with pytest.raises(ConfigError, match=r"must end in \.svg or \.png"):
        typed("04", "--chart-file", "trend.pdf")
    with pytest.raises(ConfigError, match="--set top: write a name and a value"):
        typed("07", "--set", "top")
