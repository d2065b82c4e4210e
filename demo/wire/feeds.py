"""News, blogs and a forum as RSS 2.0, Atom and JSON Feed documents, newest first, with HTML inside."""

import html
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from demo.item import Item
from demo.places import Kind, Place

RSS = """\
<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>{title}</title><link>https://{domain}/</link><description>News from {title}</description>
<language>{language}</language><ttl>60</ttl>
{items}</channel></rss>
"""
RSS_ITEM = """\
<item><title>{title}</title><link>{url}</link><guid isPermaLink="false">{id}</guid><pubDate>{when}</pubDate>
<dc:creator>{author}</dc:creator>{body}</item>
"""
ATOM = """\
<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}"><title>{title}</title><id>tag:{domain},2026:/</id>
<link href="https://{domain}/"/><updated>{when}</updated>
{items}</feed>
"""
ATOM_ENTRY = """\
<entry><title type="html">{title}</title><id>tag:{id}</id><link rel="alternate" href={url}/>
<published>{when}</published><updated>{when}</updated><author><name>{author}</name></author>
<content type="html">{body}</content></entry>
"""
PICTURE = '<p><img src="https://{domain}/img/{number}.jpg" alt="" width="640"></p>'


def as_rss(place: Place, items: Sequence[Item]) -> bytes:
    """Return an RSS document; every third outlet has a teaser and the article apart, the others the article only."""
    teasers = len(place.feed) % 3 == 0
    entries = "".join(_rss_item(item, teasers) for item in items)
    return RSS.format(
        title=escape(place.title), domain=place.domain, language=place.languages[0], items=entries
    ).encode()


def as_atom(place: Place, items: Sequence[Item]) -> bytes:
    """Return an Atom document; titles are HTML."""
    entries = "".join(
        ATOM_ENTRY.format(
            title=escape(html.escape(item.title or "")),
            id=item.native_id,
            url=quoteattr(item.url or ""),
            when=_moment(item).isoformat(),
            author=escape(item.author),
            body=escape(_markup(item)),
        )
        for item in items
    )
    when = _moment(items[0]).isoformat() if items else "2026-01-01T00:00:00+00:00"
    return ATOM.format(
        title=escape(place.title), domain=place.domain, language=place.languages[0], when=when, items=entries
    ).encode()


def as_json_feed(place: Place, items: Sequence[Item]) -> bytes:
    """Return a JSON Feed 1.1 document."""
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": place.title,
        "home_page_url": f"https://{place.domain}/",
        "items": [
            {
                "id": item.native_id,
                "url": item.url,
                "title": item.title,
                "content_html": _markup(item),
                "date_published": _moment(item).isoformat(),
                "authors": [{"name": item.author}],
                "language": item.language,
            }
            for item in items
        ],
    }
    return json.dumps(feed).encode()


RENDERERS: Mapping[Kind, tuple[str, Callable[[Place, Sequence[Item]], bytes]]] = {
    "news": ("application/rss+xml; charset=utf-8", as_rss),
    "blog": ("application/atom+xml; charset=utf-8", as_atom),
    "forum": ("application/feed+json", as_json_feed),
}


def _rss_item(item: Item, teaser: bool) -> str:
    body = f"<description>{escape(_markup(item))}</description>"
    if teaser:
        first = escape(html.escape(item.text.split("\n\n")[0][:80]))
        body = f"<description>{first}…</description><content:encoded><![CDATA[{_markup(item)}]]></content:encoded>"
    return RSS_ITEM.format(
        title=escape(item.title or ""),
        url=escape(item.url or ""),
        id=item.native_id,
        when=format_datetime(_moment(item)),
        author=escape(item.author),
        body=body,
    )


def _markup(item: Item) -> str:
    """Return the HTML of `item`: its own, or its paragraphs, with a picture over the longer articles."""
    if item.markup is not None:
        return item.markup
    paragraphs = "".join(f"<p>{html.escape(p, quote=False)}</p>" for p in item.text.split("\n\n"))
    if item.place.kind == "forum" or len(item.text) < 400:
        return paragraphs
    return PICTURE.format(domain=item.place.domain, number=item.posted_at % 10_000) + paragraphs


def _moment(item: Item) -> datetime:
    return datetime.fromtimestamp(item.posted_at, UTC)
