"""Runs of digits that are a payment card, a phone number or an IP address, and the many that are none of them."""

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from nlp.privacy.addresses import is_ipv4, is_ipv6
from nlp.privacy.cards import is_card

Span = tuple[int, int, str]
# Not inside a name, a handle, a price or #1234; but after the \n of a reject's raw.
STARTS = r"(?:(?<![\w@#$€£¥₹\\])(?<!\w[-_/.])|(?<=\\[nrt])|(?<=\b[Tt]el\.))"
CHAT = r"(?P<chat>wa\.me/\+?|whatsapp\.com/send/?\?phone=\+?)(?P<chatted>\d{7,15})(?!\d)"
WEB = r"(?:https?://|www\.)(?:(?!wa\.me/|(?:api\.)?whatsapp\.com/send)\S)++"
BARE = r"(?<![\w.-])[\w-]++(?:\.[\w-]++)*\.[a-z]{2,24}[/?#]\S*+"
V6 = r"(?<![\w:.])(?=[0-9a-f]*+:)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:\.\d{1,3}){0,3}(?![\w:])"
RUN = rf"{STARTS}(?:\(?\+|\((?=\d{{1,5}}\)))?\d(?:[ \t./()-]{{1,3}}\d|\d)*+"  # taken whole: no digit is looked at twice
SCAN = re.compile(rf"{CHAT}|(?P<url>{WEB}|{BARE})|(?P<v6>{V6})|(?P<run>{RUN})", re.IGNORECASE)
CANDIDATE = re.compile(r"\d(?:[ \t./()-]{0,3}\d){6}|\d\.\d{1,3}\.\d|:[0-9a-f]{0,4}:", re.IGNORECASE)
PART = re.compile(r"[^ \t]*\d")
GLUED = re.compile(r"[-_]?\w")
MOST_PARTS, MOST_DIGITS = 8, 24  # "+49 (0) 170 123 45 67" has seven parts, a range of addresses 24 digits
TAIL = 60  # what stands further back than a line does not tell what a number is


class _Row(NamedTuple):
    """Numbers one behind the other: the places of its parts, and how many digits stand before each and in all."""

    text: str
    parts: list[tuple[int, int]]
    digits: list[int]
    kinds: frozenset[str]
    regions: tuple[str, ...]


def number_spans(text: str, kinds: frozenset[str], regions: tuple[str, ...]) -> list[Span]:
    """Return where cards, phone numbers and IP addresses of `kinds` stand in `text`, each with its token.

    What stands before a number is looked at as redacted, so that a second pass decides as the first did.
    """
    if not CANDIDATE.search(text):
        return []
    seen = _Seen(text)
    for match in SCAN.finditer(text):
        if match["chat"] and "phone" in kinds:
            seen.add((*match.span("chatted"), "[phone]"))
        elif match["v6"] and "ip" in kinds and is_ipv6(match["v6"]):
            seen.add((*match.span("v6"), "[ip]"))
        elif match["run"]:
            _search_row(_row(match, kinds, regions), seen)
    return seen.spans


class _Seen:
    """What was found so far, and the text before a place as it will be."""

    def __init__(self, text: str) -> None:
        self.spans: list[Span] = []
        self._text, self._before, self._done = text, "", 0

    def add(self, span: Span) -> None:
        """Take what was found, behind all that was found before."""
        self._before = (self.before(span[0]) + span[2])[-TAIL:]
        self._done = span[1]
        self.spans.append(span)

    def before(self, place: int) -> str:
        """Return the redacted text in front of `place`."""
        return (self._before + self._text[max(self._done, place - TAIL) : place])[-TAIL:]


def _row(match: re.Match[str], kinds: frozenset[str], regions: tuple[str, ...]) -> _Row:
    text, (start, end) = match.string, match.span()
    parts = [part.span() for part in PART.finditer(text, start, end)]
    if GLUED.match(text, end):
        parts.pop()
    digits = [0, *accumulate(sum(map(str.isdigit, text[a:b])) for a, b in parts)]
    return _Row(text, parts, digits, kinds, regions)


def _search_row(row: _Row, seen: _Seen) -> None:
    """Take from the left the longest piece that is something, and go on behind it."""
    first = 0
    while first < len(row.parts):
        before = seen.before(row.parts[first][0])
        first = next((last for last in _ends(row, first) if _take(row, first, last, seen, before)), first + 1)


def _ends(row: _Row, first: int) -> Iterator[int]:
    """Yield behind which parts a piece that begins at `first` can end, the longest first."""
    for last in range(min(first + MOST_PARTS, len(row.parts)), first, -1):
        size = row.digits[last] - row.digits[first]
        if 4 <= size <= MOST_DIGITS and size >= 2 * (last - first) - 2:  # people write digits in groups
            yield last


def _take(row: _Row, first: int, last: int, seen: _Seen, before: str) -> bool:
    start, end = row.parts[first][0], row.parts[last - 1][1]
    if row.text[start] == "(" and ")" not in row.text[start:end]:
        start, before = start + 1, before + "("
    is_alone = last - first in (1, len(row.parts)) or row.text[start] == "("
    token = _token(row, start, end, before, is_alone)
    if token:
        seen.add((start, end, token))
    return bool(token)


def _token(row: _Row, start: int, end: int, before: str, is_alone: bool) -> str | None:
    written = row.text[start:end]
    if "card" in row.kinds and is_card(written, before):
        return "[card]"
    if "ip" in row.kinds and is_ipv4(written, before):
        return "[ip]"
    after = row.text[end : end + 12]
    if "phone" in row.kinds:
        from nlp.privacy.phones import is_phone  # 0.1 s, and no verb that only asks needs it

        if is_phone(written, before, after, row.regions, is_alone=is_alone):
            return "[phone]"
    return None
