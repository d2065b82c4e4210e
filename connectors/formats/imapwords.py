"""How IMAP spells what it says: the answers to FETCH, the names of folders, quoted words."""

import base64
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

UID, ARRIVED, SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb'INTERNALDATE "([^"]*)"'), re.compile(rb"SIZE (\d+)")
SHORT_BODY = re.compile(rb'BODY\[\][<>\d]* "((?:[^"\\]|\\.)*)"', re.S)


class Raw(NamedTuple):
    """A mail's beginning, its size in bytes, and when it came."""

    content: bytes
    size: int
    arrived: datetime | None


def answers(data: Sequence[Any]) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield what is said of each mail, and the literal in it, with which imaplib makes pairs of lines."""
    words, literal = b"", None
    for piece in data:
        if isinstance(piece, tuple):
            words, literal = words + piece[0], piece[1]
        elif piece is not None:
            yield words + piece, literal
            words, literal = b"", None


def raw_of(answer: tuple[bytes, bytes | None]) -> tuple[int, Raw] | None:
    """Return the UID and the mail of one answer, or None if it names no UID; a mail may come as a quoted word."""
    words, literal = answer
    short = SHORT_BODY.search(words)
    said = SHORT_BODY.sub(b"", words)
    content = literal if literal is not None else re.sub(rb"\\(.)", rb"\1", short[1] if short else b"")
    uid, size, arrived = UID.search(said), SIZE.search(said), ARRIVED.search(said)
    if uid is None:
        return None
    when = _moment(arrived[1].decode("ascii", "replace")) if arrived else None
    return int(uid[1]), Raw(content, int(size[1]) if size else len(content), when)


def _moment(date: str) -> datetime | None:
    try:
        return datetime.strptime(date.strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def utf7(folder: str) -> str:
    """Return a folder's name as IMAP spells it, in modified UTF-7 (RFC 3501, 5.1.3)."""

    def spelt(found: re.Match[str]) -> str:
        letters = base64.b64encode(found[0].encode("utf-16-be", "surrogatepass")).decode().rstrip("=")
        return "&-" if found[0] == "&" else f"&{letters.replace('/', ',')}-"

    return re.sub(r"&|[^ -~]+", spelt, folder)


def quoted(words: str) -> str:
    """Return `words` as one word of a command."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
