"""Feeds as sites publish them: three dialects, many flaws, and no item lost or taken twice."""

import gzip
import json
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import httpx
import pytest

from connectors import feed
from connectors.formats.entry import open_feed
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Changed, Cursor, Page, Refused, SourceError
from connectors.web.settings import HttpSettings
from tests.corpora import corpus

EAGER = HttpSettings(per_host_per_s=1e9, attempts=1)
URL = "https://Pier.example/blog/feed"


def fetch(
    body: str | bytes, content_type: str = "application/xml", cursor: Cursor | None = None, **options: Any
) -> list[Page]:
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, content=body, headers={"Content-Type": content_type, "ETag": '"1"'})
    )
    with Http("feed", settings=EAGER, transport=transport) as http:
        return list(feed.fetch.walk(http, cursor or {}, url=URL, **options))


def rss(*items: str, head: str = "") -> str:
    entries = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel>{head}{entries}</channel></rss>'


def only(pages: list[Page]) -> Mention:
    (page,) = pages
    (mention,) = page.mentions
    return mention


def test_an_rss_item_is_read_whole() -> None:
    mention = only(
        fetch(
            rss(
                "<title>Tea &amp;amp; coffee</title><link>/post</link><guid>17</guid><author>a@x.coffee (Ann)</author>"
                "<pubDate>Sun, 22 Nov 2026 08:00:00 +0200</pubDate><slash:comments>4</slash:comments>"
                "<description>&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&lt;/p&gt;</description>",
                head="<language>en-GB</language>",
            )
        )
    )
    assert mention == Mention(
        source="feed",
        native_id="pier.example:17",
        text="One\nTwo",
        title="Tea & coffee",
        url="https://pier.example/post",
        author="Ann",
        language="en",
        replies=4,
        posted_at=datetime(2026, 11, 22, 6, tzinfo=UTC),
    )


def test_an_atom_entry_is_read_whole() -> None:
    mention = only(
        fetch(
            '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"'
            ' xmlns:thr="http://purl.org/syndication/thread/1.0">'
            '<entry><id>tag:x,2026:1</id><title type="html">&lt;b&gt;Fett&lt;/b&gt;</title><link href="e1"/>'
            "<published>2026-11-22T06:00:00Z</published><updated>2026-11-23T06:00:00Z</updated><thr:total>2</thr:total>"
            "<author><name>Ida</name><email>i@x.coffee</email></author><summary>kurz</summary><content>lang</content></entry></feed>"
        )
    )
    assert (mention.native_id, mention.title, mention.text, mention.author) == ("tag:x,2026:1", "Fett", "lang", "Ida")
    assert (mention.url, mention.language, mention.replies) == ("https://pier.example/blog/e1", "de", 2)
    assert mention.posted_at == datetime(2026, 11, 22, 6, tzinfo=UTC)


@pytest.mark.parametrize("version", ["1", "1.1"])
def test_a_json_feed_item_is_read_whole(version: str) -> None:
    item = {
        "id": 5,
        "url": "https://pier.example/5",
        "title": "Five",
        "content_html": "<p>a<br>b</p>",
        "date_published": "2026-11-22T08:00:00+02:00",
    } | ({"author": {"name": "Ann"}} if version == "1" else {"authors": [{"name": "Ann"}], "language": "en-US"})
    document = {"version": f"https://jsonfeed.org/version/{version}", "language": "en", "items": [item]}
    mention = only(fetch(json.dumps(document), "application/feed+json"))
    assert (mention.native_id, mention.title, mention.text) == ("pier.example:5", "Five", "a\nb")
    assert (mention.author, mention.language) == ("Ann", "en")
    assert mention.posted_at == datetime(2026, 11, 22, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("item", "native_id"),
    [
        ("<guid>https://x.example/1</guid>", "https://x.example/1"),
        ("<guid isPermaLink='false'>urn:uuid:1</guid>", "urn:uuid:1"),
        ("<guid isPermaLink='false'>1</guid><link>https://x.example/1</link>", "pier.example:1"),
        ("<link>https://x.example/1</link>", "https://x.example/1"),
        ("", "pier.example:2ef0e7dcb23f5a2bb5cb3ba6d0ccdc6f"),
    ],
)
def test_an_id_is_the_guid_the_link_or_the_words(item: str, native_id: str) -> None:
    mention = only(fetch(rss(f"<title>T</title>{item}")))
    assert mention.native_id == native_id or (not item and len(mention.native_id) == len(native_id))
    assert only(fetch(rss(f"<title>T</title>{item}"))).mention_id == mention.mention_id


@pytest.mark.parametrize(
    "date",
    [
        "",
        "<pubDate>soon</pubDate>",
        "<pubDate>1 Jan 1900 00:00 GMT</pubDate>",
        "<pubDate>1 Jan 2999 00:00 GMT</pubDate>",
    ],
)
def test_an_impossible_date_is_an_unknown_one(date: str) -> None:
    mention = only(fetch(rss(f"<title>T</title>{date}")))
    assert not mention.posted_at_known
    assert abs((datetime.now(UTC) - mention.posted_at).total_seconds()) < 60


def test_updated_stands_in_for_an_unreadable_date() -> None:
    dates = "<pubDate>soon</pubDate><dc:date xmlns:dc='http://purl.org/dc/elements/1.1/'>2026-11-22T06:00:00Z</dc:date>"
    assert only(fetch(rss(f"<title>T</title>{dates}"))).posted_at == datetime(2026, 11, 22, 6, tzinfo=UTC)


def test_the_language_of_the_configuration_wins() -> None:
    assert only(fetch(rss("<title>T</title>", head="<language>en</language>"), language="fr")).language == "fr"


def test_an_item_without_words_is_a_reject_and_holds_back_no_other() -> None:
    (page,) = fetch(rss("<guid>1</guid>", "<title>T</title>", "<guid>3</guid>"))
    assert len(page.mentions) == 1 and [r.place for r in page.rejects] == ["item 1", "item 3"]
    (page,) = fetch(rss("<guid>1</guid>"))
    assert page.mentions == [] and "none of its 1 items" in str(page.suspect)


def test_a_bad_link_costs_the_link_and_not_the_item() -> None:
    for link in ("http://[::1", "javascript:alert(1)"):
        assert only(fetch(rss(f"<title>T</title><guid>1</guid><link>{link}</link>"))).url is None


def test_an_id_that_several_items_share_is_told() -> None:
    (page,) = fetch(rss("<title>A</title><guid>1</guid>", "<title>B</title><guid>1</guid>"))
    assert "1 of its 2 items" in str(page.suspect)
    (page,) = fetch(rss(*["<title>A</title><guid>1</guid>"] * 2))
    assert page.suspect is None


def test_the_encoding_of_the_header_is_used() -> None:
    body = rss("<title>Café</title>").encode("latin-1")
    assert only(fetch(body, "text/xml; charset=iso-8859-1")).title == "Café"


def test_one_broken_byte_changes_no_other_letter() -> None:
    body = rss("<title>Café crème</title><guid>größe</guid>").encode().replace(b" cr", b" \xffcr")
    mention = only(fetch(body, "application/rss+xml"))
    assert (mention.native_id, mention.title) == ("pier.example:größe", "Café \ufffdcrème")


def test_an_unchanged_feed_yields_nothing() -> None:
    answers = iter([httpx.Response(200, text=rss("<title>T</title>"), headers={"ETag": '"1"'}), httpx.Response(304)])
    with Http("feed", settings=EAGER, transport=httpx.MockTransport(lambda _: next(answers))) as http:
        (page,) = feed.fetch.walk(http, {}, url=URL)
        assert page.cursor == {"etag": '"1"'}
        assert list(feed.fetch.walk(http, page.cursor, url=URL)) == []


def test_a_feed_without_items_is_fine_but_asked_for_again_in_full() -> None:
    for body in (rss(), '{"version": "https://jsonfeed.org/version/1", "items": []}'):
        (page,) = fetch(body)
        assert (page.mentions, page.suspect, page.cursor) == ([], None, {})


def test_a_document_cut_in_the_middle_is_suspect_and_asked_for_again_in_full() -> None:
    whole = rss("<title>A</title><guid>1</guid>", "<title>B</title><guid>2</guid>")
    (page,) = fetch(whole[: whole.index("<guid>2")])
    assert [m.title for m in page.mentions] == ["A"]
    assert page.cursor == {} and "before its last tag" in str(page.suspect)


@pytest.mark.parametrize(
    ("body", "error", "hint"),
    [
        ("<!DOCTYPE html><html><body>Hi</body></html>", Refused, "use the address of its feed"),
        (
            "<html><link rel='alternate' type='application/rss+xml' href='/feed.xml'></html>",
            Refused,
            "https://pier.example/feed.xml",
        ),
        ("", Changed, "browser"),
        ("garbage", Changed, "browser"),
        ('{"items": []}', Changed, "not a JSON Feed"),
        ('{"version": "https://jsonfeed.org/version/1", "items": 3}', Changed, "pier"),
        ("{" * 100_000, Changed, "browser"),
        ("<urlset><url/></urlset>", Changed, "neither RSS"),
        ("<rss>" + "<a>" * 6000, Changed, "nested"),
        ("/etc/passwd", Changed, "neither RSS"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body: str, error: type[SourceError], hint: str) -> None:
    with pytest.raises(error, match=hint):
        fetch(body)


def test_entities_do_not_multiply() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    (page,) = fetch(f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]>' + rss("<title>&l11;</title>"))
    assert all(len(m.text) < 1000 for m in page.mentions)


def test_an_absurd_character_number_is_a_changed_answer() -> None:
    broken = rss("<title>T</title>").replace("</title>", "&#55555555555555555555;<b></title>")
    with pytest.raises(Changed):
        fetch(broken)


def test_a_packed_feed_is_unpacked() -> None:
    body = gzip.compress(rss("<title>T</title>").encode())
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, stream=httpx.ByteStream(body), headers={"Content-Encoding": "gzip"})
    )
    with Http("feed", settings=EAGER, transport=transport) as http:
        assert only(list(feed.fetch.walk(http, {}, url=URL))).title == "T"


def read_corpus(step: int) -> None:
    read = 0
    for path in islice(sorted(path for path in corpus("feeds").rglob("*") if path.is_file()), 0, None, step):
        try:
            read += sum(len(page.mentions) for page in fetch(path.read_bytes()))
        except SourceError as error:
            assert str(error).startswith("feed: ")
    assert read > 1_200 / step


def test_feeds_of_the_corpus_are_pages_or_source_errors() -> None:
    read_corpus(step=9)


@pytest.mark.slow
def test_every_feed_of_the_corpus_is_a_page_or_a_source_error() -> None:
    read_corpus(step=1)


def test_an_open_feed_reads_lazily_so_that_one_bad_item_raises_alone() -> None:
    opened = open_feed(b'{"version": "https://jsonfeed.org/version/1", "items": [3, {"title": "T"}]}')
    with pytest.raises(AttributeError):
        opened.read(opened.items[0])
    assert opened.read(opened.items[1]).title == "T"
