"""How a listing is walked so that no item is missed, whatever goes wrong on the way.

A listing that gives its newest items first is walked from its head down to what the last walk had, and from its tail,
where the first walk ended, further down. The rules:

- `since`, the newest moment of the last walk, moves up only when a walk has met it.
- An empty page proves nothing: the place where one ended a walk becomes the tail, which every later walk asks again.
- A page that shows the same items as one before it is never passed.
- A place from an earlier run at which the source knows nothing new sends the walk back to the head.

A listing that gives its oldest changes first needs less: its mark moves with what was seen, and else it stays.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, Reject, Unavailable

if TYPE_CHECKING:
    from connectors.http import Http

Place: TypeAlias = Any  # where a page begins, as JSON can keep it: a number, a token, an id; None is the head
DAY_S = 86_400.0


class Listing(NamedTuple):
    """One answer of a listing: its mentions in order, and the place of the page after it.

    `next` is None where the source says that there is no more. `moments` are the seconds since 1970 that the listing
    is sorted by, in its order, where that is not `posted_at`: rejected items may be among them.
    For `oldest_first`, `next` is where the following walk goes on, and `more` says that there is more right now.
    `suspect` says why it should not be believed, although it looks fine.
    """

    mentions: list[Mention]
    next: Place | None
    rejects: Sequence[Reject] = ()
    moments: Sequence[float] = ()
    deleted: Iterable[str] = ()
    more: bool = True
    suspect: str | None = None

    @property
    def order(self) -> list[float]:
        """Return the moments that it is sorted by."""
        return list(self.moments) or [mention.posted_at.timestamp() for mention in self.mentions]

    @property
    def is_empty(self) -> bool:
        """Say whether it shows no item at all, not even an unreadable one."""
        return not (self.mentions or self.rejects or self.moments or self.deleted)

    @property
    def fingerprint(self) -> str:
        """Return a text that is another one for every other set of items."""
        items = {mention.native_id for mention in self.mentions} or {reject.raw for reject in self.rejects}
        text = "\x1f".join(sorted(items or map(str, self.moments)))
        return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()

    def reaches(self, moment: float) -> bool:
        """Say whether its last item is as old as `moment`; the last, because listings pin old items to their top."""
        return bool(self.order) and self.order[-1] <= moment


Ask: TypeAlias = Callable[[Place | None], Listing]


def newest_first(http: "Http", cursor: Cursor, ask: Ask, *, overlap_s: float = DAY_S) -> Iterator[Page]:
    """Yield the pages of a listing that gives its newest items first.

    `ask(place)` returns one page; None is the place of the first. Items of the `overlap_s` seconds before the last
    walk's newest are walked again: their likes and edits are refreshed, and what was listed late is found.
    """
    walk = _Walk(http, cursor, ask, overlap_s)
    if walk.at is not None:  # the last run did not come to its end, and since then there is more at the head
        yield from walk.head()
    if walk.since is not None:
        yield from walk.head()
    if walk.since is None or walk.tail is not None:
        yield from walk.down()


def oldest_first(cursor: Cursor, ask: Ask) -> Iterator[Page]:
    """Yield the pages of a listing of changes, the oldest first, from the mark of the last walk on.

    `ask(mark)` returns the changes at or after `mark`, None for all there are, and as `next` the mark after them.
    """
    mark = cursor.get("mark")
    inherited = mark is not None
    while True:
        try:
            listing = ask(mark)
        except Refused:
            if not inherited:
                raise
            mark, listing = None, ask(None)
        inherited = False
        moved = listing.next not in (None, mark) and not listing.is_empty
        mark = listing.next if moved else mark
        yield _page(listing, {**_span(cursor), "mark": mark} if mark is not None else dict(cursor))
        if not (moved and listing.more):
            return


class _Walk:
    """The state of a walk: all that its cursor holds."""

    def __init__(self, http: "Http", cursor: Cursor, ask: Ask, overlap_s: float) -> None:
        self.http, self.ask, self.overlap_s = http, ask, overlap_s
        self.span = _span(cursor)
        self.since: float | None = cursor.get("since")
        self.top: float | None = cursor.get("top")
        self.at: Place | None = cursor.get("at")
        self.tail: Place | None = cursor.get("tail")
        self.last: str | None = cursor.get("last")
        self.tail_last: str | None = cursor.get("tail_last")
        self.shown: dict[str, Place | None] = {}  # what this run has seen, and where
        self.inherited = False  # the place comes from an earlier run

    def head(self) -> Iterator[Page]:
        """Walk from the first page down to what the last walk had."""
        since = self.since or 0.0
        self.inherited, self.shown = self.at is not None, {}
        while True:
            listing = self._asked(self.at, self.last)
            if listing.is_empty and self.at is None:
                doubt = listing.suspect or "the first page is empty, though there were items before"
                yield Page([], self._cursor(), suspect=doubt)
                return
            if self.at is None:  # what a deeper page shows later says nothing of what is above it
                self.top = max([since, *self._believable(listing)])
            met = listing.reaches(since - self.overlap_s)
            if listing.is_empty or met or listing.next is None:
                if listing.is_empty:  # nobody knows whether this is the end, so it is asked again
                    self.tail, self.tail_last = self.at, self.last
                self.since, self.top, self.at, self.last = self.top, None, None, None
                yield _page(listing, self._cursor())
                return
            self.at, self.last = listing.next, listing.fingerprint
            yield _page(listing, self._cursor())

    def down(self) -> Iterator[Page]:
        """Walk from where the first walk ended, or from the first page, to the end."""
        self.inherited = self.tail is not None
        while True:
            listing = self._asked(self.tail, self.tail_last)
            if listing.is_empty:
                yield _page(listing, self._cursor())
                return
            if self.since is None:
                self.since = max([0.0, *self._believable(listing)])
            self.tail, self.tail_last = listing.next, listing.fingerprint
            if self.tail is None or (self.span and listing.reaches(self.span["span"][0])):
                self.tail = self.tail_last = None
            yield _page(listing, self._cursor())
            if self.tail is None:
                return

    def _asked(self, place: Place | None, last: str | None) -> Listing:
        try:
            listing = self.ask(place)
        except Refused:
            if not self.inherited:
                raise
            return self._restarted()
        shows = listing.fingerprint
        if not listing.is_empty and place is not None and (shows == last or self.shown.get(shows, place) != place):
            if self.inherited:
                return self._restarted()
            problem = "a page shows the same items as one before it"
            raise Unavailable(self.http.source, problem, "the next run asks for it again")
        self.inherited, self.shown[shows] = False, place
        return listing

    def _restarted(self) -> Listing:
        """Forget the place of an earlier run; if it was the tail, the whole listing is walked again."""
        if self.at is None:
            self.since = self.tail = self.tail_last = None
        self.at = self.top = self.last = None
        self.inherited, self.shown = False, {}
        return self._asked(None, None)

    def _believable(self, listing: Listing) -> list[float]:
        now = self.http.now().timestamp()  # a date in the future would hide what is posted until then
        return [moment for moment in listing.order if moment <= now]

    def _cursor(self) -> dict[str, Any]:
        state = {
            "since": self.since,
            "top": self.top,
            "at": self.at,
            "tail": self.tail,
            "last": self.last,
            "tail_last": self.tail_last,
        }
        return self.span | {name: value for name, value in state.items() if value is not None}


def _span(cursor: Cursor) -> dict[str, Any]:
    """Return what a backfill wants of a walk: {"span": [since, until]} in seconds since 1970; {} in a daily run."""
    return {"span": cursor["span"]} if "span" in cursor else {}


def _page(listing: Listing, cursor: Cursor) -> Page:
    return Page(listing.mentions, cursor, listing.rejects, listing.suspect, listing.deleted)
