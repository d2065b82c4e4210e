"""What a connector is: one decorated function per file, found by its file name."""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from connectors.mention import Mention

if TYPE_CHECKING:
    from connectors.http import Http

Cursor: TypeAlias = Mapping[str, Any]
Fetch: TypeAlias = Callable[..., "Iterator[Page]"]
Answer = TypeVar("Answer")
Kind: TypeAlias = Literal["forum", "news", "review", "social", "own"]

# OverflowError: a time stamp of the year 90,000 is a shape error too, and no ValueError
MISSHAPEN = (AttributeError, LookupError, OverflowError, TypeError, ValueError)
DRIFT = 0.1  # one odd item is somebody's typing; one in ten is a new answer shape


class Reject(NamedTuple):
    """An item that could not be read: where it stood, why, and the item itself."""

    place: str
    reason: str
    raw: str


class Page(NamedTuple):
    """Mentions of one answer, and the cursor from which the *next* page is fetched.

    Both are stored in one transaction, so a cursor never describes data that was not kept.
    `suspect` says why an answer that looks fine should not be believed, such as a sudden emptiness.
    `deleted` holds the native ids of which the source says that they are gone; they are removed.
    """

    mentions: list[Mention]
    cursor: Cursor
    rejects: Iterable[Reject] = ()
    suspect: str | None = None
    deleted: Iterable[str] = ()


class SourceError(Exception):
    """A source could not be read. `problem` says what and where, `hint` what the reader can do."""

    def __init__(self, source: str, problem: str, hint: str) -> None:
        super().__init__(f"{source}: {problem} ({hint})")


class Unavailable(SourceError):
    """Nobody need act: timeout, 429, 5xx. The next run goes on from the last cursor."""


class Refused(SourceError):
    """The user must act: wrong option, missing or expired credentials, 401, 403, 404."""


class Changed(SourceError):
    """A maintainer must act: the answer no longer looks like the recorded one."""


@dataclass(frozen=True, slots=True)
class Source:
    """A connector's card: everything that the docs table, the config check and the contract test need.

    `key` says what credential it wants, `cost` what it costs, `history` how far back it lets anyone read and `rate`
    how often it may be asked; `fills` names the fields of a Mention, besides those that all have, that it can fill.
    `secrets` are options that must not stand in the configuration itself, `per_minute` is the pace that it allows.
    Its mentions carry the name of the source `same_as`, if any, with which it shares its ids.
    """

    name: str
    fetch: Fetch
    title: str
    kind: Kind
    terms: str
    history: str
    example: Mapping[str, Any]
    fills: tuple[str, ...]
    key: str = "none"
    cost: str = "free"
    rate: str = "not published"
    secrets: tuple[str, ...] = ()
    per_minute: float | None = None
    same_as: str | None = None

    @property
    def recheck(self) -> Fetch | None:
        """Return the connector's `recheck(http, native_ids, *, option…) -> Iterator[Page]`, if it has one.

        It asks for mentions that were collected before: what became of them, and which are gone.
        """
        return getattr(sys.modules[self.fetch.__module__], "recheck", None)

    @property
    def options(self) -> dict[str, inspect.Parameter]:
        """Return the keyword-only parameters of `fetch`: what a user may write under [[feeds]]."""
        params = inspect.signature(self.fetch).parameters
        return {n: p for n, p in params.items() if p.kind is p.KEYWORD_ONLY}

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise Refused for an unknown, missing or mistyped option."""
        for name in options:
            if name not in self.options:
                raise Refused(self.name, f"unknown option {name!r}", f"it takes {', '.join(self.options)}")
        for name, param in self.options.items():
            if name not in options and param.default is param.empty:
                raise Refused(self.name, f"option {name!r} is missing", f"for example {name} = {self.example[name]!r}")
            if name in options:
                self._check_type(name, options[name], param.annotation)

    def _check_type(self, name: str, value: object, annotation: Any) -> None:
        try:
            TypeAdapter(annotation, config=ConfigDict(strict=True)).validate_python(value)
        except ValidationError as error:
            shown = "…" if name in self.secrets else repr(value)
            problem = f"option {name} = {shown}: {error.errors()[0]['msg']}"
            raise Refused(self.name, problem, f"for example {name} = {self.example.get(name)!r}") from None

    def walk(self, http: "Http", cursor: Cursor, **options: Any) -> Iterator[Page]:
        """Yield `fetch`'s pages; an answer of an unexpected shape is raised as Changed.

        This is the only place that catches shape errors, so a connector may write `hit["id"]`.
        """
        yield from self._read(self.fetch, http, cursor, options)

    def walk_again(self, http: "Http", native_ids: Sequence[str], **options: Any) -> Iterator[Page]:
        """Yield what became of mentions collected before, in pages whose cursors mean nothing; see `recheck`."""
        if self.recheck:
            yield from self._read(self.recheck, http, native_ids, options)

    def proposals(self, http: "Http", brand: str, site: str | None) -> Iterator[Mapping[str, Any]]:
        """Yield options of feeds, without any key, in which people may speak of `brand`; none for most sources.

        They come from the connector's `propose(http, brand, site)`; `site` is the address of the brand's web site.
        """
        propose = getattr(sys.modules[self.fetch.__module__], "propose", None)
        if propose:
            yield from self._guarded(propose(http, brand, site))

    def _read(self, ask: Fetch, http: "Http", start: Any, options: Mapping[str, Any]) -> Iterator[Page]:
        self.check(options)
        if self.per_minute:
            http.slow_to(self.per_minute)
        yield from self._guarded(ask(http, start, **options))

    def _guarded(self, answers: Iterator[Answer]) -> Iterator[Answer]:
        try:
            yield from answers
        except MISSHAPEN as error:
            problem = f"the answer has changed: {type(error).__name__}: {error}"
            raise Changed(self.name, problem, f"update connectors/{self.name}.py and its fixture") from error


def source(title: str, **card: Any) -> Callable[[Fetch], Source]:
    """Turn `fetch(http, cursor, *, option…) -> Iterator[Page]` into a Source named after its file.

    `card` holds the other fields of Source; `example` is a set of options that works.
    """

    def wrap(fetch: Fetch) -> Source:
        return Source(fetch.__module__.rpartition(".")[2], fetch, title, **card)

    return wrap


def all_sources() -> dict[str, Source]:
    """Return every `fetch` in this folder by name; adding a file is all it takes to add a source."""
    import connectors

    found = {}
    for info in pkgutil.iter_modules(connectors.__path__):
        card = getattr(importlib.import_module(f"connectors.{info.name}"), "fetch", None)
        if isinstance(card, Source):
            found[card.name] = card
    return found


def read_items(
    items: Iterable[Any], read: Callable[[Any], Mention], *, drift: float = DRIFT
) -> tuple[list[Mention], list[Reject]]:
    """Return the mentions that `read` makes of `items`, and the items that it cannot read.

    Raises ValueError, which `walk` turns into Changed, when none can be read, or when more than one is
    unreadable and they are more than the share `drift` of all. With `drift` 1 it never does.
    """
    mentions: list[Mention] = []
    rejects: list[Reject] = []
    for number, item in enumerate(items, 1):
        try:
            mentions.append(read(item))
        except MISSHAPEN as error:
            rejects.append(Reject(f"item {number}", f"{type(error).__name__}: {error}", repr(item)[:10_000]))
    total = len(mentions) + len(rejects)
    if len(rejects) > drift * total and (len(rejects) > 1 or not mentions):
        raise ValueError(f"{len(rejects)} of {total} items are unreadable; {rejects[0].reason}")
    return mentions, rejects
