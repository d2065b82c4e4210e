"""A mail as it lies in a mailbox, read without opening an attachment."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any, NamedTuple

from connectors.formats.letter import marked, own_words, person
from connectors.formats.markup import plain

LONGEST_HEADER = 2_000  # characters read of one: reading takes time with the square of its length
MOST_PARTS = 50  # each line of a mail is compared with every boundary around it
ID = re.compile(r"<\s*([^<>\s]+)\s*>")
# codecs that are no charsets, or take time with the square of the length
ODD_CODECS = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"})
WESTERN = frozenset({"ascii", "iso8859-1", "cp1252"})  # what programs write that never asked
NESTING = re.compile(rb"boundary[\s*\d]*=|content-type:\s*message/", re.I)


class Mail(NamedTuple):
    """What is read of a mail; `text` is "" where it has no words of its own, such as one that is only a picture."""

    key: str
    parent: str | None
    name: str | None
    subject: str
    text: str
    sent_at: datetime | None


class _AsWritten(Compat32):
    """Headers as they stand, but no longer than they should be: the other policies fail on some of the broken ones."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        # the last of the mails that a mail refers to is the one that it answers
        return value[-LONGEST_HEADER:] if name.lower() == "references" else value[:LONGEST_HEADER]


def read_mail(raw: bytes) -> Mail:
    """Return the mail that `raw` holds, whatever is broken or cut off in it."""
    bounded = len(NESTING.findall(raw)) <= MOST_PARTS
    message = BytesParser(policy=_AsWritten()).parsebytes(raw, headersonly=not bounded)
    key, subject = _key(message, raw), _words(_header(message, "Subject"))
    thread = ID.findall(_header(message, "In-Reply-To"))[:1] or ID.findall(_header(message, "References"))[-1:]
    return Mail(
        key=key,
        parent=next((answered for answered in thread if answered != key), None),
        name=person(_words(_name(_header(message, "From")))),
        subject=subject,
        text=_text(message, subject) if bounded else "",
        sent_at=_moment(_header(message, "Date")),
    )


def _key(message: "Message[Any, Any]", raw: bytes) -> str:
    """Return its Message-ID, or else what tells its headers, with their times and servers, from all others."""
    given = _header(message, "Message-ID")
    ids = ID.findall(given) or given.split()
    return ids[0] if ids else hashlib.blake2b(re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0], digest_size=16).hexdigest()


def _header(message: "Message[Any, Any]", name: str) -> str:
    """Return a header in one line; bytes beyond ASCII, which it should not hold, are read as UTF-8 or Windows-1252."""
    line = " ".join(str(message.get(name) or "").split())
    return _decoded(line.encode("utf-8", "surrogateescape"), "utf-8")


def _name(sender: str) -> str:
    try:
        return parseaddr(sender)[0]
    except RecursionError:  # a bracket in a bracket in a bracket
        return ""


def _words(header: str) -> str:
    try:
        return str(make_header(decode_header(header))).strip()
    except (HeaderParseError, LookupError, ValueError):
        return header


def _moment(date: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(date)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (LookupError, OverflowError, TypeError, ValueError):
        return None


def _text(message: "Message[Any, Any]", subject: str) -> str:
    found: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    for part in _parts(message):
        if part.get_content_type() in found:
            body = part.get_payload(decode=True)
            written = body if isinstance(body, bytes) else b""
            found[part.get_content_type()].append(_decoded(written, part.get_content_charset() or "utf-8"))
    texts = ("\n".join(found["text/plain"]), "\n".join(plain(marked(html)) for html in found["text/html"]))
    return next(filter(None, (own_words(text, subject) for text in texts)), "")


def _parts(message: "Message[Any, Any]") -> Iterator["Message[Any, Any]"]:
    """Yield the parts that are shown as the mail itself; an attached mail is an attachment."""
    todo = [message]
    while todo:
        part = todo.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            todo += reversed([sub for sub in part.get_payload() if isinstance(sub, Message)])
        elif not part.is_multipart() and part.get_content_disposition() != "attachment" and not part.get_filename():
            yield part


def _decoded(body: bytes, charset: str) -> str:
    """Return `body` as letters: in its charset, or in UTF-8 or Windows-1252 where they fit and that does not."""
    declared = _codec(charset)
    for codec in ("utf-8", declared) if declared == "cp1252" else (declared, "utf-8"):
        try:
            return _strictly(body, codec)
        except ValueError:
            continue
    text = body.decode("utf-8" if declared == "cp1252" else declared, "replace")
    return text if text.count("\ufffd") < len(text) / 100 else body.decode("cp1252", "replace")


def _codec(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
        is_charset = name.replace("-", "_") not in ODD_CODECS and b"ab".decode(name)
        return ("cp1252" if name in WESTERN else name) if is_charset else "utf-8"  # which has all that those have
    except (LookupError, ValueError):
        return "utf-8"


def _strictly(body: bytes, codec: str) -> str:
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        # at the end of a long one it is a letter that was cut in two with the mail
        if error.start < max(LONGEST_HEADER, len(body) - 4):
            raise
        return body[: error.start].decode(codec)
