"""Customer reviews as Apple's public feed gives them: Atom with im: fields, or the same as wrapped JSON."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from demo.item import Item

PER_PAGE, PAGES = 50, 10
CUPERTINO = timezone(timedelta(hours=-7))
VERSIONS = ("4.1.0", "4.2.0", "4.2.1", "4.3.0")
LABEL = "http://itunes.apple.com"
HEAD = """\
<?xml version="1.0" encoding="utf-8"?>
<feed xmlns:im="http://itunes.apple.com/rss" xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>{id}</id><title>iTunes Store: Customer Reviews</title><updated>{updated}</updated>
<icon>http://itunes.apple.com/favicon.ico</icon>
<author><name>iTunes Store</name><uri>http://www.apple.com/itunes/</uri></author>
<rights>Copyright 2008 Apple Inc.</rights>
"""
ENTRY = """\
<entry><updated>{updated}</updated><id>{id}</id><title>{title}</title><content type="text">{text}</content>
<im:contentType term="Application" label="Application"/><im:voteSum>{votes}</im:voteSum>\
<im:voteCount>{voters}</im:voteCount><im:rating>{rating}</im:rating><im:version>{version}</im:version>
<author><name>{author}</name><uri>{profile}</uri></author>
<link rel="related" href="{review}"/><content type="html">{html}</content></entry>
"""


class Shelf(NamedTuple):
    """The reviews of one app in one country, newest first."""

    app_id: str
    country: str
    reviews: Sequence[Item]

    def page(self, number: int) -> Sequence[Item]:
        """Return the reviews of page 1 to 10; only the newest 500 can be reached."""
        return self.reviews[(number - 1) * PER_PAGE : number * PER_PAGE]

    def address(self, number: int, form: str) -> str:
        """Return the address that a page calls its own."""
        path = f"rss/customerreviews/page={number}/id={self.app_id}/sortby=mostrecent/{form}"
        return f"https://itunes.apple.com/{self.country}/{path}"


def as_json(shelf: Shelf, number: int, reviews: Sequence[Item]) -> bytes:
    """Return a page in JSON: no `entry` for no review, a bare object for a single one."""
    feed: dict[str, Any] = {
        "author": {"name": _label("iTunes Store"), "uri": _label("http://www.apple.com/uk/itunes/")},
        "entry": [_entry(shelf, item) for item in reviews],
        "updated": _label(_when(reviews[0]) if reviews else "2026-01-01T00:00:00-07:00"),
        "rights": _label("Copyright 2008 Apple Inc."),
        "title": _label("iTunes Store: Customer Reviews"),
        "icon": _label(f"{LABEL}/favicon.ico"),
        "link": [
            {"attributes": {"rel": rel, "href": shelf.address(n, "json")}} for rel, n in _links(shelf, number).items()
        ],
        "id": _label(shelf.address(number, "json")),
    }
    if len(reviews) <= 1:
        feed["entry"] = feed["entry"][0] if reviews else None
    return json.dumps({"feed": {key: value for key, value in feed.items() if value is not None}}).encode()


def as_xml(shelf: Shelf, number: int, reviews: Sequence[Item]) -> bytes:
    """Return a page in XML; every entry carries its text twice, plain and inside a table of HTML."""
    updated = _when(reviews[0]) if reviews else "2026-01-01T00:00:00-07:00"
    links = "".join(
        f"<link rel={quoteattr(rel)} href={quoteattr(shelf.address(n, 'xml'))}/>\n"
        for rel, n in _links(shelf, number).items()
    )
    head = HEAD.format(id=escape(shelf.address(number, "xml")), updated=updated)
    return f"{head}{links}{''.join(_xml_entry(shelf, item) for item in reviews)}</feed>\n".encode()


def _links(shelf: Shelf, number: int) -> dict[str, int]:
    last = min(PAGES, max(1, -(-len(shelf.reviews) // PER_PAGE)))
    return {"self": number, "first": 1, "last": last, "previous": max(1, number - 1), "next": min(last, number + 1)}


def _label(text: str, **attributes: str) -> dict[str, Any]:
    return {"label": text, "attributes": attributes} if attributes else {"label": text}


def _entry(shelf: Shelf, item: Item) -> dict[str, Any]:
    return {
        "author": {"uri": _label(_profile(shelf, item)), "name": _label(item.author), "label": ""},
        "updated": _label(_when(item)),
        "im:rating": _label(str(item.rating)),
        "im:version": _label(_version(item)),
        "id": _label(item.native_id),
        "title": _label(item.title or ""),
        "content": _label(item.text, type="text"),
        "link": {"attributes": {"rel": "related", "href": _review(shelf)}},
        "im:voteSum": _label(str(item.likes)),
        "im:contentType": {"attributes": {"term": "Application", "label": "Application"}},
        "im:voteCount": _label(str(item.likes + item.replies)),
    }


def _xml_entry(shelf: Shelf, item: Item) -> str:
    markup = f"<table border='0'><tr><td><b>{escape(item.title or '')}</b><br/>{escape(item.text)}</td></tr></table>"
    return ENTRY.format(
        updated=_when(item),
        id=item.native_id,
        title=escape(item.title or ""),
        text=escape(item.text),
        votes=item.likes,
        voters=item.likes + item.replies,
        rating=item.rating,
        version=_version(item),
        author=escape(item.author),
        profile=_profile(shelf, item),
        review=escape(_review(shelf)),
        html=escape(markup),
    )


def _when(item: Item) -> str:
    return datetime.fromtimestamp(item.posted_at, UTC).astimezone(CUPERTINO).isoformat()


def _profile(shelf: Shelf, item: Item) -> str:
    return f"https://itunes.apple.com/{shelf.country}/reviews/id{item.native_id[-8:]}"


def _review(shelf: Shelf) -> str:
    return f"https://itunes.apple.com/{shelf.country}/review?id={shelf.app_id}&type=Purple%20Software"


def _version(item: Item) -> str:
    """Return the version of the app: a broken 5.0.0 during the outage, else whichever the phone has."""
    return "5.0.0" if item.event == "outage" else VERSIONS[int(item.native_id) % len(VERSIONS)]
