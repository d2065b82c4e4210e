"""The configuration: one TOML file, checked whole before anything runs."""

import difflib
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from connectors.source import Kind, Refused, Source, all_sources
from connectors.web.settings import HttpSettings
from flows.privacy import Privacy
from flows.sections import FROM_ENVIRONMENT, LAKE, BrandSection, File, known_keys
from nlp.aspects import Vocabulary, with_own
from warehouse import brandquery
from warehouse.brands import Brand
from warehouse.lake import Lake, ObjectStore
from warehouse.own import OwnTable
from warehouse.store import OneFile, Store

VERSION = 1
LEAST_KEY = 16  # characters; a shorter key can be guessed, and with it every author
OWN_KEYS = ("source", "name", "brand", "kind")  # of a feed; the others are options of its connector


class ConfigError(Exception):
    """The configuration cannot be used. The message says what, where, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A source with its options: one place that is listened to."""

    name: str
    source: Source
    kind: Kind
    brand: str | None
    options: Mapping[str, Any] = field(repr=False)  # may hold secrets
    options_hash: str


@dataclass(frozen=True, slots=True)
class Config:
    """A checked configuration; every path is absolute and every secret is there."""

    file: Path
    sections: File
    brands: tuple[Brand, ...]
    feeds: tuple[Feed, ...]

    @property
    def folder(self) -> Path:
        """Return the folder that relative paths start from."""
        return self.file.parent

    @property
    def warehouse(self) -> Path:
        """Return the file that only the run opens."""
        return self.folder / self.sections.warehouse.path

    @property
    def store(self) -> Store:
        """Return where the warehouse is kept: the file, or the lake that is named instead."""
        section = self.sections.warehouse
        if section.url is None or section.data is None:
            return OneFile(self.warehouse)
        catalog = str(_secret(section.url, "[warehouse] url")).removeprefix(LAKE)
        data = section.data if "://" in section.data else str(self.folder / section.data)
        return Lake(catalog, data, ObjectStore(**section.s3.model_dump()), section.mart_days)

    @property
    def published(self) -> Path:
        """Return the folder of the published copies."""
        return self.folder / self.sections.warehouse.published

    @property
    def mart(self) -> Path:
        """Return the pointer to the newest published copy."""
        return self.folder / self.sections.warehouse.mart

    @property
    def rejects(self) -> Path:
        """Return the folder of the items that could not be read."""
        return self.folder / self.sections.warehouse.rejects

    @property
    def exchange(self) -> Path:
        """Return the folder through which workers elsewhere get mentions and give back what they read."""
        return self.folder / self.sections.workers.exchange

    @property
    def http(self) -> HttpSettings:
        """Return how sources are asked."""
        return HttpSettings(**self.sections.http.model_dump())

    @property
    def budget_s(self) -> float:
        """Return for how long one feed may be walked in one run."""
        return self.sections.collect.budget_s

    @property
    def webhook(self) -> str | None:
        """Return the Slack webhook, if one is configured."""
        webhook = self.sections.slack.webhook
        return _secret(webhook, "[slack] webhook") if webhook else None

    @property
    def aspects(self) -> Vocabulary:
        """Return the aspects that are looked for, and their words."""
        return with_own(self.sections.aspects)

    @property
    def privacy(self) -> Privacy:
        """Return what is redacted, what becomes of authors, and the key of their pseudonyms."""
        section = self.sections.privacy
        key = _pseudonym_key(section.key) if section.authors == "pseudonym" else ""
        return Privacy(section.redact, section.authors, key)

    @property
    def retention(self) -> dict[str, int]:
        """Return for how many days the kinds of mentions are kept that are not kept for ever."""
        return self.sections.retention.model_dump(exclude_none=True)

    @property
    def own_tables(self) -> list[OwnTable]:
        """Return the files that go into the mart as tables of the user's own."""
        told = self.sections.tables
        return [OwnTable(table.name, self.folder / table.file, table.description, table.columns) for table in told]

    @property
    def rule_folders(self) -> list[Path]:
        """Return the folders of the user's own rules."""
        return [self.folder / rules for rules in self.sections.alerts.rules]


def load_config(file: Path, *, secrets: bool = True) -> Config:
    """Return the checked configuration in `file`, or raise ConfigError with the first thing that is wrong.

    With `secrets` False it may be read, but not run, where the secrets are not: by those who only ask the mart.
    """
    sections = _sections(file)
    sources = all_sources()
    feeds: list[Feed] = []
    for number, entry in enumerate(sections.feeds, 1):
        feeds.append(_feed(entry, f"{file.name}: [[feeds]] {number}", sources, secrets))
    names = [feed.name for feed in feeds]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f'{file.name}: two feeds are called {name!r}; give one of them another name = "…"')
    own = [table.name.casefold() for table in sections.tables]
    for name in own:
        if own.count(name) > 1:
            hint = "SQL does not tell case apart; rename one"
            raise ConfigError(f"{file.name}: two [[tables]] are called {name!r} ({hint})")
    config = Config(file.resolve(), sections, _brands(sections, feeds, file.name), tuple(feeds))
    if secrets:
        _ = config.webhook, config.privacy, config.store  # a missing secret is found now, not when it is due
    return config


def _sections(file: Path) -> File:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{file} does not exist; `allears init` writes one to start from") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from None
    if content.get("version", VERSION) != VERSION:
        wanted = content["version"]
        raise ConfigError(f"{file} has version = {wanted!r}, this program reads version {VERSION}; update Allears")
    try:
        return File.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{file.name}: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    """Return the first fault in words, with its place in the file and the keys that would be known there."""
    fault = error.errors()[0]
    *path, last = fault["loc"]
    place = "".join(f"[{part}] " if isinstance(part, str) else f"number {part + 1} " for part in path)
    if fault["type"] == "extra_forbidden":
        known = known_keys(path)
        return f"{place}unknown key {last!r}{_nearest(str(last), known)}; known are {', '.join(known)}"
    if fault["type"] == "missing":
        return f"{place}{last!r} is missing"
    if fault["type"] == "string_pattern_mismatch":
        return f'{place}{last} must be "env:NAME", and the secret itself in that environment variable'
    shown = "…" if "password=" in str(fault["input"]) else repr(fault["input"])
    return f"{place}{last} = {shown}: {fault['msg']}"


def _feed(entry: Mapping[str, Any], place: str, sources: Mapping[str, Source], secrets: bool) -> Feed:
    name = entry.get("source")
    if not isinstance(name, str) or name not in sources:
        raise ConfigError(
            f"{place}: source = {name!r}{_nearest(str(name), list(sources))}; known are {', '.join(sources)}"
        )
    source = sources[name]
    options = {key: value for key, value in entry.items() if key not in OWN_KEYS}
    for key in ("name", "brand", "kind"):
        if key in entry and not (isinstance(entry[key], str) and entry[key].strip()):
            raise ConfigError(f"{place}: {key} = {entry[key]!r} must be a text that is not empty")
    told = {key: _secret(value, f"{place}: {key}") if secrets else value for key, value in options.items()}
    _refuse_open_secrets(source, options, place)
    try:
        source.check(told)
    except Refused as error:
        raise ConfigError(f"{place}: {error}") from None
    kind = entry.get("kind", source.kind)
    if kind not in get_args(Kind):
        raise ConfigError(f"{place}: kind = {kind!r}; known are {', '.join(get_args(Kind))}")
    digest = hashlib.blake2b(json.dumps(options, sort_keys=True, default=str).encode(), digest_size=8).hexdigest()
    return Feed(
        name=entry.get("name") or _default_name(name, options),
        source=source,
        kind=kind,
        brand=entry.get("brand"),
        options=told,
        options_hash=digest,
    )


def _refuse_open_secrets(source: Source, options: Mapping[str, Any], place: str) -> None:
    for key in source.secrets:
        if key in options and not str(options[key]).startswith(FROM_ENVIRONMENT):
            hint = f'write {key} = "env:{source.name.upper()}_{key.upper()}" and set that environment variable'
            raise ConfigError(f"{place}: {key} is a secret and must not stand in the file; {hint}")


def _default_name(source: str, options: Mapping[str, Any]) -> str:
    """Return a name that tells feeds apart: the source and its first option that is no secret."""
    shown = [value for value in options.values() if not str(value).startswith(FROM_ENVIRONMENT)]
    value = next(iter(shown), "")
    first = str(value[0] if isinstance(value, list) and value else value)
    first = first.partition("://")[2] or Path(first).name
    return f"{source}-{re.sub(r'[^0-9A-Za-z]+', '-', first).strip('-')[:40]}".strip("-").lower()


def _brands(sections: File, feeds: Sequence[Feed], file: str) -> tuple[Brand, ...]:
    """Return the brands with their bound feeds; without any [[brands]], the ones that feeds name are enough."""
    listed = sections.brands or tuple(BrandSection(name=n) for n in dict.fromkeys(f.brand for f in feeds if f.brand))
    names = [brand.name for brand in listed]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{file}: [[brands]] {name!r} is there twice")
    for feed in feeds:
        if feed.brand and feed.brand not in names:
            near = _nearest(feed.brand, names)
            raise ConfigError(f"{file}: feed {feed.name}: brand = {feed.brand!r}{near}; known are {', '.join(names)}")
    return tuple(_brand(brand, feeds, file) for brand in listed)


def _brand(section: BrandSection, feeds: Sequence[Feed], file: str) -> Brand:
    bound = tuple(feed.name for feed in feeds if feed.brand == section.name)
    if section.query is None and not bound:
        hint = f"add query = '\"{section.name}\"', or brand = {section.name!r} to a feed in which everything counts"
        raise ConfigError(f"{file}: [[brands]] {section.name!r} has neither a query nor a feed; {hint}")
    if section.query is not None:
        try:
            brandquery.parse(section.query)
        except brandquery.QueryError as error:
            raise ConfigError(f"{file}: [[brands]] {section.name!r}: query: {error}") from None
    return Brand(section.name, section.competitor, section.query, bound)


def _secret(value: Any, place: str) -> Any:
    if not (isinstance(value, str) and value.startswith(FROM_ENVIRONMENT)):
        return value
    name = value.removeprefix(FROM_ENVIRONMENT)
    if not os.environ.get(name):
        raise ConfigError(f"{place} = {value!r}: the environment variable {name} is not set")
    return os.environ[name]


def _pseudonym_key(named: str) -> str:
    name = named.removeprefix(FROM_ENVIRONMENT)
    key = os.environ.get(name, "")
    if len(key) < LEAST_KEY:
        make = "python -c 'import secrets; print(secrets.token_hex(32))'"
        problem = f"has {len(key)} characters of at least {LEAST_KEY}" if key else "is not set"
        raise ConfigError(f"[privacy] key = {named!r}: the environment variable {name} {problem}; make one: {make}")
    return key


def _nearest(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f" (did you mean {near[0]!r}?)" if near else ""
