"""SQL of people one does not trust: what they try is refused or stopped, and what they need works."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from connectors.mention import Mention
from flows.config import ConfigError
from flows.safesql import answer_sql
from tests.escapes import BROKEN, MEMORY, ORDINARY, PAST_THE_GRAMMAR, REFUSED, TIME, UNREADABLE
from warehouse.brands import Brand
from warehouse.migrate import VIEWS, WarehouseError
from warehouse.publish import publish
from warehouse.sandbox import child
from warehouse.sandbox.ask import ENVIRONMENT, Limits, SafeAnswer, SafeError, ask_safely
from warehouse.sandbox.grammar import FUNCTIONS, Allowed, NotAllowed, allowed_in, check
from warehouse.warehouse import Batch, Walk, Warehouse

ROOT = Path(__file__).parents[1]
QUESTIONS = ROOT / "warehouse" / "questions"
ALLEARS = str(Path(sys.executable).with_name("allears"))
SMALL = Limits(timeout_s=0.5, rows=100, memory_mb=64)
STOPPED, ENDED = {"memory", "time"}, {"refused", "sql", "crash", "memory", "time"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="safe SQL needs Linux")


class Mart(NamedTuple):
    """A published mart, its bytes' hash, and a connection as the process that answers has it."""

    pointer: Path
    digest: str
    db: duckdb.DuckDBPyConnection
    allowed: Allowed


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    folder, now = tmp_path_factory.mktemp("secret-place"), datetime(2026, 11, 22, 6, tzinfo=UTC)
    with Warehouse(folder / "warehouse.duckdb", now) as warehouse:
        mentions = [
            Mention(source="forum", native_id=str(n), text=f"Cafe {n}", posted_at=now, likes=n) for n in range(30)
        ]
        warehouse.land(Batch(mentions, {}), Walk("a", "forum", "forum", "x"), now)
        warehouse.write("CREATE MACRO doubled(x) AS 2 * x")
        warehouse.write("CREATE MACRO liked(most) AS TABLE FROM mentions WHERE likes <= most")
        warehouse.settle([Brand("Cafe", feeds=("a",))])
        warehouse.write("CREATE SCHEMA own")
        warehouse.write("CREATE TABLE own.customers AS SELECT 'Cafe' AS brand, 7 AS paid")
        file = publish(warehouse, folder / "published", folder / "mart.duckdb", {})
    with duckdb.connect(file, read_only=True, config=child.LOCKED) as db:
        yield Mart(folder / "mart.duckdb", hashlib.sha256(file.read_bytes()).hexdigest(), db, allowed_in(db))


def refusal(mart: Mart, sql: str) -> SafeError:
    with pytest.raises(SafeError) as caught:
        answer(mart, sql)
    assert "secret-place" not in str(caught.value)
    return caught.value


def answer(mart: Mart, sql: str, **limits: int) -> SafeAnswer:
    return ask_safely(mart.pointer, sql, limits=replace(SMALL, timeout_s=20, **limits))


def outcome(mart: Mart, sql: str) -> str:
    """Return the kind of error that `sql` ends in, or "answered"."""
    begun = time.monotonic()
    try:
        ask_safely(mart.pointer, sql, limits=SMALL)
    except SafeError as error:
        assert "secret-place" not in str(error)
        return error.kind
    finally:
        assert time.monotonic() - begun < 20  # the process may start late where the machine is busy
    return "answered"


@pytest.mark.parametrize("sql", REFUSED.values(), ids=REFUSED)
def test_what_is_no_question_about_the_mart_is_refused_before_it_runs(mart: Mart, sql: str) -> None:
    with pytest.raises((NotAllowed, duckdb.ParserException)):
        check(mart.db, sql, mart.allowed)


@pytest.mark.parametrize("sql", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_text_is_refused_without_a_process(mart: Mart, sql: str) -> None:
    assert refusal(mart, sql).kind == "refused"


def test_what_takes_too_much_is_stopped_and_the_next_question_is_answered(mart: Mart) -> None:
    few = [*list(MEMORY.values())[:4], *list(TIME.values())[:2], *list(BROKEN.values())[:3]]
    with ThreadPoolExecutor(2) as threads:
        kinds = list(threads.map(lambda sql: outcome(mart, sql), few))
    assert set(kinds[:6]) <= STOPPED
    assert set(kinds[6:]) <= ENDED
    assert answer(mart, "SELECT count(*) FROM mentions").answer.rows == [(30,)]
    assert hashlib.sha256(mart.pointer.read_bytes()).hexdigest() == mart.digest


@pytest.mark.slow
def test_every_escape_ends_within_its_limits_and_nothing_is_left_of_it(mart: Mart) -> None:
    left = set(Path(tempfile.gettempdir()).glob("allears-*"))
    tried = [({"refused", "sql"}, sql) for sql in (*REFUSED.values(), *UNREADABLE.values())]
    tried += [(STOPPED, sql) for sql in (*MEMORY.values(), *TIME.values())]
    tried += [(ENDED, sql) for sql in BROKEN.values()]
    with ThreadPoolExecutor(2) as threads:
        kinds = list(threads.map(lambda case: outcome(mart, case[1]), tried))
    wrong = [(kind, sql[:100]) for (meant, sql), kind in zip(tried, kinds, strict=True) if kind not in meant]
    assert wrong == []
    assert hashlib.sha256(mart.pointer.read_bytes()).hexdigest() == mart.digest
    assert set(Path(tempfile.gettempdir()).glob("allears-*")) <= left


@pytest.mark.parametrize("sql", PAST_THE_GRAMMAR)
def test_what_would_get_past_the_reading_of_it_duckdb_itself_refuses(mart: Mart, sql: str) -> None:
    with pytest.raises(duckdb.Error):
        mart.db.execute(sql).fetchall()


SHUT_IN = """
import os, resource, socket, sys, threading
from pathlib import Path
from warehouse.sandbox.jail import shut_in
exposed = shut_in(Path(sys.argv[1]), memory_mb=64, cpu_s=5)
def tried(name, attempt):
    try:
        attempt()
        print(name)
    except (OSError, MemoryError, RuntimeError, ValueError):
        pass
if "the files that its user may read" not in exposed:
    tried("read", lambda: Path("/etc/passwd").read_text())
    tried("list", lambda: os.listdir("/etc"))
    tried("make", lambda: os.mkdir("/x"))
if "the network" not in exposed:
    tried("connect", lambda: socket.socket().connect(("127.0.0.1", int(sys.argv[2]))))
tried("write", lambda: Path("x").write_text("x"))
tried("allocate", lambda: bytearray(200 << 20))
tried("raise", lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)))
tried("leave", lambda: os.chroot("/"))
if os.getuid() != 0:
    tried("fork", os.fork)
    tried("thread", threading.Thread(target=print).start)
    tried("root", lambda: os.setuid(0))
"""


def test_what_would_get_past_duckdb_the_kernel_refuses(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", SHUT_IN, tmp_path, str(server.getsockname()[1])]
        done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


ASK = """
import sys
from pathlib import Path
from warehouse.sandbox.ask import ask_safely
ask_safely(Path(sys.argv[1]), sys.argv[2])
"""


def test_a_shut_in_process_knows_no_secret_and_dies_with_its_parent(mart: Mart) -> None:
    for blow in (signal.SIGINT, signal.SIGKILL):
        command = [sys.executable, "-c", ASK, mart.pointer, TIME["a cross join"]]
        parent = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"SLACK_URL": "hush"}, stderr=subprocess.DEVNULL)
        child_id = _child_of(parent.pid)
        assert Path(f"/proc/{child_id}/environ").read_bytes() == b"TZ=UTC\0"
        parent.send_signal(blow)
        assert parent.wait(10) != 0
        _wait_until(lambda number=child_id: not _is_running(number))


def _child_of(process: int) -> int:
    children = Path(f"/proc/{process}/task/{process}/children")
    _wait_until(lambda: bool(children.read_text()))
    number = int(children.read_text())
    _wait_until(lambda: b"sandbox" in Path(f"/proc/{number}/cmdline").read_bytes())
    time.sleep(0.5)  # so that it has asked to die with its parent
    return number


def _is_running(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] not in "ZX"


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("sql", ORDINARY)
def test_what_marketers_ask_is_allowed_and_works(mart: Mart, sql: str) -> None:
    check(mart.db, sql, mart.allowed)
    mart.db.execute(sql).fetchall()


def test_every_view_could_be_typed_by_a_stranger(mart: Mart) -> None:
    for file in VIEWS.glob("*.sql"):
        for statement in duckdb.extract_statements(file.read_text()):
            if "CREATE OR REPLACE VIEW" in statement.query:
                check(mart.db, statement.query.partition(" AS\n")[2], mart.allowed)


def test_every_numbered_question_could_be_typed_by_a_stranger_with_its_values_in_it(mart: Mart) -> None:
    for file in QUESTIONS.glob("[0-9]*.sql"):
        check(mart.db, re.sub(r"\$\w+", "NULL", file.read_text()), mart.allowed)


def test_own_tables_are_for_those_only_to_whom_they_are_opened(mart: Mart) -> None:
    sql = "SELECT sum(paid) FROM own.customers JOIN brands USING (brand)"
    assert "own.customers is not in the mart" in str(refusal(mart, sql))
    assert answer(mart, sql, own_tables=True).answer.rows == [(7,)]


def test_every_function_on_the_list_is_one(mart: Mart) -> None:
    listed = {name for line in FUNCTIONS.read_text().splitlines() if line[:1] != "#" for name in line.split()}
    known = {name for (name,) in mart.db.execute("SELECT lower(function_name) FROM duckdb_functions()").fetchall()}
    assert listed - known == {"construct_array", "unpivot_list"} - known


def test_an_answer_has_the_values_that_a_trusted_one_has(mart: Mart) -> None:
    sql = """
        SELECT
            1, 170141183460469231731687303715884105727, 1.5::DOUBLE, 2.50, NULL, TRUE, 'ü', today(), now()::TIMESTAMP,
            TIME '01:02:03', INTERVAL 90 MINUTES, 'a'::BLOB, [1, NULL], {'a': DATE '2026-01-01', 'b': ['x']},
            MAP {'k': 1.5}, 'infinity'::DOUBLE
    """
    told, trusted = answer(mart, sql), mart.db.execute(sql).fetchall()
    assert told.cut == []
    fixed = [column for column in range(16) if column != 8]  # that one is the moment
    assert [told.answer.rows[0][c] for c in fixed] == [trusted[0][c] for c in fixed]
    assert told.answer.rows[0][3] == Decimal("2.50") and isinstance(told.answer.rows[0][8], datetime)


def test_rows_bytes_and_cells_are_cut_and_the_answer_says_so(mart: Mart) -> None:
    endless = answer(mart, "FROM range(1000000000000)")
    assert (len(endless.answer.rows), endless.cut) == (100, ["only the first 100 rows are shown"])
    large = answer(mart, "SELECT repeat('x', 9999) FROM range(90)", answer_bytes=50_000)
    assert len(large.answer.rows) == 4 and "larger than 0.05 MB" in large.cut[0]
    long = answer(mart, "SELECT repeat('x', 40000), [repeat('y', 40000)]")
    assert [len(cell) for cell in long.answer.rows[0]] == [32_768, 32_768]
    assert long.cut == ["texts longer than 32,767 characters are cut, in 2 of the cells"]
    assert answer(mart, "FROM range(100)").cut == []


def test_an_answer_commands_no_terminal(mart: Mart) -> None:
    told = answer(mart, "SELECT chr(27) || '[2J', [chr(155)], 'a\nb'")
    assert told.answer.rows == [("\ufffd[2J", ["\ufffd"], "a\nb")]


def test_a_mistake_is_told_with_its_place_and_a_refusal_with_what_there_is(mart: Mart) -> None:
    mistake = refusal(mart, "SELECT txt FROM mentions")
    assert mistake.kind == "sql" and "LINE 1: SELECT txt" in str(mistake) and "allears schema" in str(mistake)
    unknown = refusal(mart, "SELECT * FROM mention")
    assert unknown.kind == "refused" and "mention is not in the mart" in str(unknown) and "mentions" in str(unknown)
    assert "name its values" in str(refusal(mart, "PIVOT mentions ON source USING count(*)"))


def test_before_the_first_run_it_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="allears run"):
        ask_safely(tmp_path / "mart.duckdb", "SELECT 1")


def test_the_command_line_answers_and_says_what_is_cut(mart: Mart, tmp_path: Path) -> None:
    (tmp_path / "allears.toml").write_text(f'[warehouse]\nmart = "{mart.pointer}"\n')
    command = [ALLEARS, "sql", "--safe", "--rows", "2", "--timeout", "20", "--json", "-"]
    asked = "SELECT likes FROM mentions ORDER BY 1"
    done = subprocess.run(command, cwd=tmp_path, input=asked, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout) == [{"likes": 0}, {"likes": 1}]
    assert "only the first 2 rows" in done.stderr


def test_limits_without_safe_are_a_mistake(mart: Mart) -> None:
    with pytest.raises(ConfigError, match="--safe"):
        answer_sql(mart.pointer, "SELECT 1", safe=False, timeout_s=None, rows=2, memory_mb=None)
