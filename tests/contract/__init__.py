"""The public contract of the mart: what may be relied on, as mart-N.json holds it for version N."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warehouse.mart import describe, describe_macros
from warehouse.publish import MART_VERSION

FILE = Path(__file__).parent / f"mart-{MART_VERSION}.json"
HOW = (
    "saved queries of users break. Put it back. If it must go: raise MART_VERSION in warehouse/publish.py, type "
    "`python -m tests.contract`, and say in CHANGELOG.md what to write instead"
)

Contract = Mapping[str, Mapping[str, Any]]


def contract() -> Contract:
    """Return what the mart of this program holds: columns of tables and views with their types, and the metrics."""
    columns: dict[str, dict[str, str]] = {}
    for _, name, column, kind, *_ in describe().rows:
        columns.setdefault(name, {})[column] = kind
    return {"columns": columns, "metrics": {name: parameters for name, parameters, _ in describe_macros().rows}}


def promised() -> Contract:
    """Return what this version of the mart promises."""
    held: Contract = json.loads(FILE.read_text())
    return held


def broken(promise: Contract, held: Contract) -> list[str]:
    """Return what a promise says and the mart does not hold, in words."""
    faults = []
    for table, columns in promise["columns"].items():
        there = held["columns"].get(table)
        if there is None:
            faults.append(f"{table} is gone")
            continue
        for name, kind in columns.items():
            if name not in there:
                faults.append(f"{table}.{name} is gone")
            elif there[name] != kind:
                faults.append(f"{table}.{name} was {kind} and is {there[name]}")
    for name, parameters in promise["metrics"].items():
        if held["metrics"].get(name) != parameters:
            faults.append(f"the metric {name}({', '.join(parameters)}) is {held['metrics'].get(name)}")
    return faults
