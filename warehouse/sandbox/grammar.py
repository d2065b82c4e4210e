"""Which SQL a stranger may ask: one SELECT over the mart's own tables, told by its parsed tree and not by its text.

Everything that is not known to be harmless is refused, so that what a newer DuckDB adds is refused too.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TREE = "SELECT json_serialize_sql(?::VARCHAR, skip_default := TRUE, skip_empty := TRUE, skip_null := TRUE)"
TABLES = """
    SELECT schema_name, lower(table_name) FROM duckdb_tables() WHERE NOT internal
    UNION ALL
    SELECT schema_name, lower(view_name) FROM duckdb_views() WHERE NOT internal
"""
MACROS = """
    SELECT lower(function_name), function_type = 'table_macro'
    FROM duckdb_functions()
    WHERE database_name = current_database() AND NOT internal
"""
OWN_VIEWS = "SELECT lower(view_name) FROM duckdb_views() WHERE internal AND schema_name IN ('main', 'pg_catalog')"
FUNCTIONS = Path(__file__).with_name("functions.txt")
TABLE_FUNCTIONS = frozenset({"generate_series", "json_each", "json_tree", "range", "unnest"})
EXPRESSIONS = re.compile(
    "BETWEEN|CASE|CAST|COLLATE|COLUMN_REF|COMPARISON|CONJUNCTION|CONSTANT|FUNCTION|LAMBDA|OPERATOR"
    "|POSITIONAL_REFERENCE|STAR|SUBQUERY|WINDOW"
)
NODES = re.compile(
    "SELECT_NODE|SET_OPERATION_NODE|RECURSIVE_CTE_NODE|BASE_TABLE|SUBQUERY|JOIN|TABLE_FUNCTION|EMPTY|EXPRESSION_LIST"
    "|PIVOT|SHOW_REF|(ORDER|LIMIT|LIMIT_PERCENT|DISTINCT)_MODIFIER|ORDER_DEFAULT|ASCENDING|DESCENDING|[A-Z_]+_TYPE_INFO"
)
EXPLAIN = re.compile(r"\s*EXPLAIN\s", re.IGNORECASE)
FIRST_WORD = re.compile(r"\s*([A-Za-z]+)")


class NotAllowed(Exception):
    """What in the SQL is refused, and why."""


class Allowed(NamedTuple):
    """Names in lower case: the database, tables and views with their schema, functions, what no WITH may be named."""

    database: str
    tables: frozenset[tuple[str, str]]
    reserved: frozenset[str]
    functions: frozenset[str]
    table_functions: frozenset[str]


def allowed_in(db: "DuckDBPyConnection", *, own_tables: bool = False) -> Allowed:
    """Return what the mart that `db` has open lets strangers name: `main`, and `own` too if `own_tables`."""
    ((database,),) = db.execute("SELECT lower(current_database())").fetchall()
    schemas = {"main", "own"} if own_tables else {"main"}
    macros = db.execute(MACROS).fetchall()
    lines = FUNCTIONS.read_text(encoding="utf-8").splitlines()
    functions = {name for line in lines if not line.startswith("#") for name in line.split()}
    return Allowed(
        database,
        frozenset((schema, name) for schema, name in db.execute(TABLES).fetchall() if schema in schemas),
        frozenset(name for (name,) in db.execute(OWN_VIEWS).fetchall()),
        frozenset(functions | {name for name, is_table in macros if not is_table}),
        TABLE_FUNCTIONS | {name for name, is_table in macros if is_table},
    )


def check(db: "DuckDBPyConnection", sql: str, allowed: Allowed) -> None:
    """Raise NotAllowed unless `sql` is one SELECT, or EXPLAIN and one, of what is `allowed`; duckdb.Error if no SQL."""
    explain = EXPLAIN.match(sql)
    try:
        tree = json.loads(db.execute(TREE, [sql[explain.end() :] if explain else sql]).fetchall()[0][0])
        if tree["error"]:
            if tree["error_type"] == "parser":  # said again with the place; nothing but the parser sees it
                db.extract_statements(sql)
            raise NotAllowed(_no_select(sql))
        if not tree["statements"]:
            raise NotAllowed("there is nothing in it: write a SELECT")
        if len(tree["statements"]) != 1 or len(db.extract_statements(sql)) != 1:
            raise NotAllowed(f"one statement can be asked at a time, and here are {len(tree['statements'])}")
        _walk(tree["statements"], frozenset(), allowed)
    except RecursionError:
        raise NotAllowed("it is nested too deeply: take some parentheses, operators or UNIONs away") from None


def _no_select(sql: str) -> str:
    found = FIRST_WORD.match(sql)
    word = found[1].upper() if found else "this"
    if word == "PIVOT":
        return "PIVOT has to name its values, which makes it one SELECT: PIVOT t ON brand IN ('a', 'b') USING count(*)"
    if word == "EXPLAIN":
        return "EXPLAIN takes a SELECT and no options: EXPLAIN SELECT ..."
    if word in ("SELECT", "FROM", "WITH"):
        return "one SELECT can be asked at a time, and there is another statement in it"
    return f"{word} is not allowed: only SELECT, and EXPLAIN before it"


def _walk(node: Any, ctes: frozenset[str], allowed: Allowed) -> None:
    """Check `node` and all below it; `ctes` are the names that WITH gives to queries there."""
    if isinstance(node, list):
        for child in node:
            _walk(child, ctes, allowed)
    elif isinstance(node, dict):
        ctes = _with(node.get("cte_map", {}).get("map", []), ctes, allowed)
        _check_node(node, ctes, allowed)
        for key, child in node.items():
            if key == "function" and node.get("type") == "TABLE_FUNCTION":
                _walk([part for name, part in child.items() if name != "function_name"], ctes, allowed)
            elif key != "cte_map":
                _walk(child, ctes, allowed)


def _with(entries: Sequence[Mapping[str, Any]], ctes: frozenset[str], allowed: Allowed) -> frozenset[str]:
    """Check the queries of a WITH, and return the names that are known after it.

    Each knows the ones before it, and itself only if it is recursive: a name that DuckDB does not take for one of
    WITH is a table's, and must be one of the mart's.
    """
    for entry in entries:
        name, query = entry["key"].lower(), entry["value"]
        if name in allowed.reserved:
            raise NotAllowed(f"WITH {name} is not allowed: DuckDB has a view of its own of that name")
        is_recursive = query["query"]["node"].get("type") == "RECURSIVE_CTE_NODE"
        _walk(query, ctes | {name} if is_recursive else ctes, allowed)
        ctes |= {name}
    return ctes


def _check_node(node: Mapping[str, Any], ctes: frozenset[str], allowed: Allowed) -> None:
    if "class" in node:
        _check_expression(node, allowed)
        return
    kind = node.get("type")
    if isinstance(kind, str) and not NODES.fullmatch(kind):
        raise NotAllowed(f"{_words(kind)} is not allowed")
    if kind == "BASE_TABLE":
        _check_table(node, ctes, allowed)
    elif kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name"))
        if name.lower() not in allowed.table_functions:
            raise NotAllowed(f"FROM {name}() is not allowed: {_mart_has(allowed)}")
    elif kind == "SHOW_REF" and "query" not in node and node.get("table_name") != '"tables"':
        raise NotAllowed(f"of SHOW, only SHOW TABLES is allowed: {_mart_has(allowed)}")


def _check_expression(node: Mapping[str, Any], allowed: Allowed) -> None:
    if node["class"] == "PARAMETER":
        raise NotAllowed("parameters such as ? and $1 have no value here: write the value itself")
    if not EXPRESSIONS.fullmatch(node["class"]):
        raise NotAllowed(f"{_words(node['class'])} is not allowed")
    name = node.get("function_name")
    if name is not None and name.lower() not in allowed.functions:
        raise NotAllowed(f"the function {name}() is not allowed or does not exist")


def _check_table(node: Mapping[str, Any], ctes: frozenset[str], allowed: Allowed) -> None:
    catalog, schema, name = (str(node.get(key, "")) for key in ("catalog_name", "schema_name", "table_name"))
    place = (catalog.lower(), schema.lower())
    if "at_clause" in node:
        raise NotAllowed("AT is not allowed: the mart has one version")
    if name.lower() in ctes and place in {("", ""), ("", "recurring")}:
        return
    if place in {("", ""), ("", allowed.database)}:
        place = ("", "main")
    if place[0] not in ("", allowed.database) or (place[1], name.lower()) not in allowed.tables:
        shown = ".".join(part for part in (catalog, schema, name) if part)
        raise NotAllowed(f"{shown[:100]} is not in the mart: {_mart_has(allowed)}")


def _mart_has(allowed: Allowed) -> str:
    names = (name if schema == "main" else f"{schema}.{name}" for schema, name in sorted(allowed.tables))
    return f"the tables and views are {', '.join(names)}"


def _words(kind: str) -> str:
    return kind.replace("_", " ").lower()
