"""Google News: one answer a day while it is not full, and day by day where it is."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest

from connectors import google_news
from connectors.http import Http
from connectors.source import Cursor, Page, SourceError, Unavailable
from connectors.web.settings import HttpSettings

EAGER = HttpSettings(per_host_per_s=1e9, attempts=1)


def item(guid: str, title: str = "News", outlet: str = "The Pier Post", day: date = date(2026, 11, 20)) -> str:
    source = f'<source url="https://pier.example">{outlet}</source>' if outlet else ""
    return (
        f"<item><title>{title} - {outlet}</title><link>https://news.google.com/rss/articles/{guid}?oc=5</link>"
        f'<guid isPermaLink="false">{guid}</guid><pubDate>{day:%a, %d %b %Y} 08:00:00 GMT</pubDate>'
        f"<description>&lt;a&gt;{title}&lt;/a&gt;&amp;nbsp;&lt;font&gt;{outlet}&lt;/font&gt;</description>{source}</item>"
    )


def feed(*items: str) -> str:
    return f'<rss version="2.0"><channel><language>en-US</language>{"".join(items)}</channel></rss>'


class Google:
    """Google with so many articles on each day; it shows a hundred at most."""

    def __init__(self, per_day: int) -> None:
        self.per_day = per_day
        self.asked: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        query = request.url.params["q"]
        self.asked.append(query)
        today = datetime.now(UTC).date()
        first, last = today - timedelta(days=7), today
        if "after:" in query:
            first, last = (date.fromisoformat(word.partition(":")[2]) for word in query.split()[-2:])
            first, last = first + timedelta(days=1), last - timedelta(days=1)
        days = [last - timedelta(days=n) for n in range((last - first).days + 1)]
        items = [item(f"{day}-{n}", day=day) for day in days for n in range(self.per_day)]
        return httpx.Response(200, text=feed(*items[:100]), headers={"ETag": '"1"'})

    def walk(self, cursor: Cursor | None = None, query: str = '"Harbor"', **options: str) -> list[Page]:
        with Http("google_news", settings=EAGER, transport=httpx.MockTransport(self.answer)) as http:
            return list(google_news.fetch.walk(http, cursor or {}, query=query, **options))


def ids(pages: list[Page]) -> set[str]:
    return {m.native_id for page in pages for m in page.mentions}


def test_a_quiet_brand_costs_one_request_and_the_validators_are_kept() -> None:
    google = Google(per_day=3)
    (page,) = google.walk()
    assert google.asked == ['"Harbor" when:7d'] and page.cursor == {"etag": '"1"'} and len(page.mentions) == 24


def test_where_an_answer_is_full_each_day_is_asked_for_and_the_next_walk_goes_on_with_the_last_days() -> None:
    google = Google(per_day=60)
    pages = google.walk()
    assert len(ids(pages)) == 8 * 60 and len(google.asked) == 9
    assert not any(page.suspect for page in pages[1:])
    google.asked.clear()
    again = google.walk(pages[-1].cursor)
    assert len(google.asked) == 3 and len(ids(again)) == 3 * 60 and again[-1].cursor == pages[-1].cursor


def test_a_walk_by_days_that_is_cut_goes_on_with_the_next_day() -> None:
    google = Google(per_day=60)
    pages = google.walk()
    for cut in range(1, len(pages)):
        assert ids(pages[:cut]) | ids(google.walk(pages[cut - 1].cursor)) == ids(pages)


def test_a_day_with_more_than_google_shows_is_told() -> None:
    assert any("narrow the query" in (page.suspect or "") for page in Google(per_day=120).walk())


def test_a_backfill_asks_for_every_day_of_its_span() -> None:
    google = Google(per_day=2)
    span = [datetime(2026, 3, day, tzinfo=UTC).timestamp() for day in (1, 4)]
    pages = google.walk({"span": span})
    assert google.asked[0] == '"Harbor" after:2026-02-28 before:2026-03-02'
    assert {mention.posted_at.day for page in pages for mention in page.mentions} == {1, 2, 3, 4}


def test_days_without_articles_are_passed() -> None:
    google = Google(per_day=0)
    google.walk({"mark": datetime.now(UTC).date().toordinal() - 5})
    assert len(google.asked) == 6


def test_a_query_with_dates_of_its_own_is_asked_as_it_is() -> None:
    google = Google(per_day=60)
    google.walk(query="Harbor when:1h")
    assert google.asked == ["Harbor when:1h"]


@pytest.mark.parametrize(
    ("language", "country", "edition"),
    [("en-US", "US", "US:en"), ("de", "DE", "DE:de"), ("pt-BR", "BR", "BR:pt-419"), ("es-419", "MX", "MX:es-419")],
)
def test_language_and_country_name_an_edition(language: str, country: str, edition: str) -> None:
    urls = []

    def answer(request: httpx.Request) -> httpx.Response:
        urls.append(str(request.url))
        return httpx.Response(200, text=feed())

    with Http("google_news", settings=EAGER, transport=httpx.MockTransport(answer)) as http:
        list(google_news.fetch.walk(http, {}, query="x", language=language, country=country))
    assert urls[0].endswith(f"&hl={language}&gl={country}&ceid={quote(edition)}")


def read(*items: str) -> list[Page]:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=feed(*items)))
    with Http("google_news", settings=EAGER, transport=transport) as http:
        return list(google_news.fetch.walk(http, {}, query="x"))


def test_the_outlet_is_the_author_and_goes_from_the_headline() -> None:
    mention = read(item("1", "Coffee - the daily bean", "Bean &amp;amp; Co"))[0].mentions[0]
    assert (mention.title, mention.text, mention.author) == (
        "Coffee - the daily bean",
        "Coffee - the daily bean",
        "Bean & Co",
    )
    assert mention.language == "en" and mention.url == "https://news.google.com/rss/articles/1?oc=5"


def test_an_answer_that_ends_early_or_is_empty_does_not_become_the_last_word() -> None:
    assert read()[0].cursor == {}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=feed(item("1"), item("2"))[:-30]))
    with Http("google_news", settings=EAGER, transport=transport) as http, pytest.raises(Unavailable):
        list(google_news.fetch.walk(http, {}, query="x"))


def test_an_item_without_guid_is_a_reject_because_its_id_would_change() -> None:
    many = [item(str(n)) for n in range(20)]
    (page,) = read(*many, item("x").replace("guid", "wid"))
    assert len(page.mentions) == 20 and len(list(page.rejects)) == 1
    with pytest.raises(SourceError):
        read(item("x").replace("guid", "wid"))
