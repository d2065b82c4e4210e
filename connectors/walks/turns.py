"""Several listings in one feed, walked one after the other, each with a cursor of its own."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from connectors.source import MISSHAPEN, Cursor, Page, SourceError

Walk: TypeAlias = Callable[[Cursor], Iterator[Page]]


def in_turn(cursor: Cursor, walks: Mapping[str, Walk]) -> Iterator[Page]:
    """Yield the pages of every walk, each from the cursor under its name.

    The first is the one after that in which the last run ended, so that a small budget reaches all of them.
    A walk that fails does not hold back the others; the first error is raised after them.
    """
    span = {"span": cursor["span"]} if "span" in cursor else {}
    states, names = dict(cursor.get("parts", {})), list(walks)
    first = names.index(cursor["at"]) + 1 if cursor.get("at") in names else 0
    trouble: Exception | None = None
    for name in names[first:] + names[:first]:
        try:
            for page in walks[name]({**states.get(name, {}), **span}):
                states[name] = page.cursor
                yield page._replace(cursor={**span, "parts": dict(states), "at": name})
        except (SourceError, *MISSHAPEN) as error:
            trouble = trouble or error
    if trouble:
        raise trouble
