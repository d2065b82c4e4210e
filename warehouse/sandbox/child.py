"""The process that answers one query of a stranger: it opens the mart, shuts itself in, checks, runs and answers.

Started by warehouse.sandbox.ask as `python -m warehouse.sandbox.child`. It reads the question as JSON from standard
input, writes READY once it is shut in, then each row as a line of JSON, and last a line with what there is to say of
them: an object, so that an answer that was broken off is not taken for a whole one.
"""

import json
import math
import os
import sys
from pathlib import Path
from typing import Any, TypedDict

import _duckdb as duckdb  # what the package duckdb wraps; alone it starts in half the time

from warehouse.sandbox.cells import LONGEST, packed
from warehouse.sandbox.grammar import Allowed, NotAllowed, allowed_in, check
from warehouse.sandbox.jail import shut_in

READY = b"\n"
DEEPEST = 8_000  # Python frames; DuckDB itself stops at expressions 1,000 deep, and each takes four
MOST_COLUMNS = 500  # a table of more can be laid out by nobody
LONGEST_MESSAGE = 2_000  # characters; DuckDB quotes the SQL in its errors
# These speak of the SQL. Others, such as IOException, can speak of this machine.
ABOUT_THE_SQL = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError, duckdb.IntegrityError)
WARM_UP = "SELECT now(), current_date, TIME '01:00', 1.5::DECIMAL, INTERVAL 1 DAY, uuid(), 'a'::BLOB"
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "python_enable_replacements": False,  # or FROM name would read this program's variables
    "temp_directory": "",
    "threads": 1,
    "lock_configuration": True,
}


class Question(TypedDict):
    """What is asked, of which file, in which empty folder, within which limits."""

    mart: str
    folder: str
    sql: str
    timeout_s: float
    rows: int
    memory_mb: int
    answer_bytes: int
    own_tables: bool


def main() -> None:
    """Answer the question on standard input."""
    sys.setrecursionlimit(DEEPEST)
    question: Question = json.load(sys.stdin)
    db = duckdb.connect(
        question["mart"], read_only=True, config=LOCKED | {"memory_limit": f"{question['memory_mb']}MB"}
    )
    allowed = allowed_in(db, own_tables=question["own_tables"])
    db.execute(WARM_UP).fetchall()  # has Python load what dates and numbers need, while it still has files
    cpu_s = math.ceil(question["timeout_s"]) + 5  # the parent counts the seconds; this is for when it cannot
    nowhere = os.open(os.devnull, os.O_WRONLY)
    exposed = shut_in(Path(question["folder"]), memory_mb=question["memory_mb"], cpu_s=cpu_s)
    os.dup2(nowhere, sys.stderr.fileno())  # from here on, what is said there is a stranger's
    os.write(sys.stdout.fileno(), READY)
    sys.stdout.buffer.write(_line(_reply(db, question, allowed) | {"exposed": exposed}))
    sys.stdout.flush()
    os._exit(0)  # nothing is left to be tidied, and freeing what DuckDB holds can take long


def _reply(db: duckdb.DuckDBPyConnection, question: Question, allowed: Allowed) -> dict[str, Any]:
    try:
        check(db, question["sql"], allowed)
        return _answer(db, question)
    except NotAllowed as refusal:
        return {"error": str(refusal), "kind": "refused"}
    except (MemoryError, duckdb.OutOfMemoryException):
        return {"error": "", "kind": "memory"}
    except ABOUT_THE_SQL as error:
        home = str(Path(question["mart"]).parent)
        return {"error": str(error).replace(home, "...")[:LONGEST_MESSAGE], "kind": "sql"}


def _answer(db: duckdb.DuckDBPyConnection, question: Question) -> dict[str, Any]:
    """Write the rows, and return columns and what was cut: DuckDB streams, so rows beyond are never computed."""
    result = db.execute(question["sql"])
    columns = [column[0] for column in result.description or []]
    if len(columns) > MOST_COLUMNS:
        raise NotAllowed(f"the answer has {len(columns)} columns, and at most {MOST_COLUMNS} are shown: name fewer")
    told: dict[str, Any] = {"columns": columns, "cut": "", "cut_cells": 0}
    left, room = question["rows"], question["answer_bytes"] - len(_line(columns))
    while (row := result.fetchone()) is not None:
        cells = [packed(cell) for cell in row]
        line = _line(cells)
        left, room = left - 1, room - len(line)
        if left < 0 or room < 0:
            return told | {"cut": "rows" if left < 0 else "bytes"}
        told["cut_cells"] += sum(isinstance(cell, str) and len(cell) > LONGEST for cell in cells)
        sys.stdout.buffer.write(line)
    return told


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    main()
