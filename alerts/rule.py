"""A rule is a .sql file: one SELECT whose rows are alerts, under a header of comments."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple, get_args

import duckdb

from alerts.alert import Alert, Severity
from alerts.evidence import Window, quotes, shorten, topics
from warehouse.tables import utc
from warehouse.warehouse import Warehouse

BUILT_IN = Path(__file__).parent / "rules"
REQUIRED = ("title", "reason", "severity", "quiet")
KNOWN = (*REQUIRED, "minimum")
LINE = re.compile(r"--\s*(\w+):\s*(.+?)\s*")
QUIET = re.compile(r"([1-9]\d{0,3}) (hour|day)s?")
MINIMUM = re.compile(r"(\w+) (\d+)")
TEXT_CHARS = 1_000  # a reason may quote an error message, which may quote a page
MOST = 20  # of one rule in one run: a person reads no more, and a thousand would be the rule's own fault

log = logging.getLogger(__name__)


class RuleError(Exception):
    """A rule cannot be used. The message says which, why, and what to change."""


class Problem(NamedTuple):
    """A rule that failed while the others ran: its name, and why."""

    rule: str
    reason: str


class Raised(NamedTuple):
    """The alerts that are new, and the rules that failed."""

    alerts: list[Alert]
    problems: list[Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One .sql file: templates of its title and reason, how long one key stays quiet, and its SELECT.

    A row counts only if each column of `minimum` reaches its number.
    """

    name: str
    title: str
    reason: str
    severity: Severity
    quiet: timedelta
    minimum: Mapping[str, int]
    sql: str


def raise_alerts(warehouse: Warehouse, now: datetime, folders: Sequence[Path] = ()) -> Raised:
    """Run the built-in rules and those in `folders`, and put what is new into the table `alerts`.

    A rule reads the time as getvariable('now'), and cannot write. Its key is raised once in its quiet time. A rule
    that fails is a problem in the answer and stops no other rule.
    """
    warehouse.write("SET VARIABLE now = ?::TIMESTAMP", [utc(now)])
    rules, problems = load_rules(folders)
    alerts: list[Alert] = []
    for rule in rules:
        try:
            found, left_out = _new_alerts(warehouse, rule, now)
        except (RuleError, duckdb.Error) as error:
            problems.append(Problem(rule.name, str(error)))
            continue
        for alert in found:
            keep(warehouse, alert)
        alerts += found
        if left_out:
            problems.append(Problem(rule.name, f"{left_out} more rows than the {MOST} that were raised; narrow it"))
    log.info("alerts: %d rules, %d raised, %d problems", len(rules), len(alerts), len(problems))
    return Raised(alerts, problems)


def load_rules(folders: Sequence[Path] = ()) -> tuple[list[Rule], list[Problem]]:
    """Return the built-in rules and those in `folders`, by name, and a problem for each that cannot be read.

    A file takes the place of one of the same name in an earlier folder, so a user can edit a built-in rule.
    """
    problems = [Problem(str(folder), "there is no such folder") for folder in folders if not folder.is_dir()]
    paths = {path.stem: path for folder in (BUILT_IN, *folders) for path in sorted(folder.glob("*.sql"))}
    rules = []
    for name, path in sorted(paths.items()):
        try:
            rules.append(load_rule(path))
        except RuleError as error:
            problems.append(Problem(name, str(error)))
    return rules, problems


def load_rule(path: Path) -> Rule:
    """Read one rule; raises RuleError, which names the file and the line, for anything it does not understand."""
    try:
        sql = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"{path} cannot be read: {error}") from None
    header = dict(_header(path, sql))
    if missing := [key for key in REQUIRED if key not in header]:
        raise RuleError(f"{path}, line 1: the header lacks {', '.join(missing)}; write `-- {missing[0]}: …`")
    _check_select(path, sql)
    return Rule(name=path.stem, sql=sql, **{"minimum": {}, **header})


def due(quiet: timedelta, last: datetime | None, now: datetime) -> bool:
    """Return whether a key that was raised at `last` may be raised again."""
    return last is None or now - last >= quiet


def keep(warehouse: Warehouse, alert: Alert) -> None:
    """Put an alert into the table `alerts`, from which it is delivered."""
    warehouse.write(
        "INSERT INTO alerts BY NAME SELECT ? AS key, ? AS rule, ? AS severity, ? AS brand, ? AS title, ? AS reason, "
        "?::VARCHAR[] AS topics, ?::STRUCT(text VARCHAR, url VARCHAR, source VARCHAR)[] AS quotes, "
        "?::TIMESTAMP AS raised_at, 0 AS attempts",
        [
            *(alert.key, alert.rule, alert.severity, alert.brand, alert.title, alert.reason, list(alert.topics)),
            *([quote._asdict() for quote in alert.quotes], utc(alert.raised_at)),
        ],
    )


def _header(path: Path, sql: str) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for number, line in enumerate(sql.splitlines(), start=1):
        if not line.startswith("--"):
            return
        try:
            key, value = _entry(line)
        except RuleError as error:
            raise RuleError(f"{path}, line {number}: {error}") from None
        if key in seen:
            raise RuleError(f"{path}, line {number}: {key} stands twice")
        seen.add(key)
        yield key, value


def _entry(line: str) -> tuple[str, Any]:
    match = LINE.fullmatch(line)
    if match is None:
        raise RuleError("expected `-- key: value`; leave an empty line before other comments")
    key, value = match.groups()
    if key not in KNOWN:
        raise RuleError(f"{key!r} is not one of {', '.join(KNOWN)}; leave an empty line before other comments")
    return key, _value(key, value)


def _value(key: str, value: str) -> str | timedelta | dict[str, int]:
    if key == "quiet":
        if match := QUIET.fullmatch(value):
            return timedelta(**{f"{match[2]}s": int(match[1])})
        raise RuleError(f"quiet is {value!r}; write a number of hours or days, such as `7 days`")
    if key == "minimum":
        parts = [MINIMUM.fullmatch(part.strip()) for part in value.split(",")]
        if all(parts):
            return {part[1]: int(part[2]) for part in parts if part}
        raise RuleError(f"minimum is {value!r}; write columns and numbers, such as `negative 10, read 20`")
    if key == "severity" and value not in get_args(Severity):
        raise RuleError(f"severity is {value!r}; write high, medium or low")
    if key in ("title", "reason"):
        _check_template(value)
    return value


def _check_template(template: str) -> None:
    try:
        fields = [(name, spec or "") for _, name, spec, _ in Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise RuleError(f"{template!r} is no template: {error}") from None
    # Only columns: an attribute of a value, such as {brand.__class__}, is nobody's text.
    if wrong := [name for name, spec in fields if not name.isidentifier() or "{" in spec]:
        raise RuleError(f"{{{wrong[0]}}} is no column; write the name of a column in braces")


def _check_select(path: Path, sql: str) -> None:
    try:
        kinds = [statement.type for statement in duckdb.extract_statements(sql)]
    except duckdb.Error as error:
        raise RuleError(f"{path}: {error}") from None
    if kinds != [duckdb.StatementType.SELECT]:  # a second statement could end the read-only transaction and write
        raise RuleError(f"{path}: a rule is one SELECT and nothing else")


def _new_alerts(warehouse: Warehouse, rule: Rule, now: datetime) -> tuple[list[Alert], int]:
    rows = {_key(rule, row): row for row in reversed(_rows(warehouse, rule))}  # of one key the first row wins
    sql = "SELECT key, max(raised_at) FROM alerts WHERE rule = ? GROUP BY key"
    last = dict(warehouse.rows(sql, [rule.name]))
    new = [row for key, row in reversed(rows.items()) if due(rule.quiet, last.get(key), utc(now))]
    return [_alert(warehouse, rule, row, now) for row in new[:MOST]], max(0, len(new) - MOST)


def _rows(warehouse: Warehouse, rule: Rule) -> list[dict[str, Any]]:
    rows = warehouse.read_only_rows(rule.sql)
    if rows and (lacking := {"key", *rule.minimum} - rows[0].keys()):
        raise RuleError(f"the SELECT has no column {', '.join(sorted(lacking))}")
    return [row for row in rows if all(_number(row, name) >= least for name, least in rule.minimum.items())]


def _number(row: Mapping[str, Any], name: str) -> float:
    try:
        return float(row[name] or 0)
    except (TypeError, ValueError):
        raise RuleError(f"minimum names the column {name}, but {row[name]!r} is no number") from None


def _key(rule: Rule, row: Mapping[str, Any]) -> str:
    if row["key"] is None:
        raise RuleError(f"a row of {rule.name} has no key; without it repeats cannot be told from news")
    return str(row["key"])


def _alert(warehouse: Warehouse, rule: Rule, row: Mapping[str, Any], now: datetime) -> Alert:
    severity = row.get("severity") or rule.severity
    if severity not in get_args(Severity):
        raise RuleError(f"the column severity is {severity!r}; it must be high, medium or low")
    window = _window(row)
    grown = topics(warehouse, window) if window else []
    return Alert(
        key=_key(rule, row),
        rule=rule.name,
        severity=severity,
        brand=row.get("brand"),
        title=_filled(rule.title, row),
        reason=_filled(rule.reason, row),
        topics=tuple(grown),
        quotes=tuple(quotes(warehouse, window, grown) if window else []),
        raised_at=now,
    )


def _window(row: Mapping[str, Any]) -> Window | None:
    since, until = row.get("since", row.get("day")), row.get("until", row.get("day"))
    if row.get("brand") is None or since is None or until is None:
        return None
    return Window(str(row["brand"]), since, until)


def _filled(template: str, row: Mapping[str, Any]) -> str:
    try:
        return shorten(template.format_map(row), TEXT_CHARS)
    except KeyError as error:
        raise RuleError(f"{template!r} names the column {error}, which the SELECT lacks") from None
    except (TypeError, ValueError) as error:
        raise RuleError(f"{template!r} cannot show the row with the key {row['key']!r}: {error}") from None
