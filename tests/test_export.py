"""Tables and views as files for others: whole or not at all, readable, and nothing in them is run."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

import warehouse.export
from flows.cli import app
from flows.config import Config, load_config
from flows.exportverbs import write_export
from tests.marts import SIZE, grow, mention, publish_to, small_warehouse
from warehouse.export import Wanted, export, target_of
from warehouse.migrate import WarehouseError
from warehouse.sheet import MOST_CHARS, Sheet
from warehouse.tables import utc

MOMENT = utc(datetime(1066, 10, 14, tzinfo=UTC))
HOSTILE = {"text": '=HYPERLINK("http://evil.example","win")', "author": "@sum", "title": "+1\x01 _x0041_ 🎉"}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    folder = tmp_path_factory.mktemp("exports")
    (folder / "allears.toml").write_text('[[feeds]]\nsource = "hackernews"\nquery = "x"\n')
    with small_warehouse(folder) as warehouse:
        grow(warehouse, SIZE, SIZE + 1, **HOSTILE)
        warehouse.write('CREATE SCHEMA own; CREATE TABLE own."odd "" name" AS SELECT 1 AS "=a", [[1], [2]] AS b')
        publish_to(warehouse, folder)
    return load_config(folder / "allears.toml")


def written(config: Config, what: str, to: Path, form: Any = None, **wanted: Any) -> Path:
    return write_export(config, Wanted(what=what, **wanted), to, form).path


def test_parquet_is_a_file_for_each_month_and_holds_the_types_of_the_mart(config: Config, tmp_path: Path) -> None:
    folder = written(config, "mentions", tmp_path)
    assert folder == tmp_path / "mentions"
    months = sorted(file.parent.name for file in folder.rglob("*.parquet"))
    assert months == ["month=2026-10", "month=2026-11"]
    with duckdb.connect() as db:
        read = db.read_parquet(f"{folder}/*/*.parquet", hive_partitioning=True)
        rows = read.aggregate("count(*), count(DISTINCT mention_id)").fetchall()
        kinds = dict(zip(read.columns, map(str, read.types), strict=True))
    assert rows == [(SIZE + 1, SIZE + 1)]
    assert (kinds["mention_id"], kinds["signals"], kinds["posted_at"]) == ("UBIGINT", "VARCHAR[]", "TIMESTAMP")


def test_a_range_is_from_the_first_day_to_the_last(config: Config, tmp_path: Path) -> None:
    november = {"since": date(2026, 11, 10), "until": date(2026, 11, 11)}
    with written(config, "mentions", tmp_path / "a.csv", **november).open() as file:
        assert {row["day"] for row in csv.DictReader(file)} == {"2026-11-10", "2026-11-11"}


def test_csv_shows_lists_as_people_read_them_and_runs_no_formula(config: Config, tmp_path: Path) -> None:
    with written(config, "mentions", tmp_path, "csv").open(newline="") as file:
        rows = {row["native_id"]: row for row in csv.DictReader(file)}
    assert len(rows) == SIZE + 1
    assert rows["1"]["signals"] == "praise, bug"
    assert {name: rows[str(SIZE)][name] for name in HOSTILE} == {name: f"'{text}" for name, text in HOSTILE.items()}
    assert rows[str(SIZE)]["likes"] == ""


def test_a_spreadsheet_has_real_dates_whole_ids_and_no_formula(config: Config, tmp_path: Path) -> None:
    file = written(config, "mentions", tmp_path / "a.xlsx", since=date(2026, 11, 20))
    names, *rows = CalamineWorkbook.from_path(file).get_sheet_by_name("mentions").to_python()
    by_id = {row[names.index("native_id")]: dict(zip(names, row, strict=True)) for row in rows}
    assert by_id["1"]["day"] == date(2026, 11, 21)
    assert by_id["1"]["posted_at"].isoformat() == "2026-11-21T05:59:00"
    assert by_id["1"]["mention_id"] == str(mention(1).mention_id)
    assert by_id["1"]["rating"] == 2


def test_hostile_text_makes_a_spreadsheet_that_still_opens(tmp_path: Path) -> None:
    with Sheet(tmp_path / "a.xlsx", "a[b]:*", [("text", "varchar"), ("when", "timestamp")]) as sheet:
        sheet.write([("\x00\x0b_x0041_ 🎉", MOMENT), ("y" * 40_000, None)])
        sheet.write([(float("inf"), date.max), (2**62, True), ("http://x.example/" + "a" * 3_000, None)])
    _, *rows = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    assert rows[0][1] == "1066-10-14 00:00:00"
    assert rows[1][0] == "y" * (MOST_CHARS - 1) + "…"
    assert [rows[2][0], rows[3][0], rows[4][0][:16]] == ["inf", str(2**62), "http://x.example"]


def test_a_table_of_ones_own_with_hostile_names_is_written(config: Config, tmp_path: Path) -> None:
    (name,) = [name for name in names_of(config) if name.startswith("own.")]
    with written(config, name, tmp_path / "a.csv").open() as file:
        assert list(csv.reader(file)) == [["'=a", "b"], ["1", "[[1],[2]]"]]


def names_of(config: Config) -> list[str]:
    with pytest.raises(WarehouseError) as raised:
        export(config.mart, Wanted(what="nothing"), target_of("nothing", Path("x.csv"), None), lambda *_: None)
    return str(raised.value).split("known are ")[1].split(", ")


def test_nothing_to_write_is_a_file_with_the_names_of_the_columns(config: Config, tmp_path: Path) -> None:
    future = {"since": date(2030, 1, 1)}
    assert written(config, "daily_brand", tmp_path / "a.csv", **future).read_text().startswith("day,brand,source")
    assert (written(config, "daily_brand", tmp_path, **future) / "part.parquet").exists()
    assert written(config, "daily_brand", tmp_path / "a.xlsx", **future).exists()


@pytest.mark.parametrize(
    ("what", "to", "form", "range_", "message"),
    [
        ("mention", "a.csv", None, {}, "did you mean 'mentions'"),
        ("mentions", "a.duckdb", None, {}, ".duckdb is no format; known are parquet, csv, xlsx"),
        ("mentions", "a.csv", "xlsx", {}, "ends in .csv, and --format is xlsx"),
        ("brands", "a.csv", None, {"since": date(2026, 1, 1)}, "brands has no day"),
    ],
)
def test_what_cannot_be_written_is_said(
    config: Config, tmp_path: Path, what: str, to: str, form: Any, range_: Any, message: str
) -> None:
    with pytest.raises(WarehouseError, match=message):
        written(config, what, tmp_path / to, form, **range_)
    assert list(tmp_path.iterdir()) == []


def test_more_rows_than_a_sheet_holds_names_parquet(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse.export, "MOST_ROWS", SIZE)
    with pytest.raises(WarehouseError, match=r"601 rows.*--format parquet"):
        written(config, "mentions", tmp_path / "a.xlsx")


def test_a_failure_leaves_the_earlier_export_and_nothing_else(config: Config, tmp_path: Path) -> None:
    def stop(done: int, rows: int) -> None:
        raise KeyboardInterrupt

    for to in (tmp_path / "a.csv", tmp_path / "a.xlsx", tmp_path):
        before = written(config, "brands", to)
        old = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
        with pytest.raises(KeyboardInterrupt):
            export(config.mart, Wanted(what="mentions"), target_of("brands", to, None), stop)
        assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == old
        assert before.exists()


def test_a_new_export_replaces_the_old_one_and_no_file_of_anybody_elses(config: Config, tmp_path: Path) -> None:
    folder = written(config, "mentions", tmp_path)
    written(config, "mentions", tmp_path, since=date(2026, 11, 1))
    assert [file.parent.name for file in folder.rglob("*.parquet")] == ["month=2026-11"]
    (folder / "thesis.doc").write_text("mine")
    with pytest.raises(WarehouseError, match=r"thesis\.doc is no part of an export"):
        written(config, "mentions", tmp_path)
    assert (folder / "thesis.doc").exists()


def test_rows_without_a_date_are_not_lost(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "mart.duckdb") as db:
        db.execute("CREATE TABLE t AS SELECT unnest([DATE '2026-01-31', NULL, DATE '1850-02-01']) AS day, 1 AS n")
    for to in (tmp_path / "a.csv", tmp_path / "a.xlsx", tmp_path / "folder"):
        assert export(tmp_path / "mart.duckdb", Wanted(what="t"), target_of("t", to, None), lambda *_: None).rows == 3
    assert sorted(path.name for path in (tmp_path / "folder" / "t").iterdir()) == [
        "month=1850-02",
        "month=2026-01",
        "month=unknown",
    ]


def test_an_answer_is_written_like_a_table(config: Config, tmp_path: Path) -> None:
    words = ["--question", "01", "--brand", "Harbor Coffee", "--since", "7d", "--until", "2026-11-21"]
    done = CliRunner().invoke(app, ["export", *words, "--to", f"{tmp_path}/a.csv", "--config", str(config.file)])
    assert done.exit_code == 0, done.output
    assert "Wrote 01_mentions to" in done.output
    (row,) = csv.DictReader((tmp_path / "a.csv").open())
    assert (row["brand"], row["mentions"]) == ("Harbor Coffee", "140")


def test_what_was_written_where_is_kept_in_a_list(config: Config, tmp_path: Path) -> None:
    file = written(config, "brands", tmp_path / "brands.csv")
    last = json.loads((config.folder / "exports.jsonl").read_text().splitlines()[-1])
    assert (last["file"], last["what"], last["rows"], last["since"]) == (str(file), "brands", 2, None)
