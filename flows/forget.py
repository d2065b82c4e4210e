"""Forgets people: in the warehouse, in its copies and free blocks, among the rejects, and in every published copy."""

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from flows.config import Config, ConfigError
from flows.correct import LAST_RUN
from flows.desk import REJECT, need_warehouse, open_warehouse, publish_copy, rejects_file, write_rejects
from flows.exchange import clear
from flows.exportverbs import LIST
from nlp.privacy.pseudonym import pseudonym
from nlp.privacy.redact import redact
from warehouse import forget as wh
from warehouse.compact import has_room, rewrite
from warehouse.corrections import Correction, faults
from warehouse.forget import Author, Person, Traces
from warehouse.migrate import backups, unfinished_backups
from warehouse.publish import copies
from warehouse.store import OneFile
from warehouse.warehouse import Warehouse

LEAST_ID = 8  # characters of a native id that does not stand in other texts by chance
SOURCES = "SELECT DISTINCT source FROM mentions ORDER BY ALL"
ALIKE = """
    SELECT author, source, count(*) AS mentions FROM mentions
    WHERE lower(ltrim(author, '@')) = lower(ltrim(?, '@')) GROUP BY ALL ORDER BY mentions DESC LIMIT 5
"""
FEEDS = "SELECT feed FROM ops.feeds UNION SELECT feed FROM ops.rejects ORDER BY ALL"
BY_LINK = "SELECT mention_id FROM mentions WHERE url = ?"
OWN_NAMES = """
    SELECT native_id, url, (SELECT count(*) FROM mentions AS o WHERE o.url = m.url) = 1 AS is_own_link
    FROM mentions AS m WHERE mention_id IN (SELECT unnest(?::UBIGINT[]))
"""


class Wish(NamedTuple):
    """Who is to be forgotten, as it was typed: an author, perhaps of one source only, or mentions by id or link."""

    author: str | None = None
    source: str | None = None
    mentions: tuple[str, ...] = ()


class Done(NamedTuple):
    """What was removed, where; the new published copy; and what only a person can look through."""

    traces: Traces
    removed: list[str]
    mart: str
    yours: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"removed": self.traces.rows, "files_removed": self.removed, "mart": self.mart} | left(
            self.traces, self.yours
        )


def look(config: Config, wish: Wish) -> tuple[Traces, list[dict[str, Any]]]:
    """Return what `forget` would remove, and the files outside that may hold the person; changes nothing."""
    with _opened(config) as warehouse:
        return _found(config, warehouse, wish)[1], yours(config)


def forget(config: Config, wish: Wish) -> Done:
    """Remove everything that `look` shows, and note that it is not collected again.

    One that was interrupted is finished by the same command, by any other `forget`, and by the next run.
    """
    with _opened(config) as warehouse:
        if isinstance(warehouse.store, OneFile) and not has_room(config.warehouse):
            size = config.warehouse.stat().st_size >> 20
            raise ConfigError(f"{config.warehouse} must be written anew, which takes {size} MB of room on its disk")
        person, traces = _found(config, warehouse, wish)
        wh.forget(warehouse, person, datetime.now(UTC))
        warehouse.settle(config.brands)
        removed, mart = clean(config, warehouse)
    return Done(traces, removed, mart, yours(config))


def clean(config: Config, warehouse: Warehouse) -> tuple[list[str], str]:
    """Take whoever was forgotten out of every file, and return the files that are gone and the new published copy."""
    for (feed,) in warehouse.rows(FEEDS):
        if _is_ours(rejects_file(config, feed)):
            write_rejects(config, warehouse, feed)
    removed = _old_copies(config)
    for file in removed:
        file.unlink()
    shutil.rmtree(config.warehouse.with_name(f"{config.warehouse.name}.tmp"), ignore_errors=True)  # of a killed run
    clear(config.exchange)
    rewrite(warehouse)
    marts = set(copies(config.published))
    run_id = next((str(run_id) for (run_id,) in warehouse.rows(LAST_RUN)), "none")
    mart = publish_copy(config, warehouse, run_id, keep=1)
    wh.finish(warehouse, datetime.now(UTC))
    return [str(file) for file in (*removed, *sorted(marts - {Path(mart)}))], mart


def yours(config: Config) -> list[dict[str, Any]]:
    """Return the files outside the warehouse that may hold somebody: exports, tables and feeds of the user's own."""
    return [*exported(config), *_own_files(config)]


def exported(config: Config) -> list[dict[str, Any]]:
    """Return what `allears export` wrote and still is there; a file that was written twice is told once."""
    listed = config.warehouse.with_name(LIST)
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    entries = {entry["file"]: entry for entry in map(json.loads, filter(str.strip, lines))}
    return [
        {"file": file, "what": f"export of {entry['what']}", "since": entry.get("time")}
        for file, entry in entries.items()
        if Path(file).exists()
    ]


def left(traces: Traces, files: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what is left for a person to look at, as plain values."""
    elsewhere = [{"mention_id": i, "source": source, "url": url} for i, source, url in traces.elsewhere]
    return {"others_name_them": traces.others, "such_as": elsewhere, "your_files": list(files)}


def _opened(config: Config) -> Any:
    need_warehouse(config)
    return open_warehouse(config)


def _found(config: Config, warehouse: Warehouse, wish: Wish) -> tuple[Person, Traces]:
    person = _person(config, warehouse, wish)
    traces = wh.find(warehouse, person)
    if wish.author and not wish.source and not traces.said and not traces.is_known:
        named = f" ({traces.total} rejects, alerts and messages name it)" if traces.total else ""
        dropped = '; [privacy] authors = "drop" keeps no author' * (config.privacy.authors == "drop")
        hint = _alike(warehouse, wish.author)
        raise ConfigError(f"--author {wish.author}: no mention is by that name{named}{dropped}; {hint}")
    return person, traces


def _alike(warehouse: Warehouse, author: str) -> str:
    near = [f"{name!r} ({source}, {count})" for name, source, count in warehouse.rows(ALIKE, [author])]
    if near:
        return f"there is {', '.join(near)}: names are compared letter by letter"
    return "with --source they are not collected from that source in future, and --mention removes single mentions"


def _person(config: Config, warehouse: Warehouse, wish: Wish) -> Person:
    if wish.author:
        return _author(config, warehouse, wish.author, wish.source)
    ids = [mention_id for mention in wish.mentions for mention_id in _ids(warehouse, mention)]
    names = [str(mention_id) for mention_id in ids]
    for native_id, url, is_own_link in warehouse.rows(OWN_NAMES, [ids]):
        names += [native_id] * (len(native_id) >= LEAST_ID) + [url] * bool(is_own_link)
    return Person(mention_ids=ids, names=names)


def _ids(warehouse: Warehouse, mention: str) -> list[int]:
    if mention.isdecimal() and int(mention) < 2**64:
        return [int(mention)]  # one that its source deleted may be in old copies still
    for place, fault in faults(warehouse, [Correction("--mention", mention, "")]):
        raise ConfigError(f"{place}: {fault}")
    return [mention_id for (mention_id,) in warehouse.rows(BY_LINK, [mention])]


def _author(config: Config, warehouse: Warehouse, name: str, source: str | None) -> Person:
    hidden = redact(name, config.privacy.kinds)
    for kept in (name, hidden):
        if wh.is_shared(warehouse, kept) or kept in {f"[{kind}]" for kind in config.privacy.kinds}:
            told = f"is kept as {kept!r}, a name" if kept != name else "is a name"
            raise ConfigError(f"--author {name}: it {told} under which many write; name their mentions with --mention")
    sources = {each for (each,) in warehouse.rows(SOURCES)}
    known = sources | {feed.source.same_as or feed.source.name for feed in config.feeds}
    if source and source not in known:
        raise ConfigError(f"--source {source}: nothing is collected from there; known are {', '.join(sorted(known))}")
    authors, names = [], {name, name.removeprefix("@")}
    for each in [source] if source else sorted(sources):
        forms = {name, hidden}
        if config.privacy.authors == "pseudonym":
            forms.add(pseudonym(each, name, config.privacy.key))
        authors += [Author(each, form, is_sure=each == source) for form in sorted(forms)]
        names |= forms
    return Person(authors, names=sorted(names))


def _old_copies(config: Config) -> list[Path]:
    """Return the copies from before migrations, and what somebody who was killed while copying left behind."""
    drafts = (*config.published.glob("draft.duckdb*"), *config.rejects.glob("*.draft"))
    return [*backups(config.warehouse), *unfinished_backups(config.warehouse), *drafts]


def _is_ours(file: Path) -> bool:
    """Say whether a run wrote `file`; its folder can be one in which there are others."""
    if not file.exists():
        return False
    with file.open(encoding="utf-8") as lines:
        return lines.readline().startswith(f'{{"{REJECT[0]}": ')


def _own_files(config: Config) -> Iterator[dict[str, Any]]:
    for table in config.own_tables:
        yield {"file": str(table.file), "what": f"your own table {table.name}", "since": None}
    for feed in config.feeds:
        if feed.source.name == "file":
            path = config.folder / str(feed.options.get("path", ""))
            yield {"file": str(path), "what": f"read by the feed {feed.name}", "since": None}
