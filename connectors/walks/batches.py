"""Items that were collected before, asked for again many at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.mention import Mention
from connectors.source import Page, Unavailable, read_items

if TYPE_CHECKING:
    from connectors.http import Http


def in_batches(
    http: "Http",
    native_ids: Sequence[str],
    most: int,
    ask: Callable[[Sequence[str]], Mapping[str, Any]],
    read: Callable[[Any], Mention] | None = None,
) -> Iterator[Page]:
    """Yield what became of items; `ask` returns those that are still there of at most `most` ids, by their ids.

    Where none of a batch is, that is taken for a fault: Unavailable is raised, and none is called gone.
    """
    count = -(-len(native_ids) // most)  # batches of about one size, for all of a tiny last one may well be gone
    for number in range(count):
        batch = native_ids[number::count]
        found = ask(batch)
        if not found:
            told = f"it knows none of {len(batch)} items any more, so none is taken for deleted"
            raise Unavailable(http.source, told, "check this feed's options if the next run says so too")
        mentions, rejects = read_items(found.values(), read) if read else ([], [])
        yield Page(mentions, {}, rejects, deleted=[item for item in batch if item not in found])
