"""Who may write to a warehouse file, and what is said where a lake's own packages are not installed."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.config import ConfigError
from warehouse.lake import Lake, ObjectStore
from warehouse.migrate import WarehouseError
from warehouse.store import RUN, OneFile, look_up
from warehouse.turns import Lost, is_passing

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def test_of_a_file_one_takes_the_run_and_the_next_when_it_is_given_back(tmp_path: Path) -> None:
    one, other = (OneFile(tmp_path / "new" / "w.duckdb").locks() for _ in range(2))
    assert one.take(RUN)
    assert not other.take(RUN)
    one.close()
    assert other.take(RUN)
    other.close()


def test_the_book_keeping_of_a_file_can_be_looked_up(tmp_path: Path) -> None:
    store = OneFile(tmp_path / "w.duckdb")
    assert not store.exists()
    store.open(NOW).close()
    assert store.exists()
    assert look_up(store, "SELECT count(*) AS runs FROM ops.runs").records() == [{"runs": 0}]
    with pytest.raises(WarehouseError, match=r"w\.duckdb: .*nowhere"):
        look_up(store, "FROM nowhere")


@pytest.mark.parametrize("data", ["data", "s3://voices/a"])
def test_a_lake_without_its_packages_names_the_extra(monkeypatch: pytest.MonkeyPatch, data: str) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(WarehouseError, match="uv sync --extra lake"):
        Lake("dbname=x", data, ObjectStore()).exists()


def test_what_passes_is_told_from_what_does_not() -> None:
    away, wrong = Lost("the catalog does not answer"), WarehouseError("no such table")
    behind = WarehouseError("a batch was not kept")
    behind.__cause__ = away
    assert [is_passing(error) for error in (away, behind, wrong, None)] == [True, True, False, False]


@pytest.mark.parametrize(
    "asked", [["ask", "04", "--lake"], ["sql", "SELECT 1", "--lake"], ["sql", "SELECT 1", "--lake", "--safe"]]
)
def test_a_lake_is_asked_only_where_there_is_one(tmp_path: Path, asked: list[str]) -> None:
    config = tmp_path / "allears.toml"
    config.write_text('[[feeds]]\nsource = "file"\npath = "x.csv"\nbrand = "A"\n')
    told = CliRunner().invoke(app, [*asked, "--config", str(config)])
    assert isinstance(told.exception, ConfigError)
    assert "--lake" in str(told.exception)
