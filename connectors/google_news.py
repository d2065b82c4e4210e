"""Headlines from the news sites that Google News knows, by search."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from connectors.formats.dates import from_epoch
from connectors.formats.entry import Entry, open_feed
from connectors.formats.markup import plain
from connectors.mention import Mention
from connectors.source import Cursor, Page, Unavailable, read_items, source
from connectors.walks.paging import Listing, oldest_first

if TYPE_CHECKING:
    from connectors.http import Http
    from connectors.web.response import Response

API = "https://news.google.com/rss/search"
MOST = 100  # articles in one answer
RECENT_DAYS = 7  # so that a computer may be off for some days
SETTLING_DAYS = 2  # after which Google has found the articles of a day
DATED = re.compile(r"\b(?:when|after|before):", re.I)
# editions whose name is not the language's
EDITIONS = {"es-419": "es-419", "pt-BR": "pt-419", "pt-PT": "pt-150", "zh-CN": "zh-Hans", "zh-TW": "zh-Hant"}


@source(
    "Google News",
    kind="news",
    terms="https://policies.google.com/terms",
    history="what Google still finds, at most 100 articles a day",
    example={"query": '"Harbor Coffee"', "language": "en-US", "country": "US"},
    fills=("url", "title", "author", "language"),
)
def fetch(
    http: "Http", cursor: Cursor, *, query: str, language: str = "en-US", country: str = "US", api: str = API
) -> Iterator[Page]:
    """Yield the articles of the last week that `query` finds, if the answer has changed since the last fetch.

    `author` is the outlet; the link is Google's, which leads to the outlet's in a browser. `language` and `country`
    name an edition. Where an answer is full, so that there may be more than Google shows, and in a backfill, each day
    is asked for by itself. A `query` with when:, after: or before: is asked as it is.
    """
    edition = {"hl": language, "gl": country, "ceid": f"{country}:{EDITIONS.get(language, language.partition('-')[0])}"}

    def search(when: str) -> str:
        return f"{api}?{urlencode({'q': f'{query} {when}'.strip(), **edition})}"

    if "mark" in cursor or "span" in cursor:
        yield from _by_day(http, cursor, search)
        return
    own_dates = DATED.search(query) is not None
    response = http.conditional(search("" if own_dates else f"when:{RECENT_DAYS}d"), cursor)
    if response is None:
        return
    found = _articles(response)
    if own_dates or not _is_full(found):
        yield Page(found.mentions, response.validators if found.mentions else {}, found.rejects)
        return
    days = {"mark": http.now().date().toordinal() - RECENT_DAYS}
    yield Page(found.mentions, days, found.rejects)
    yield from _by_day(http, days, search)


def propose(http: "Http", brand: str, site: str | None) -> Iterator[Mapping[str, Any]]:  # noqa: ARG001
    """Yield the search for the brand's name."""
    yield {"query": f'"{brand}"'}


def _by_day(http: "Http", cursor: Cursor, search: Callable[[str], str]) -> Iterator[Page]:
    """Yield the articles of each day up to today or the span's end; the next walk begins with the last days again."""
    today = http.now().date().toordinal()
    first, last = (from_epoch(moment).date().toordinal() for moment in cursor.get("span", (0, 0)))
    last = min(last, today) if "span" in cursor else today

    def ask(mark: Any) -> Listing:
        day = date.fromordinal(first if mark is None else mark)
        # whether Google counts the days named in is nowhere said, so they are the ones around it
        when = f"after:{day - timedelta(days=1)} before:{day + timedelta(days=1)}"
        found, more = _articles(http.get(search(when))), day.toordinal() < last
        following = day.toordinal() + 1 if more else last - SETTLING_DAYS
        # with a moment of its own even a day without articles is passed
        return found._replace(next=following, moments=[float(day.toordinal())], more=more)

    for page in oldest_first(cursor, ask):
        doubt = f"a day has more articles than the {MOST} that Google shows; narrow the query"
        yield page._replace(suspect=doubt) if _is_full(page) else page


def _is_full(found: Listing | Page) -> bool:
    return len(found.mentions) + len([*found.rejects]) >= MOST


def _articles(response: "Response") -> Listing:
    feed = open_feed(response.content, response.headers.get("content-type", ""))
    if not feed.whole:
        raise Unavailable("google_news", "the answer ends before its last tag", "the next run asks again")
    mentions, rejects = read_items(feed.items, lambda item: _mention(item, feed.read(item)))
    return Listing(mentions, None, rejects)


def _mention(item: Any, entry: Entry) -> Mention:
    outlet = plain((item.get("source") or {}).get("title") or "").strip()
    headline = entry.title.removesuffix(f" - {outlet}").strip()
    more = re.search(r"\w", entry.text.replace(headline, "").replace(outlet, ""))  # mostly it says both again
    if not (entry.key and headline and entry.posted_at):
        raise ValueError("it lacks its guid, its title or its date")
    return Mention(
        source="google_news",
        native_id=entry.key,
        text=entry.text if more else headline,
        posted_at=entry.posted_at,
        url=entry.link,
        title=headline,
        author=outlet or None,
        language=entry.language,
    )
