"""The mart through SQLAlchemy, the way Superset and notebooks open it; the strings are those of docs/bi.md."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import Engine, MetaData, create_engine, inspect, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from tests.marts import SIZE, grow, publish_to, small_warehouse
from tests.test_own import AROUND, BY_VALUE
from warehouse.warehouse import Warehouse

ROOT = Path(__file__).parents[1]
URL = "duckdb:////path/to/mart.duckdb?access_mode=read_only"
SAVED = "SELECT brand, sum(mentions) AS mentions FROM mart.main.daily_brand WHERE brand IS NOT NULL GROUP BY brand"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with small_warehouse(tmp_path_factory.mktemp("bi")) as opened:
        publish_to(opened, opened.path.parent)
        yield opened


@pytest.fixture
def engine(warehouse: Warehouse) -> Iterator[Engine]:
    engine = create_engine(URL.replace("/path/to", str(warehouse.path.parent)), poolclass=NullPool)
    yield engine
    engine.dispose()


def test_the_strings_are_those_in_the_docs() -> None:
    page = (ROOT / "docs" / "bi.md").read_text()
    assert f'create_engine("{URL}", poolclass=NullPool)' in page
    assert all(f"```sql\n{query.strip()}\n```" in page for query in map(dedent, (BY_VALUE, AROUND)))


def test_tables_views_and_their_comments_are_found(engine: Engine) -> None:
    found = MetaData()
    found.reflect(engine, views=True)
    assert {"mentions", "daily_brand", "freshness", "share_of_voice", "sentiment_trend"} <= set(found.tables)
    assert "mart.main" in inspect(engine).get_schema_names()
    assert inspect(engine).get_table_comment("mentions")["text"] is not None
    comments = {column["name"]: column["comment"] for column in inspect(engine).get_columns("ratings")}
    assert comments["stars"] == "Their mean, on a scale of 0 to 5."


def test_a_query_with_parameters_is_answered_and_nothing_can_be_written(engine: Engine) -> None:
    with engine.connect() as connection:
        by_brand = text("SELECT count(*) FROM brand_mentions WHERE brand = :brand")
        assert connection.execute(by_brand, {"brand": "Harbor Coffee"}).scalar() == SIZE
        with pytest.raises(ProgrammingError, match="read-only"):
            connection.execute(text("DELETE FROM mentions"))


def test_a_saved_query_sees_the_next_mart_at_the_next_connection(engine: Engine, warehouse: Warehouse) -> None:
    def answer() -> dict[str, int]:
        with engine.connect() as connection:
            return {brand: int(count) for brand, count in connection.execute(text(SAVED))}

    before = answer()["Harbor Coffee"]
    with engine.connect() as held:  # somebody has a dashboard open all the while
        grow(warehouse, before, before + 5)
        publish_to(warehouse, warehouse.path.parent)
        assert held.execute(text("SELECT count(*) FROM mentions")).scalar() == before
        assert answer()["Harbor Coffee"] == before + 5
        assert held.execute(text("SELECT count(*) FROM mentions")).scalar() == before
