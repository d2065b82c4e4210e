"""Items that were collected before, asked for again one by one, where a source has no way to ask for many."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.mention import Mention
from connectors.source import Page
from connectors.walks.batches import in_batches
from connectors.web.response import Response

if TYPE_CHECKING:
    from connectors.http import Http

BATCH = 50  # items in a page, so that little is lost when a walk is cut


def one_by_one(
    http: "Http",
    native_ids: Sequence[str],
    ask: Callable[[str], Response],
    read: Callable[[Any], Mention],
    listed: Mapping[str, Any] | None = None,
) -> Iterator[Page]:
    """Yield what became of items; `ask` answers 404 for one that is gone, and else what `read` understands.

    Those that are `listed`, by their ids, are there, and need no request.
    """
    there = listed or {}

    def found(batch: Sequence[str]) -> dict[str, Any]:
        answers = {native_id: ask(native_id) for native_id in batch if native_id not in there}
        single = {native_id: answer.json() for native_id, answer in answers.items() if answer.status != 404}
        return single | {native_id: there[native_id] for native_id in batch if native_id in there}

    yield from in_batches(http, native_ids, BATCH, found, read)
