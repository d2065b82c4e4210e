"""The items of a feed document in one shape, whether it is RSS, RDF, Atom or JSON Feed."""

import calendar
import io
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import feedparser

from connectors.formats.dates import from_epoch
from connectors.formats.markup import plain
from connectors.mention import EARLIEST, LATEST

DEEPEST = 5_000  # nested tags; feedparser's time grows with depth squared: 5 s for 300 kB that only open
DIALECT = re.compile(r"https?://(www\.)?jsonfeed\.org/version/")


class Entry(NamedTuple):
    """One item as its feed gives it; `key` is its guid, and `link` may be relative."""

    key: str | None
    link: str | None
    title: str
    text: str
    author: str | None
    language: str | None
    posted_at: datetime | None
    replies: int | None


class Feed(NamedTuple):
    """The raw items of a document, and what reads one of them; an unreadable one raises as it is read.

    `whole` is False for a document that ends before its last tag; its last item is left out.
    """

    items: list[Any]
    read: Callable[[Any], Entry]
    whole: bool = True


def open_feed(body: bytes, content_type: str = "") -> Feed:
    """Return the feed that `body` holds; raises ValueError if it holds none."""
    is_json = "json" in content_type.lower() or body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    return _open_json(body) if is_json else _open_xml(body, content_type)


def _open_xml(body: bytes, content_type: str) -> Feed:
    if _depth(body) > DEEPEST:
        raise ValueError(f"its tags are nested more than {DEEPEST} deep")
    # BytesIO, because feedparser opens bare bytes as the name of a local file
    given = {"content-type": content_type} if content_type else {}
    parsed = feedparser.parse(
        io.BytesIO(_mended(body)), response_headers=given, sanitize_html=False, resolve_relative_uris=False
    )
    if not parsed.version and not parsed.entries:  # not `bozo`, which is set for harmless flaws too
        raise ValueError("it is neither RSS, Atom nor JSON Feed")
    language = _language(parsed.feed.get("language"))
    whole = _is_closed(body)
    items = parsed.entries if whole else parsed.entries[:-1]  # half an item can lack its id and would be kept for ever
    return Feed(list(items), lambda entry: _from_xml(entry, language), whole)


def _mended(body: bytes) -> bytes:
    """Return UTF-8 without its broken bytes: for one of them feedparser reads all others as Latin letters."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    is_utf8 = 0 < broken < sum(1 for letter in text if letter > "\x7f") - broken
    return text.encode() if is_utf8 else body


def _from_xml(entry: Any, language: str | None) -> Entry:
    bodies = [*(content.get("value") for content in entry.get("content", ())), entry.get("summary")]
    texts = (plain(body).strip() for body in bodies if body)
    detail = entry.get("title_detail") or {}
    replies = str(entry.get("slash_comments") or entry.get("thr_total") or "")
    return Entry(
        key=entry.get("id") or None,
        link=entry.get("link") or None,
        title=plain(entry.get("title") or "").strip(),
        text=next(filter(None, texts), ""),
        author=_name(entry.get("author") or "") or None,
        language=_language(detail.get("language")) or language,
        # dict.get, because feedparser's own would answer `updated` with `published`
        posted_at=_posted_at(entry.get("published_parsed")) or _posted_at(dict.get(entry, "updated_parsed")),
        replies=int(replies) if re.fullmatch(r"\d{1,9}", replies) else None,
    )


def _name(author: str) -> str:
    """Return the name in "address (name)" or "name (address)"; feedparser's own split fails for .coffee.

    HyperKitty writes ＠ for the @ of an address.
    """
    author = author.strip()[:200]  # a longer name is none, and the pattern below tries every split of it
    split = re.fullmatch(r"\S+[@＠]\S+ +\((?P<last>.+)\)|(?P<first>.+?) +\(\S+[@＠]\S+\)", author)
    return split["last"] or split["first"] if split else author


def _open_json(body: bytes) -> Feed:
    try:
        feed = json.loads(body)
    except RecursionError:
        raise ValueError("its JSON is nested too deep") from None
    if not isinstance(feed, dict) or not DIALECT.match(str(feed.get("version"))):
        raise ValueError("it is JSON but not a JSON Feed")
    language = _language(feed.get("language"))
    return Feed(list(feed["items"]), lambda item: _from_json(item, language))


def _from_json(item: dict[str, Any], language: str | None) -> Entry:
    authors = item.get("authors") or [item.get("author") or {}]  # 1.1 has a list, 1.0 had one
    key = item.get("id")
    return Entry(
        key=None if key is None else str(key),
        link=item.get("url") or item.get("external_url"),
        title=plain(item.get("title") or "").strip(),
        text=(item.get("content_text") or plain(item.get("content_html") or "") or item.get("summary") or "").strip(),
        author=authors[0].get("name"),
        language=_language(item.get("language")) or language,
        posted_at=_iso(item.get("date_published")) or _iso(item.get("date_modified")),
        replies=None,
    )


def _posted_at(parsed: time.struct_time | None) -> datetime | None:
    try:
        return _believable(from_epoch(calendar.timegm(parsed))) if parsed else None
    except (OverflowError, ValueError):
        return None


def _iso(value: object) -> datetime | None:
    try:
        when = datetime.fromisoformat(str(value))
        return _believable(when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC))
    except (OverflowError, ValueError):
        return None


def _believable(when: datetime) -> datetime | None:
    return when if EARLIEST <= when < LATEST else None


def _language(value: object) -> str | None:
    code = re.match(r"[a-z]{2,3}(?=$|[-_])", str(value or "").strip().lower())
    return code[0] if code else None


def _is_closed(body: bytes) -> bool:
    text = body.replace(b"\0", b"")  # NULs are UTF-16's
    root = re.search(rb"<([a-zA-Z][^\s/<>]*)[^<>]*>", text)
    return root is None or root[0].endswith(b"/>") or re.search(rb"</%s\s*>" % re.escape(root[1]), text) is not None


def _depth(body: bytes) -> int:
    depth = deepest = 0
    for tag in re.finditer(rb"<(/?)[a-zA-Z][^<>]*?(/?)>", body.replace(b"\0", b"")):  # NULs are UTF-16's
        if tag[1]:
            depth -= 1
        elif not tag[2]:
            depth += 1
            deepest = max(deepest, depth)
    return deepest
