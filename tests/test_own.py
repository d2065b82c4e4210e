"""Tables of the user's own beside the mentions: customers, campaigns, releases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.config import Config, ConfigError, load_config
from flows.desk import open_desk, publish_copy
from flows.own import bring_own_tables, check_own_tables
from tests.marts import small_warehouse
from warehouse.mart import ask
from warehouse.own import OwnTable, bring_tables
from warehouse.warehouse import Warehouse

FEED = '[[feeds]]\nsource = "hackernews"\nquery = "x"\n'
TABLES = """
[[tables]]
name = "customers"
file = "customers[1].csv"
description = "Who buys; it's ours"
columns = { Value = "Euros a year" }
[[tables]]
name = "campaigns"
file = "campaigns.csv"
"""
CUSTOMERS = 'author,value,segment,"odd "" = name"\nauthor 1,900,vip,1\nauthor 2,10.5,new,2\n'
CAMPAIGNS = "campaign,first_day,last_day\nAutumn blend,2026-11-10,2026-11-14\n"
BY_VALUE = """
    SELECT c.segment, count(*) AS mentions, sum(c.value) AS euros, avg(m.score) AS score
    FROM mentions AS m
    JOIN own.customers AS c ON c.author = m.author
    WHERE m.day >= DATE '2026-11-01'
    GROUP BY c.segment
    ORDER BY euros DESC
"""
AROUND = """
    SELECT
        c.campaign,
        CASE WHEN t.day < c.first_day THEN 'before' WHEN t.day > c.last_day THEN 'after' ELSE 'during' END AS phase,
        sum(t.mentions) AS mentions,
        net_sentiment(sum(t.positive), sum(t.negative), sum(t.read)) AS net_sentiment
    FROM own.campaigns AS c
    JOIN sentiment_trend AS t ON t.day BETWEEN c.first_day - 5 AND c.last_day + 5
    WHERE t.brand = 'Harbor Coffee'
    GROUP BY c.campaign, phase
    ORDER BY c.campaign, min(t.day)
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("own")
    (folder / "allears.toml").write_text(FEED + TABLES)
    (folder / "customers[1].csv").write_text(CUSTOMERS)
    (folder / "customers1.csv").write_text("a,trap\n")
    (folder / "campaigns.csv").write_text(CAMPAIGNS)
    return load_config(folder / "allears.toml")


@pytest.fixture(scope="module")
def mart(config: Config) -> Path:
    """A mart with both tables, published by a run of which the second finds one of them broken."""
    with small_warehouse(config.folder):
        pass
    with open_desk(config) as desk:
        bring_own_tables(desk)
        assert desk.report.problems == []
        (config.folder / "customers[1].csv").write_text('author,value\n"no end')
        (config.folder / "campaigns.csv").rename(config.folder / "moved.csv")
        bring_own_tables(desk)
        broken, missing = desk.report.problems
        assert "customers[1].csv: 'author,value' is read as one column" in broken
        assert "the last copy stays" in broken
        assert "campaigns.csv does not exist; mend file = … under [[tables]]" in missing
        publish_copy(config, desk.warehouse, "run")
    return config.mart


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with small_warehouse(tmp_path) as opened:
        yield opened


def test_sentiment_is_asked_by_what_a_customer_is_worth(mart: Path) -> None:
    rows = ask(mart, BY_VALUE).rows
    assert [row[:3] for row in rows] == [("vip", 60, 60 * 900.0), ("new", 60, 60 * 10.5)]
    assert all(-1 <= score <= 1 for *_, score in rows)


def test_talk_before_during_and_after_a_campaign(mart: Path) -> None:
    rows = ask(mart, AROUND).rows
    assert [row[:3] for row in rows] == [("Autumn blend", phase, 100) for phase in ("before", "during", "after")]


def test_what_the_tables_mean_is_told_and_hostile_names_are_quoted(mart: Path) -> None:
    sql = "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = 'own' AND table_name = 'customers'"
    comments = dict(ask(mart, sql).rows)
    assert comments["value"] == "Euros a year"
    assert comments['odd " = name'] == "As customers[1].csv has it."
    (about,) = ask(mart, "SELECT comment FROM duckdb_tables() WHERE table_name = 'customers'").rows
    assert about == ("Who buys; it's ours",)


def test_a_table_that_is_not_asked_for_any_more_goes(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    assert bring_tables(warehouse, [OwnTable("A", tmp_path / "a.csv")]) == []
    assert bring_tables(warehouse, [OwnTable("a", tmp_path / "a.csv", columns={"c": "x"})]) == [
        "own table a: columns names 'c', and the file has only a, b"
    ]
    assert bring_tables(warehouse, []) == []
    assert warehouse.rows("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'own'") == [(0,)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; its first line must name the columns"),
        (b"a,b\n1,caf\xe9\n", "save it as CSV UTF-8"),
        (b"a,b\n1,2\n3,4,5\n", "some rows have more or fewer columns"),
    ],
)
def test_check_says_why_a_file_cannot_be_copied(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    (tmp_path / "allears.toml").write_text(f'{FEED}[[tables]]\nname = "a"\nfile = "a.csv"\n')
    (problem,) = check_own_tables(load_config(tmp_path / "allears.toml"), shown=False)
    assert message in problem


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('name = "a b"\nfile = "a.csv"', "letters, digits and _"),
        ('name = "a"\nfile = "a.xlsx"', "ends in .csv, .tsv, .csv.gz, .parquet"),
        ('name = "a"\nfile = "a.csv"\n[[tables]]\nname = "A"\nfile = "b.csv"', "two .* are called 'a'"),
        ('name = "a"\nfile = "a.csv"\nfil = 1', "unknown key 'fil' .did you mean 'file'"),
    ],
)
def test_a_wrong_entry_is_said_before_anything_runs(tmp_path: Path, table: str, message: str) -> None:
    (tmp_path / "allears.toml").write_text(f"{FEED}[[tables]]\n{table}\n")
    with pytest.raises(ConfigError, match=message):
        load_config(tmp_path / "allears.toml")
