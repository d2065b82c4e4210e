"""Bodies spoilt on purpose, whatever they are: JSON, also within strings or behind a prefix, XML, HTML, text."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from random import Random
from typing import Any

BOMB_MEMBER, BOMB_MEMBERS = 10_000_000, 100  # 1 GB out of 1 MB
PREFIX = re.compile(r"[^\[{<]{0,20}(?=[\[{])")  # Google's answers begin with )]}'
BLOCK = re.compile(rb"<(item|entry)[\s>].*?</\1>", re.S)
DATES = (  # how a moment is written, and where its text stands
    ("%Y-%m-%dT%H:%M:%S", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")),
    ("%Y-%m-%d %H:%M:%S", re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")),
    ("%Y%m%dT%H%M%S", re.compile(r"\b\d{8}T\d{6}(?=Z)")),
    ("%a, %d %b %Y %H:%M:%S", re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d")),
)
MOMENT = re.compile(r".*(date|time|creat|updat|edit|post|publi|indexed|_at\b|_at_|utc|second).*", re.I)
UNITS = {1: range(1_500_000_000, 2_000_000_000), 1000: range(1_500_000_000_000, 2_000_000_000_000)}  # per second
ID = re.compile(r"id|.*(_id|[a-z]I[dD])")
GAP = re.compile(rb"(?<=[a-z]) (?=[a-z])")  # between two words: ids and tokens have none
BROKEN = (b"\xff", b"\xc3\x28", b"\xe2\x82", b"\xf0\x9f\x98", b"\x80")  # none of these is UTF-8


@dataclass(frozen=True)
class Inner:
    """A document that stands as a string within another."""

    document: Any


def packed(body: bytes) -> bytes:
    """Return `body` as gzip, the same bytes each time."""
    return gzip.compress(body, mtime=0)


@cache
def bomb() -> bytes:
    """Return a megabyte that unpacks to a gigabyte of spaces."""
    return packed(b" " * BOMB_MEMBER) * BOMB_MEMBERS


def blanked(body: bytes) -> bytes:
    """Return the same page without its items; what it says besides, such as their number, stays."""
    return _relisted(body, lambda _: [])


def shuffled(body: bytes, dice: Random) -> bytes:
    """Return the same page with its items in another order, some of them twice."""

    def mixed(items: list[Any]) -> list[Any]:
        again = items + dice.choices(items, k=1 + len(items) // 4)
        return dice.sample(again, len(again))

    return _relisted(body, mixed)


def skewed(body: bytes, ahead: timedelta) -> bytes:
    """Return the same page by a clock that is `ahead`: every moment in it is so much later."""
    edited = _edited(body, lambda document: _mapped(document, partial(_later, ahead=ahead)))
    return edited or _dated(body.decode("utf-8", "surrogateescape"), ahead).encode("utf-8", "surrogateescape")


def retyped(body: bytes) -> bytes:
    """Return the same JSON with every id that was a number as a string, and the other way round."""
    return _edited(body, lambda document: _mapped(document, _other_type)) or body


def garbled(body: bytes, dice: Random) -> bytes:
    """Return `body` with bytes among its words that are not UTF-8, or half an emoji as JSON can write it."""
    return _struck(body, dice, dice.choice(BROKEN), rb"\ud83d")


def nulled(body: bytes, dice: Random) -> bytes:
    """Return `body` with NUL among its words, as a byte or as JSON can write it."""
    return _struck(body, dice, b"\0", rb"\u0000")


def _edited(body: bytes, change: Callable[[Any], Any]) -> bytes | None:
    """Return `body` with what `change` makes of the JSON in it; None if there is none."""
    text = body.decode("utf-8", "surrogateescape")
    prefix = PREFIX.match(text)
    if prefix is None:
        return None
    try:
        document, end = json.JSONDecoder().raw_decode(text, prefix.end())
    except (ValueError, RecursionError):
        return None
    edited = json.dumps(_folded(change(_unfolded(document))))
    return f"{prefix[0]}{edited}{text[end:]}".encode("utf-8", "surrogateescape")


def _unfolded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unfolded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unfolded(inner) for inner in value]
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return Inner(_unfolded(json.loads(value)))
        except ValueError:
            return value
    return value


def _folded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _folded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_folded(inner) for inner in value]
    return json.dumps(_folded(value.document)) if isinstance(value, Inner) else value


def _mapped(value: Any, change: Callable[[str, Any], Any], key: str = "") -> Any:
    """Return `value` with each text and number in it changed; `change` is told the nearest key above it."""
    if isinstance(value, dict):
        return {name: _mapped(inner, change, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, change, key) for inner in value]
    return Inner(_mapped(value.document, change, key)) if isinstance(value, Inner) else change(key, value)


def _relisted(body: bytes, change: Callable[[list[Any]], list[Any]]) -> bytes:
    def relist(document: Any) -> Any:
        items = _items(document)
        items[:] = change(items) if items else []
        return document

    return _edited(body, relist) or _reblocked(body, change)


def _reblocked(body: bytes, change: Callable[[list[Any]], list[Any]]) -> bytes:
    blocks = [block[0] for block in BLOCK.finditer(body)]
    rest = iter([b"".join(change(blocks)) if blocks else b""])
    return BLOCK.sub(lambda _: next(rest, b""), body)


def _items(document: Any) -> list[Any]:
    """Return the list of objects that says most, itself and not a copy."""
    lists = [found for found in _lists(document) if found and all(isinstance(item, dict) for item in found)]
    return max(lists, key=lambda found: len(json.dumps(_folded(found))), default=[])


def _lists(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for deeper in [value.document] if isinstance(value, Inner) else inner:
        yield from _lists(deeper)


def _later(key: str, value: Any, ahead: timedelta) -> Any:
    if isinstance(value, str) and not value.isdecimal():
        return _dated(value, ahead)
    if isinstance(value, bool) or not isinstance(value, int | float | str) or not MOMENT.fullmatch(key):
        return value
    per_s = next((unit for unit, moments in UNITS.items() if int(value) in moments), 0)
    shift = per_s * int(ahead.total_seconds())
    return str(int(value) + shift) if isinstance(value, str) else value + shift


def _dated(text: str, ahead: timedelta) -> str:
    for form, pattern in DATES:
        text = pattern.sub(partial(_moved, form=form, ahead=ahead), text)
    return text


def _moved(found: re.Match[str], form: str, ahead: timedelta) -> str:
    try:
        return (datetime.strptime(found[0], form) + ahead).strftime(form)  # noqa: DTZ007  its zone stays as it is
    except (ValueError, OverflowError):
        return found[0]


def _other_type(key: str, value: Any) -> Any:
    if not ID.fullmatch(key) or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    return int(value) if isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,17}", value) else value


def _struck(body: bytes, dice: Random, raw: bytes, escaped: bytes) -> bytes:
    """Return `body` with `raw` between two of its words; in JSON it may be `escaped`, which is valid there."""
    gaps = [gap.start() for gap in GAP.finditer(body)]
    at = dice.choice([gap for gap in gaps if not _is_in_tag(body, gap)] or [0])
    is_json = body.lstrip()[:1] in (b"[", b"{")
    return body[:at] + (escaped if is_json and dice.random() < 0.5 else raw) + body[at:]


def _is_in_tag(body: bytes, at: int) -> bool:
    return body.rfind(b"<", 0, at) > body.rfind(b">", 0, at)
