"""The questions that marketers ask: numbered .sql files, whose header says what each takes and what it shows."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, cast

import duckdb

from warehouse.mart import Answer, attached
from warehouse.migrate import HERE, WarehouseError
from warehouse.store import Store

QUESTIONS = HERE / "questions"
LINE = re.compile(r"--\s*(\w+):\s*(.+?)\s*")
PARAMETER = re.compile(r"([\w|]+) = ([^;]+); (.+)")
CHART = re.compile(r"(line|bar|heat) (\w+) (\w+)(?: by (\w+)| (\w+))?")
AGO = re.compile(r"(\d{1,4})([dw])")
ANY = "any"  # as a default: the parameter may be left out
Given: TypeAlias = Mapping[str, str | Sequence[str]]  # several brands may be a list
Value: TypeAlias = list[str] | date | str | int | float | None


class Parameter(NamedTuple):
    """What a question takes: `kind` is brands, day, number, text, or the words to choose from, a|b."""

    name: str
    kind: str
    default: str
    meaning: str


class Chart(NamedTuple):
    """Which columns are drawn: `y` over `x`, a line or bar for each value of `by`; of a heat map `y` is the row."""

    kind: Literal["line", "bar", "heat"]
    x: str
    y: str
    by: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One numbered .sql file: its header, the comment that follows it, and its SELECT with named parameters."""

    number: str
    name: str
    title: str
    answers: str
    parameters: tuple[Parameter, ...]
    chart: Chart
    notes: str
    sql: str


class Told(NamedTuple):
    """The answer to a question and the values it was asked with, defaults filled in."""

    values: dict[str, Value]
    answer: Answer


class Known(NamedTuple):
    """What a mart holds that parameters are understood by: its brands, those that are ours, its newest full day."""

    brands: list[str]
    own: list[str]
    newest: date


@cache
def all_questions() -> tuple[Question, ...]:
    """Return every question, by number. Raises WarehouseError, which names file and line, for a bad header."""
    return tuple(load_question(file) for file in sorted(QUESTIONS.glob("[0-9][0-9]_*.sql")))


def question_called(called: str) -> Question:
    """Return the question of this number or name; raises WarehouseError with the nearest name for any other."""
    for question in all_questions():
        if called.removesuffix(".sql") in (question.number, question.number.lstrip("0"), question.name):
            return question
        if called == f"{question.number}_{question.name}":
            return question
    names = [question.name for question in all_questions()]
    raise WarehouseError(f"there is no question {called!r}{_nearest(called, names)}; `allears ask` lists them")


def answer(mart: Path | Store, question: Question, given: Given) -> Told:
    """Return what the published copy that `mart` points to says, asked with `given` and defaults for the rest.

    A store is asked itself, as it is at this moment.

    Values are bound, never written into the SQL. Raises WarehouseError for a parameter that the question does not
    take, a value that it cannot take, or a mart that cannot be asked.
    """
    known_names = [parameter.name for parameter in question.parameters]
    for name in given:
        if name not in known_names:
            hint = _nearest(name, known_names)
            raise WarehouseError(f"{question.name} takes {', '.join(known_names)}, not {name!r}{hint}")
    with attached(mart) if isinstance(mart, Path) else mart.look() as db:
        values = _values(question, given, _known(db))
        try:
            result = db.execute(question.sql, values)
            return Told(values, Answer([column[0] for column in result.description], result.fetchall()))
        except duckdb.CatalogException as error:
            hint = "this mart was published by an older Allears; `allears run` publishes it anew"
            raise WarehouseError(f"question {question.number} ({question.name}): {error} ({hint})") from None
        except duckdb.Error as error:
            raise WarehouseError(f"question {question.number} ({question.name}): {error}") from None


def days(mart: Path, since: str | None, until: str | None) -> tuple[date | None, date | None]:
    """Return the first and the last day that are meant, written as for a question: 2026-11-01, 30d or 12w, newest."""
    with attached(mart) as db:
        known = _known(db)
    last = _day("until", until, known, None) if until else None
    first = _day("since", since, known, last or known.newest) if since else None
    if first and last and first > last:
        raise WarehouseError(f"since is {first}, after until, {last}; the first day comes first")
    return first, last


def load_question(file: Path) -> Question:
    """Read one question; raises WarehouseError, which names the file and the line, for what it does not understand."""
    sql = file.read_text(encoding="utf-8")
    header = dict(_header(file, sql))
    for key in ("title", "answers", "chart"):
        if key not in header:
            raise WarehouseError(f"{file}, line 1: the header lacks {key}; write `-- {key}: …`")
    title, answers, chart = (header.pop(key) for key in ("title", "answers", "chart"))
    parameters = tuple(_parameter(file, name, told) for name, told in header.items())
    _check_select(file, sql, {parameter.name for parameter in parameters})
    return Question(
        number=file.stem[:2],
        name=file.stem[3:],
        title=title,
        answers=answers,
        parameters=parameters,
        chart=_chart(file, chart),
        notes=_notes(sql),
        sql=sql,
    )


def _header(file: Path, sql: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(sql.splitlines(), start=1):
        if not line.startswith("--"):
            return
        match = LINE.fullmatch(line)
        if match is None:
            hint = "leave an empty line before other comments"
            raise WarehouseError(f"{file}, line {number}: expected `-- key: value`; {hint}")
        yield match[1], match[2]


def _notes(sql: str) -> str:
    """Return the comment after the header, one line for each paragraph."""
    block = sql.split("\n\n")[1]
    return " ".join(line.removeprefix("--").strip() for line in block.splitlines()) if block.startswith("--") else ""


def _parameter(file: Path, name: str, told: str) -> Parameter:
    match = PARAMETER.fullmatch(told)
    if match is None or (match[1] not in ("brands", "day", "number", "text") and "|" not in match[1]):
        problem = f"{name} is {told!r}; write `brands|day|number|text|one|of|these = default; what it means`"
        raise WarehouseError(f"{file}: {problem}")
    return Parameter(name, *match.groups())


def _chart(file: Path, told: str) -> Chart:
    match = CHART.fullmatch(told)
    if match is None:
        raise WarehouseError(f"{file}: chart is {told!r}; write `line x y by column`, `bar x y` or `heat x y value`")
    return Chart(cast(Literal["line", "bar", "heat"], match[1]), *match.groups()[1:])


def _check_select(file: Path, sql: str, names: set[str]) -> None:
    statements = duckdb.extract_statements(sql)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise WarehouseError(f"{file}: a question is one SELECT and nothing else")
    if wrong := statements[0].named_parameters ^ names:
        problem = "must stand both in the header and in the SQL, there as $name"
        raise WarehouseError(f"{file}: {', '.join(sorted(wrong))} {problem}")


def _known(db: duckdb.DuckDBPyConnection) -> Known:
    rows = db.execute((QUESTIONS / "known.sql").read_text()).fetchall()
    brands = db.execute("SELECT brand, competitor FROM brands ORDER BY competitor, brand").fetchall()
    yesterday = datetime.now(UTC).date() - timedelta(1)
    return Known([b for b, _ in brands], [b for b, competitor in brands if not competitor], rows[0][0] or yesterday)


def _values(question: Question, given: Given, known: Known) -> dict[str, Value]:
    """Return a value for each parameter; `until` first, because the other days are told from it."""
    values: dict[str, Value] = {}
    for parameter in sorted(question.parameters, key=lambda p: p.name != "until"):
        told, until = given.get(parameter.name, parameter.default), values.get("until")
        if parameter.kind == "brands":
            words = [told] if isinstance(told, str) else told
            found = [brand for word in words for brand in _brands(parameter.name, word, known)]
            values[parameter.name] = list(dict.fromkeys(found))
        else:
            text = told if isinstance(told, str) else ",".join(told)
            values[parameter.name] = _value(parameter, text, known, until if isinstance(until, date) else None)
    since, until = values.get("since"), values.get("until")
    if isinstance(since, date) and isinstance(until, date) and since > until:
        raise WarehouseError(f"since is {since}, after until, {until}; the first day comes first")
    return {parameter.name: values[parameter.name] for parameter in question.parameters}


def _value(parameter: Parameter, text: str, known: Known, until: date | None) -> Value:
    if text == ANY:
        return None
    if parameter.kind == "day":
        return _day(parameter.name, text, known, until)
    if parameter.kind == "number":
        return _number(parameter.name, text)
    if "|" in parameter.kind and text not in parameter.kind.split("|"):
        raise WarehouseError(f"{parameter.name} is {text!r}; it takes {parameter.kind.replace('|', ', ')}")
    return text


def _brands(name: str, text: str, known: Known) -> list[str]:
    """Return the brands that `text` names, with commas between several, or a group of them: own, competitors, all."""
    groups = {
        "own": known.own or known.brands,
        "competitors": [brand for brand in known.brands if brand not in known.own],
        "all": known.brands,
    }
    spelt = {brand.casefold(): [brand] for brand in known.brands} | groups
    asked = [text] if text.casefold() in spelt else [part.strip() for part in text.split(",")]
    for brand in asked:
        if brand.casefold() not in spelt:
            hint = _nearest(brand, known.brands)
            listed = ", ".join([*known.brands, *groups])
            raise WarehouseError(f"{name} is {brand!r}, which the mart does not know{hint}; it takes {listed}")
    return [found for brand in asked for found in spelt[brand.casefold()]]


def _day(name: str, text: str, known: Known, until: date | None) -> date:
    """Return the day `text` says: 30d is the first of the 30 days up to `until`, or that long before the newest."""
    if text == "newest":
        return known.newest
    if match := AGO.fullmatch(text):
        days = int(match[1]) * {"d": 1, "w": 7}[match[2]]
        return known.newest - timedelta(days) if until is None else until - timedelta(max(days, 1) - 1)
    try:
        return date.fromisoformat(text)
    except ValueError:
        problem = f"{name} is {text!r}; write a day such as 2026-11-20, a time such as 30d or 12w, or newest"
        raise WarehouseError(problem) from None


def _number(name: str, text: str) -> int | float:
    try:
        return int(text) if re.fullmatch(r"\d+", text) else float(text)
    except ValueError:
        raise WarehouseError(f"{name} is {text!r}; write a number") from None


def _nearest(word: str, words: list[str]) -> str:
    by_fold: dict[str, Any] = {known.casefold(): known for known in words}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.5)
    return f"; did you mean {by_fold[close[0]]!r}?" if close else ""
