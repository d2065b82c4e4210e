"""What a web page holds for machines: blocks of JSON-LD, items of microdata, and the address of its next page.

No tree is built: libxml2 needs minutes for one tag with 100,000 attributes. Here time grows with length.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import etree

from connectors.formats.markup import BLOCK, BREAK

Item: TypeAlias = dict[str, Any]  # as JSON-LD writes it: @type, @id, and under each property's name a list

DEEPEST = 30  # properties within one another whose text is kept; more would take time with the square of length
GIVEN = ("content", "datetime", "value")  # where microdata puts a value that is not the text
HIDDEN = frozenset({"script", "style"})
NOTICED = HIDDEN | {"a", "base", "link"}


class WebPage(NamedTuple):
    """`blocks` are the JSON-LD texts as they stand there; `items` are all of microdata, inner ones too.

    `next` is the address of the next page, None if the page names none on its own host.
    """

    blocks: list[str]
    items: list[Item]
    next: str | None


def open_page(content: bytes, address: str, charset: str | None = None) -> WebPage:
    """Return what `content`, found at `address`, holds; `charset` is what its headers say.

    Any bytes are a page, if an empty one.
    """
    reader = _Reader()
    parser = _parser(reader, content, charset)
    parser.feed(content)
    parser.close()
    return WebPage(reader.blocks, reader.items, _next(address, reader.base or "", reader.next or ""))


def _next(address: str, base: str, link: str) -> str | None:
    with suppress(ValueError):  # brackets that are no IPv6 address
        target = urldefrag(urljoin(urljoin(address, base), link)).url
        here, there = urlsplit(address), urlsplit(target)
        if link and there.netloc == here.netloc and target != urldefrag(address).url:
            return there._replace(scheme=here.scheme).geturl()  # many sites on https still link to http
    return None


def _parser(reader: "_Reader", content: bytes, charset: str | None) -> Any:
    with suppress(UnicodeDecodeError):
        content.decode()
        charset = "utf-8"  # what can be read so is so, whatever headers say
    with suppress(LookupError, ValueError):  # a charset that nobody knows
        return etree.HTMLParser(target=reader, encoding=charset, huge_tree=True)
    return etree.HTMLParser(target=reader, huge_tree=True)


class _Open(NamedTuple):
    """An item or a property that has not ended: where its value goes, its text till now, whether it is an item."""

    into: list[list[Any]]
    text: list[str] | None
    is_item: bool


class _Reader:
    """Takes what lxml meets in a page; the names of its methods are lxml's."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.items: list[Item] = []
        self.next: str | None = None
        self.base: str | None = None
        self._stack: list[_Open | None] = []
        self._scopes: list[Item] = []
        self._texts: list[list[str]] = []
        self._block: list[str] | None = None
        self._hidden = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take a tag that opens."""
        is_item, names = "itemscope" in attributes, attributes.get("itemprop") if self._scopes else None
        into = [self._scopes[-1].setdefault(name, []) for name in (names or "").split()]
        if is_item:
            self._scopes.append(_item(attributes))
            self.items.append(self._scopes[-1])
            _put(into, self._scopes[-1])
        text = self._text(names or "", into, attributes) if into and not is_item else None
        self._stack.append(_Open(into, text, is_item) if into or is_item else None)
        if self._texts:
            self._separate(tag)
        if tag in NOTICED:
            self._notice(tag, attributes)

    def _text(self, names: str, into: list[list[Any]], attributes: Mapping[str, str]) -> list[str] | None:
        """Return where the text of a property is to be kept; None if its value stands in its tag."""
        places = (*GIVEN, "href") if "url" in names.split() else GIVEN
        given = next((attributes[place] for place in places if attributes.get(place)), None)
        if given is not None:
            _put(into, given)
        if given is not None or len(self._texts) >= DEEPEST:
            return None
        self._texts.append([])
        return self._texts[-1]

    def _notice(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._hidden += tag in HIDDEN
        if tag == "script" and (attributes.get("type") or "").strip().lower().startswith("application/ld+json"):
            self._block = []
        elif tag in ("a", "link") and "next" in (attributes.get("rel") or "").lower().split():
            self.next = self.next or attributes.get("href")
        elif tag == "base":
            self.base = self.base or attributes.get("href")

    def data(self, text: str) -> None:
        """Take a piece of text."""
        if self._block is not None:
            self._block.append(text)
        elif not self._hidden:
            for kept in self._texts:
                kept.append(text)

    def end(self, tag: str) -> None:
        """Take a tag that closes; lxml closes those that the page forgot."""
        if self._texts:
            self._separate(tag)
        element = self._stack.pop()
        if element and element.is_item:
            self._scopes.pop()
        if element and element.text is not None:
            _put(element.into, _tidy("".join(self._texts.pop())))
        self._hidden -= tag in HIDDEN
        if tag == "script" and self._block is not None:
            self.blocks.append("".join(self._block))
            self._block = None

    def _separate(self, tag: str) -> None:
        if BLOCK.fullmatch(tag):
            for kept in self._texts:
                kept.append(BREAK)

    def close(self) -> None:
        """End; lxml asks for it."""


def _item(attributes: Mapping[str, str]) -> Item:
    item: Item = {"@type": (attributes.get("itemtype") or "").split()}
    return item | ({"@id": attributes["itemid"]} if attributes.get("itemid") else {})


def _put(into: list[list[Any]], value: Any) -> None:
    for values in into:
        values.append(value)


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split(BREAK))
    return "\n".join(line for line in lines if line)
