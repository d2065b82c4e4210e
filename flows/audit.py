"""What is kept of people: where, of how many, since when, for how long, and who can read it."""

import os
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flows import show
from flows.config import Config
from flows.desk import need_warehouse, open_warehouse
from flows.forget import exported
from flows.retention import oldest_days
from warehouse.lake import Lake
from warehouse.migrate import HERE, backups, draft_of, unfinished_backups
from warehouse.publish import copies
from warehouse.store import OneFile
from warehouse.warehouse import Warehouse

QUESTIONS = HERE / "questions"
LAKE_SIZE = "SELECT coalesce(sum(file_size_bytes + delete_file_size_bytes), 0)::BIGINT FROM ducklake_table_info('lake')"
TITLES = {
    "mentions": "What people said",
    "beside": "Beside the mentions",
    "redacted": "Redacted in mentions",
    "forgotten": "Forgotten (no names are kept)",
    "files": "Files that hold it",
    "exports": "Exports that are still there",
}


def audit(config: Config, now: datetime) -> dict[str, Any]:
    """Return what is kept of people as plain values; raises Busy while a run is writing."""
    need_warehouse(config)
    with open_warehouse(config) as warehouse:
        told: dict[str, Any] = {
            name: _records(warehouse, f"audit_{file}.sql")
            for name, file in (
                ("mentions", "mentions"),
                ("beside", "rows"),
                ("redacted", "redacted"),
                ("forgotten",) * 2,
            )
        }
        lake = _lake(config.store, warehouse) if isinstance(config.store, Lake) else []
    oldest = oldest_days(config, now)
    for row in told["mentions"]:
        row |= {"kept_days": config.retention.get(row["kind"]), "oldest_goes_on": _goes_on(config, row)}
    told["redacted"] = [row for row in told["redacted"] if row["mentions"]]
    told["files"] = lake + [_file(what, file) for what, file in _files(config)]
    told["exports"] = [
        entry | _file("export", Path(entry["file"])) | {"what": entry["what"]} for entry in exported(config)
    ]
    told["settings"] = {"authors": config.sections.privacy.authors, "redact": list(config.sections.privacy.redact)}
    told["retention"] = config.sections.retention.model_dump()
    told["warnings"] = list(_warnings(told, oldest))
    return told


def print_audit(told: dict[str, Any]) -> None:
    """Print what `audit` returns."""
    for name, title in TITLES.items():
        if told[name]:
            show.print_table(list(told[name][0]), [list(row.values()) for row in told[name]], title)
        elif name == "mentions":
            _say("No mention is kept.")
        elif name == "forgotten":
            _say("Nobody was forgotten.")
    limits = [f"{kind} {days} days" if days else f"{kind} for ever" for kind, days in told["retention"].items()]
    _say(f"Kept after it was posted: {', '.join(limits)} ([retention])")
    redacted = ", ".join(told["settings"]["redact"]) or "nothing"
    _say(f"Authors: {told['settings']['authors']}; redacted before anything is kept: {redacted} ([privacy])")
    for warning in told["warnings"]:
        _say(f"! {warning}")


def _records(warehouse: Warehouse, question: str) -> list[dict[str, Any]]:
    return warehouse.read_only_rows((QUESTIONS / question).read_text())


def _goes_on(config: Config, row: dict[str, Any]) -> date | None:
    days = config.retention.get(row["kind"])
    oldest: date = row["oldest"]
    return oldest + timedelta(days=days + 1) if days else None


def _files(config: Config) -> Iterator[tuple[str, Path]]:
    if isinstance(config.store, OneFile):
        yield "warehouse", config.warehouse
    for draft in (draft_of(config.warehouse), *unfinished_backups(config.warehouse)):
        if draft.exists():
            yield "left by a run that was killed", draft
    for copy in backups(config.warehouse):
        yield "copy from before a migration", copy
    for copy in copies(config.published):
        is_newest = copy == config.mart.resolve()
        yield "published copy, the newest" if is_newest else "published copy", copy
    for rejects in sorted(config.rejects.glob("*.jsonl")):
        yield "rejects", rejects


def _lake(lake: Lake, warehouse: Warehouse) -> list[dict[str, Any]]:
    ((size,),) = warehouse.rows(LAKE_SIZE)
    who = "whoever may read it"
    return [
        {"what": "lake", "file": lake.data, "mb": round(size / 1e6, 1), "written": None, "mode": None, "read_by": who}
    ]


def _file(what: str, file: Path) -> dict[str, Any]:
    about = file.stat()
    written = datetime.fromtimestamp(about.st_mtime, UTC).replace(tzinfo=None, microsecond=0)
    return {"what": what, "file": str(file), "mb": round(about.st_size / 1e6, 1), "written": written} | _readers(file)


def _readers(file: Path) -> dict[str, str | None]:
    """Return the mode of `file` and who can read it; a folder that lets nobody through is as good as a mode."""
    if os.name == "nt":
        return {"mode": None, "read_by": None}
    mode = file.stat().st_mode
    ways = [folder.stat().st_mode for folder in file.resolve().parents]
    others = mode & stat.S_IROTH and all(way & stat.S_IXOTH for way in ways)
    group = mode & stat.S_IRGRP and all(way & (stat.S_IXGRP | stat.S_IXOTH) for way in ways)
    return {"mode": stat.filemode(mode), "read_by": "everybody here" if others else "group" if group else "owner"}


def _warnings(told: dict[str, Any], oldest: Any) -> Iterator[str]:
    open_files = [file for file in told["files"] + told["exports"] if file["read_by"] == "everybody here"]
    if open_files:
        names = _listed([file["file"] for file in open_files])
        yield f"everybody on this machine can read {names}; where that is not meant, chmod o-r"
    if any(row["unfinished"] for row in told["forgotten"]):
        yield "somebody who was forgotten is not gone from every copy yet; the next run or `allears forget` ends it"
    late = [row["source"] for row in told["mentions"] if row["kind"] in oldest and row["oldest"] < oldest[row["kind"]]]
    if late:
        yield f"{_listed(late)} has what [retention] no longer allows; the next run removes it"
    if any(file["what"].startswith("copy from") for file in told["files"]):
        yield "copies from before a migration hold what was removed since; delete them once all is well"
    if told["settings"]["authors"] == "keep":
        yield 'authors are kept by name; [privacy] authors = "pseudonym" keeps them apart without'


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _say(line: str) -> None:
    show.out.print(line, markup=False, highlight=False, soft_wrap=True)
