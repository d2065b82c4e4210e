"""Looks where people may speak of a brand: asks every source that needs no key, and tries what it proposes."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from connectors.http import Http
from connectors.source import Page, Source, SourceError, all_sources
from connectors.web.settings import DEFAULTS, HttpSettings
from flows.collect import OpenHttp

MOST = 5  # proposals of one source; a person reads them all


@dataclass(frozen=True, slots=True)
class Proposal:
    """A feed worth having, and what its first page held; `message` says why it holds nothing."""

    source: str
    options: Mapping[str, Any]
    items: int = 0
    newest: datetime | None = None
    example: str | None = None
    message: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the proposal as plain values."""
        return asdict(self)


def discover(
    brand: str, site: str | None, *, settings: HttpSettings = DEFAULTS, open_http: OpenHttp = Http
) -> list[Proposal]:
    """Return the feeds that the sources propose for `brand` and its web `site`, those that hold most first.

    Nothing is stored. A source that cannot be asked is one proposal with a message.
    """
    if site and "://" not in site:
        site = f"https://{site}"

    def ask(card: Source) -> list[Proposal]:
        with open_http(card.name, settings=settings) as http:
            return list(_proposals(card, http, brand, site))

    with ThreadPoolExecutor(16) as pool:
        found = [proposal for proposals in pool.map(ask, all_sources().values()) for proposal in proposals]
    return sorted(found, key=lambda proposal: -proposal.items)


def _proposals(card: Source, http: Http, brand: str, site: str | None) -> Iterator[Proposal]:
    try:
        for options in islice(card.proposals(http, brand, site), MOST):
            yield _tried(card, http, options)
    except SourceError as error:
        yield Proposal(card.name, {}, message=str(error))


def _tried(card: Source, http: Http, options: Mapping[str, Any]) -> Proposal:
    try:
        page = next(card.walk(http, {}, **options), Page([], {}))
    except SourceError as error:
        return Proposal(card.name, options, message=str(error))
    newest = max(page.mentions, key=lambda mention: mention.posted_at, default=None)
    if newest is None:
        return Proposal(card.name, options, message=page.suspect or "it answers, and holds nothing")
    words = " ".join(f"{newest.title or ''} {newest.text}".split())[:120]
    return Proposal(card.name, options, len(page.mentions), newest.posted_at, words, page.suspect)
