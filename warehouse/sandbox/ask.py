"""Asks the mart the SQL of people one does not trust, in a process that is shut in and killed at its deadline."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal, NamedTuple, cast

from warehouse.mart import Answer
from warehouse.migrate import WarehouseError
from warehouse.sandbox.cells import CONTROL, LONGEST, printable, unpacked

Kind = Literal["refused", "sql", "time", "memory", "crash", "unavailable"]
ROOT = Path(__file__).parents[2]
CHILD = (sys.executable, "-s", "-X", "utf8", "-m", "warehouse.sandbox.child")
ENVIRONMENT = {"TZ": "UTC"}  # the whole of it: no secrets, no search path, no home
LONGEST_SQL = 30_000  # bytes; as JSON at most twice as many, which a pipe takes at once
START_S = 60  # the process starts in 0.3 s; that the machine is busy is not the query's fault
WHOLE = b"}\n"  # how an answer ends; a row ends with ]
FRAME = 65_536  # bytes of a reply besides its rows: column names, or an error

CHEAPER = "ask for fewer days, brands or columns, or count in a view such as sentiment_trend"


@dataclass(frozen=True)
class Limits:
    """How long a query may run, what it may take, how much of its answer is kept, and what it may ask.

    `own_tables` lets it ask those of [[tables]] too, which may hold what not everybody may see.
    """

    timeout_s: float = 10
    rows: int = 10_000
    memory_mb: int = 512
    answer_bytes: int = 8_000_000
    own_tables: bool = False


DEFAULT = Limits()


class SafeAnswer(NamedTuple):
    """An answer, what was cut off it, and what this machine could not shut the query off from; both in words."""

    answer: Answer
    cut: list[str]
    exposed: list[str]


class SafeError(WarehouseError):
    """SQL that was refused, failed or was stopped: `kind` says which, and the text may be shown to who asked."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def ask_safely(mart: Path, sql: str, *, limits: Limits = DEFAULT) -> SafeAnswer:
    """Return the answer of one SELECT on the tables and views of the published copy that `mart` points to.

    It runs in a process of its own, which is dead when this returns or raises, and which takes 1.5 times
    `limits.memory_mb` and 100 MB at most. Threads may call it at the same time. Raises SafeError, and WarehouseError
    when nothing is published yet.
    """
    if sys.platform != "linux":
        raise SafeError("unavailable", "safe SQL needs limits that only Linux sets: run Allears there, or in its image")
    if not mart.exists():
        raise WarehouseError(f"{mart} does not exist yet; `allears run` publishes it")
    _check_text(sql)
    with tempfile.TemporaryDirectory(prefix="allears-") as folder:
        question = {"mart": str(mart.resolve()), "folder": folder, "sql": sql} | asdict(limits)
        return _read_reply(_exchange(json.dumps(question, ensure_ascii=False).encode(), limits), limits)


def _check_text(sql: str) -> None:
    """Refuse what never was a question, before a process is started for it."""
    try:
        size = len(sql.encode())
    except UnicodeEncodeError:
        raise _refused("it is not valid Unicode") from None
    if size > LONGEST_SQL:
        raise _refused(f"it has {size:,} bytes, and at most {LONGEST_SQL:,} are read")
    if found := CONTROL.search(sql):
        raise _refused(f"it has the control character U+{ord(found[0]):04X} at position {found.start() + 1:,}")


def _exchange(question: bytes, limits: Limits) -> bytes:
    """Start a process, hand it the question and return its reply; it and all it started are dead afterwards."""
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603  our own words only; the stranger's go through the pipe
        CHILD, stdin=pipe, stdout=pipe, cwd=ROOT, env=ENVIRONMENT, start_new_session=True
    ) as process:
        try:
            reply = _converse(process, question, limits)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    if not reply.endswith(WHOLE):
        raise _died(process.returncode, limits)
    return reply


def _converse(process: "subprocess.Popen[bytes]", question: bytes, limits: Limits) -> bytes:
    writer, reader = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    try:
        with writer:
            writer.write(question)
        is_ready = _read(reader.fileno(), 1, START_S)
    except (BrokenPipeError, TimeoutError):
        is_ready = b""
    if not is_ready:
        raise SafeError("unavailable", "the process for safe SQL did not start; standard error may say why")
    try:
        return _read(reader.fileno(), limits.answer_bytes + FRAME, limits.timeout_s)
    except TimeoutError:
        raise SafeError("time", f"stopped after {limits.timeout_s:g} s: {CHEAPER}") from None


def _read(pipe: int, most: int, seconds: float) -> bytes:
    """Return what comes out of `pipe` until it ends, `most` bytes at most. Raises TimeoutError."""
    deadline, poll, data = time.monotonic() + seconds, select.poll(), bytearray()
    poll.register(pipe, select.POLLIN)
    while len(data) < most:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or not poll.poll(left_s * 1000):
            raise TimeoutError
        chunk = os.read(pipe, min(FRAME, most - len(data)))
        if not chunk:
            break
        data += chunk
    return bytes(data)


def _read_reply(reply: bytes, limits: Limits) -> SafeAnswer:
    try:
        *lines, told = map(json.loads, reply.splitlines())
        if "error" in told:
            raise _failed(str(told["kind"]), printable(str(told["error"])), limits)
        columns = [printable(str(column)) for column in told["columns"]]
        rows = [tuple(unpacked(cell) for cell in row) for row in lines]
        cut = _cut(str(told["cut"]), len(rows), int(told["cut_cells"]), limits)
        return SafeAnswer(Answer(columns, rows), cut, [str(part) for part in told["exposed"]])
    except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
        raise SafeError("crash", "the answer cannot be read: it is too large, or too deeply nested") from None


def _cut(reason: str, rows: int, cells: int, limits: Limits) -> list[str]:
    told = []
    if reason:
        why = f", because the answer is larger than {limits.answer_bytes / 1e6:g} MB" if reason == "bytes" else ""
        told.append(f"only the first {rows:,} rows are shown{why}")
    if cells:
        told.append(f"texts longer than {LONGEST:,} characters are cut, in {cells:,} of the cells")
    return told


def _failed(kind: str, message: str, limits: Limits) -> SafeError:
    if kind == "memory":
        return SafeError("memory", f"it needs more than {limits.memory_mb} MB of memory: {CHEAPER}")
    if kind == "sql":
        return SafeError("sql", f"{message}\n`allears schema` lists the tables and columns")
    return _refused(message)


def _died(code: int, limits: Limits) -> SafeError:
    """Say why a process ended that said nothing: the kernel ended it, or DuckDB did."""
    if -code == signal.SIGXCPU:
        return SafeError("time", f"stopped after {limits.timeout_s:g} s: {CHEAPER}")
    if -code == signal.SIGKILL:
        return _failed("memory", "", limits)
    return SafeError("crash", "its process broke off; nothing else is harmed. Ask in another way")


def _refused(why: str) -> SafeError:
    return SafeError("refused", f"refused: {why}")
