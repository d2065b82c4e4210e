"""Listings of changes that can begin at a moment: every edit comes again, and no page number has to stay valid."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from connectors.mention import Mention
from connectors.source import Cursor, Page, Reject
from connectors.walks.paging import Listing, oldest_first

if TYPE_CHECKING:
    from connectors.http import Http


class Changes(NamedTuple):
    """One page of changes, the oldest first.

    `moments` are those of its items, in seconds since 1970; `more` says whether another page follows.
    """

    mentions: list[Mention]
    rejects: Sequence[Reject]
    moments: Sequence[float]
    more: bool


Ask: TypeAlias = Callable[[int | None, int], Changes]


def changed_since(http: "Http", cursor: Cursor, ask: Ask, *, overlap_s: int = 600) -> Iterator[Page]:
    """Yield the pages of changes from the last walk's end on; a backfill begins with its span.

    `ask(since, page)` returns what changed at or after `since`, all if it is None. Every page begins at the moment
    where the one before it ended; `page` is more than 1 only where a full page shares a single second.
    The next walk begins `overlap_s` seconds before the last change seen, for what the source lists late.
    """
    start = int(cursor["span"][0]) if "span" in cursor else None

    def listing(mark: Any) -> Listing:
        since, page, *last = mark or (start, 1)
        found = ask(since, page)
        answer = Listing(found.mentions, None, found.rejects, found.moments, more=found.more)
        moments = [moment for moment in found.moments if moment <= http.now().timestamp()]
        if doubt := _doubt(answer, since or 0, moments):  # the mark does not move, so the next walk asks for it again
            return answer._replace(suspect=doubt)
        if answer.mentions and answer.fingerprint in last:
            doubt = "a page shows the same items as the one before it"
            return answer._replace(next=[since, 1], more=False, suspect=doubt)
        if not moments:
            return answer
        newest = int(max(moments))
        if not found.more:
            return answer._replace(next=[newest - overlap_s, 1])
        if since is None or newest > since:
            return answer._replace(next=[newest, 1])
        return answer._replace(next=[since, page + 1, answer.fingerprint])

    yield from oldest_first(cursor, listing)


def _doubt(answer: Listing, since: float, moments: Sequence[float]) -> str | None:
    if answer.moments and not moments:
        return "all changes on a page are dated in the future"
    return "a page shows older changes than were asked for" if moments and min(moments) < since else None
