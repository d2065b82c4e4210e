"""The command line as a person types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.show import cell_text

ROOT = Path(__file__).parents[1]
ALLEARS = str(Path(sys.executable).with_name("allears"))


def allears(*words: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | environment
    return subprocess.run([ALLEARS, *map(str, words)], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_help_teaches_where_to_start() -> None:
    done = allears("--help")
    assert done.returncode == 0
    assert "Start with `allears demo`" in done.stdout


def test_init_writes_a_configuration_once(tmp_path: Path) -> None:
    assert allears("init", cwd=tmp_path).returncode == 0
    again = allears("init", cwd=tmp_path)
    assert again.returncode == 2
    assert "already there" in again.stderr


@pytest.mark.parametrize("verb", ["run", "status"])
def test_a_missing_configuration_is_one_line_and_exit_2(tmp_path: Path, verb: str) -> None:
    done = allears(verb, cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "allears init" in done.stderr


def test_nothing_is_half_done_when_the_configuration_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "allears.toml").write_text('[[feeds]]\nsource = "file"\npath = "x.csv"\ncolums = {}\n')
    done = allears("run", cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown option 'colums'" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["allears.toml"]


def test_a_wrong_column_is_named_with_the_ones_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("Body,Stars\ngood,5\n")
    (tmp_path / "allears.toml").write_text('[[feeds]]\nsource = "file"\npath = "x.csv"\ncolumns = { text = "Text" }\n')
    done = allears("check", cwd=tmp_path)
    assert done.returncode == 2
    assert "Body" in done.stdout + done.stderr


def test_sources_lists_every_card_for_people_machines_and_the_readme() -> None:
    cards = json.loads(allears("sources", "--json").stdout)
    assert {"feed", "appstore", "hackernews", "file"} <= {card["source"] for card in cards}
    markdown = allears("sources", "--markdown").stdout
    assert markdown == (ROOT / "docs" / "sources.md").read_text(), "run `allears sources --markdown > docs/sources.md`"
    readme = (ROOT / "README.md").read_text()
    assert [card["source"] for card in cards if f"`{card['source']}`" not in readme] == []


def test_schema_prints_every_table_without_a_warehouse(tmp_path: Path) -> None:
    done = allears("schema", cwd=tmp_path)
    assert done.returncode == 0
    assert "table mentions:" in done.stdout and "view share_of_voice:" in done.stdout


def test_sql_before_the_first_run_says_what_to_type(tmp_path: Path) -> None:
    allears("init", cwd=tmp_path)
    done = allears("sql", "SELECT 1", cwd=tmp_path)
    assert done.returncode == 2
    assert "allears run" in done.stderr


def test_eval_measures_and_names_a_wrong_label(tmp_path: Path) -> None:
    file = tmp_path / "gold.csv"
    file.write_text('text,label\n"I love it, best coffee ever",positive\n"Awful, it broke at once",negative\n')
    quality = json.loads(allears("eval", file, "--json").stdout)
    assert (quality["texts"], quality["accuracy"]) == (2, 1.0)
    file.write_text("text,label\nfine,good\n")
    done = allears("eval", file)
    assert done.returncode == 2
    assert "row 2: label 'good'; known are negative" in done.stderr


def test_no_cell_of_a_table_gives_orders_to_the_terminal() -> None:
    assert cell_text(["\x1b[2Jgone", 7]) == "\ufffd[2Jgone, 7"


def test_csv_answers_hold_no_formula() -> None:
    script = "from flows.show import print_csv; print_csv(['a'], [['=HYPERLINK(1)'], [-5]])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["a", "'=HYPERLINK(1)", "-5"]
