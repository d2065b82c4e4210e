"""Tries every feed without storing anything."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from alerts.rule import load_rules
from connectors.http import Http
from connectors.source import Page, SourceError
from flows.collect import fault_of
from flows.config import Config, Feed
from flows.models import load_models
from flows.report import Fault
from nlp.errors import ModelError
from warehouse.migrate import WarehouseError


@dataclass(frozen=True, slots=True)
class Check:
    """What the first page of a feed held, or why there is none."""

    feed: str
    source: str
    status: Literal["ok", "suspect", "failed"]
    items: int = 0
    rejects: int = 0
    newest: datetime | None = None
    fault: Fault | None = None
    message: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the check as plain values."""
        return asdict(self)


def check_feeds(config: Config) -> Sequence[Check]:
    """Return one check for each feed, in the order of the configuration."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda feed: _check(config, feed), config.feeds))


def check_rules(config: Config) -> list[str]:
    """Return what is wrong with the alert rules, in words."""
    return [f"rule {problem.rule}: {problem.reason}" for problem in load_rules(config.rule_folders)[1]]


def check_models(config: Config) -> list[str]:
    """Return what keeps the models from reading, in words; one that is not on this machine yet is downloaded."""
    try:
        load_models(config)
    except ModelError as error:
        return [str(error)]
    return []


def check_warehouse(config: Config) -> list[str]:
    """Return what keeps a lake from being opened, in words; a file needs nothing but its disk."""
    try:
        config.store.exists()
    except WarehouseError as error:
        return [str(error)]
    return []


def _check(config: Config, feed: Feed) -> Check:
    with Http(feed.source.name, settings=config.http, base_dir=config.folder) as http:
        try:
            page = next(feed.source.walk(http, {}, **feed.options), Page([], {}))
        except SourceError as error:
            return Check(feed.name, feed.source.name, "failed", fault=fault_of(error), message=str(error))
    rejects = list(page.rejects)
    newest = max((mention.posted_at for mention in page.mentions), default=None)
    told = page.suspect or (f"{len(rejects)} items cannot be read: {rejects[0].reason}" if rejects else None)
    status: Literal["ok", "suspect"] = "suspect" if page.suspect else "ok"
    return Check(feed.name, feed.source.name, status, len(page.mentions), len(rejects), newest, message=told)
