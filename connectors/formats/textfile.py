"""How the bytes of a text file become letters, and what separates its columns."""

import codecs
import csv
import logging
import re
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TextIO

import charset_normalizer

log = logging.getLogger(__name__)

ESCAPED = re.compile("[\udc80-\udcff]")  # how Python keeps bytes that are not in the encoding
FOREIGN = re.compile("[^\x00-\x7f\udc80-\udcff]")
BLOCK = 2**20
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# what office programs write; left to all of its 90, charset-normalizer takes Chinese for Korean
LEGACY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp932", "gb18030", "big5", "cp949"]
DELIMITERS = ",;\t|"
ONE_COLUMN = "\x1f"  # in no text, so commas in an only column do not split it


class Unreadable(Exception):
    """The whole file cannot be read; the text says why and which option helps."""


class Letters(NamedTuple):
    """A text file's encoding; `doubt` says so if it was guessed."""

    encoding: str
    doubt: str | None = None


def letters_of(path: Path, encoding: str | None) -> Letters:
    """Return the encoding given, or else the one of the byte order mark, UTF-8, or a guess among the legacy ones."""
    if encoding:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise Unreadable(f"there is no encoding {encoding!r}") from None
        return Letters(encoding)
    with path.open("rb") as file:
        start = file.read(4)
    marked = next((name for mark, name in BOMS if start.startswith(mark)), None)
    if marked or _is_utf8(path):
        return Letters(marked or "utf-8")
    guess = _guess(path)
    doubt = f"it is not UTF-8 and was read as {guess}; set encoding if letters look wrong"
    log.warning("%s: %s", path, doubt)
    return Letters(guess, doubt)


def open_text(path: Path, encoding: str, *, newline: str) -> TextIO:
    """Open `path`; bytes that are not in the encoding become what ESCAPED finds, so that only their rows are lost."""
    return path.open(encoding=encoding, errors="surrogateescape", newline=newline)


def delimiter_of(path: Path, encoding: str) -> str:
    """Return the delimiter that makes the most columns of the header; one that no text has if there is one column."""
    widths = {delimiter: len(header_of(path, encoding, delimiter)) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=widths.__getitem__)
    return best if widths[best] > 1 else ONE_COLUMN


def header_of(path: Path, encoding: str, delimiter: str) -> list[str]:
    """Return the first row that is not blank, or an empty list."""
    with open_text(path, encoding, newline="") as file:
        try:
            return next((row for row in csv.reader(file, delimiter=delimiter) if any(row)), [])
        except (TypeError, csv.Error) as error:
            raise Unreadable(f"its header: {error}; set delimiter") from None


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            for block in iter(partial(file.read, BLOCK), b""):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _guess(path: Path) -> str:
    with path.open("rb") as file:
        sample = b"".join(islice((line for line in file if not line.isascii()), 500))[:64_000]
    text = sample.decode("utf-8", "surrogateescape")
    if len(FOREIGN.findall(text)) > len(ESCAPED.findall(text)):
        return "utf-8"  # damaged in places; another encoding would garble all the rest
    found = [match.encoding for match in charset_normalizer.from_bytes(sample, cp_isolation=LEGACY)]
    if not found:
        raise Unreadable("its encoding is unknown; set encoding")
    # both fit most Western texts, and Western files are the many
    return "cp1252" if found[0] == "cp1250" and "cp1252" in found else found[0]
