"""The published copy is opened anew for each answer, whoever else asks at the same time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.marts import SIZE, grow, small_warehouse
from warehouse.mart import ask, attached
from warehouse.migrate import WarehouseError
from warehouse.publish import publish
from warehouse.questions import answer, question_called
from warehouse.warehouse import Warehouse

COUNT = "SELECT count(*) FROM mentions"


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with small_warehouse(tmp_path) as opened:
        yield opened


@pytest.fixture
def mart(warehouse: Warehouse, tmp_path: Path) -> Path:
    publish(warehouse, tmp_path / "published", tmp_path / "mart.duckdb", {})
    return tmp_path / "mart.duckdb"


def test_an_answer_is_of_the_newest_copy_while_an_older_one_is_read(warehouse: Warehouse, mart: Path) -> None:
    with attached(mart) as older:
        grow(warehouse, SIZE, SIZE + 10)
        publish(warehouse, mart.with_name("published"), mart, {})
        assert ask(mart, COUNT).rows == [(SIZE + 10,)]
        assert older.execute(COUNT).fetchall() == [(SIZE,)]


def test_questions_can_be_asked_at_the_same_time(mart: Path) -> None:
    question = question_called("01")
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda _: answer(mart, question, {}).answer.rows, range(40)))
    assert told == told[:1] * 40 and told[0]


def test_what_one_asks_leaves_nothing_behind_for_the_next(mart: Path) -> None:
    with attached(mart) as db:
        db.execute("SET TimeZone = 'Asia/Tokyo'; SET VARIABLE brand = 'x'; CREATE TEMP TABLE mentions AS SELECT 1")
    assert ask(mart, f"SELECT getvariable('brand'), ({COUNT})").rows == [(None, SIZE)]


@pytest.mark.parametrize("sql", ["SELECT x FROM mentions", "SELEC", "DELETE FROM mentions", "DROP TABLE mentions"])
def test_a_question_that_fails_changes_nothing(mart: Path, sql: str) -> None:
    with pytest.raises(WarehouseError):
        ask(mart, sql)
    assert ask(mart, COUNT).rows == [(SIZE,)]


def test_the_database_has_the_name_that_tools_give_it(mart: Path) -> None:
    assert ask(mart, "SELECT current_database(), count(*) FROM mart.main.mentions").rows == [("mart", SIZE)]
