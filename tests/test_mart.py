"""The mart as a public contract: documented in full, and what ran yesterday runs today."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.martpage import mart_page
from tests.contract import HOW, Contract, broken, contract, promised
from tests.marts import SIZE, publish_to, small_warehouse
from warehouse.mart import ask, describe, describe_macros

ROOT = Path(__file__).parents[1]
QUERIES = (ROOT / "tests" / "contract" / "queries.sql").read_text().split("\n\n-- ")[1:]


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("mart")
    with small_warehouse(folder) as warehouse:
        yield publish_to(warehouse, folder)


@pytest.fixture(scope="module")
def held() -> Contract:
    return contract()


def test_every_table_column_and_metric_says_what_it_means() -> None:
    silent = [f"{name}.{column}" for _, name, column, _, comment, about in describe().rows if not (comment and about)]
    silent += [name for name, _, comment in describe_macros().rows if not comment]
    assert silent == [], "write COMMENT ON … for these and their tables"


def test_the_page_of_the_mart_is_as_the_mart_is() -> None:
    page = (ROOT / "docs" / "mart.md").read_text()
    assert page == mart_page(), "type `uv run allears schema --markdown > docs/mart.md`"


def test_nothing_that_was_promised_goes_or_changes(held: Contract) -> None:
    faults = broken(promised(), held)
    assert faults == [], f"{'; '.join(faults)}: {HOW}"


def test_a_column_that_goes_or_changes_its_type_is_noticed_and_one_more_is_not(held: Contract) -> None:
    later: Any = copy.deepcopy(held)
    later["columns"]["mentions"]["sarcasm"] = "BOOLEAN"
    assert broken(held, later) == []
    later["columns"]["mentions"]["score"] = "FLOAT"
    del later["columns"]["mentions"]["likes"], later["columns"]["ratings"]
    faults = ["mentions.likes is gone", "mentions.score was DOUBLE and is FLOAT", "ratings is gone"]
    assert sorted(broken(held, later)) == faults


def test_what_is_published_is_what_the_contract_says(mart: Path, held: Contract) -> None:
    sql = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
    published: dict[str, dict[str, str]] = {}
    for table, column, kind in ask(mart, sql).rows:
        published.setdefault(table, {})[column] = kind
    assert published == held["columns"]


@pytest.mark.parametrize("query", QUERIES, ids=[query.splitlines()[0] for query in QUERIES])
def test_a_saved_query_goes_on_running(mart: Path, query: str) -> None:
    columns, sql = query.split("\n", 1)
    assert ask(mart, sql).columns == columns.split(", ")


def test_a_view_that_a_user_keeps_in_a_file_of_their_own_goes_on_running(mart: Path, tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "mine.duckdb") as db:
        db.execute(f"ATTACH '{mart}' AS mart (READ_ONLY)")
        db.execute("CREATE VIEW mine AS SELECT brand, sum(read) AS read FROM mart.daily_brand GROUP BY ALL")
        assert dict(db.execute("FROM mine").fetchall())["Harbor Coffee"] == SIZE
