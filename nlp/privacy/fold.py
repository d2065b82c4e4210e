"""Texts in plain digits and plain signs, character for character, so that places in them stay the same."""

import unicodedata

DASHES, SPACES = (
    "‐‑‒–—−﹣",
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
)


class _Folded(dict[int, str]):
    """What each character is read as; filled as characters come."""

    def __missing__(self, code: int) -> str:
        self[code] = read_as = _read_as(chr(code))
        return read_as


def fold(text: str) -> str:
    """Return `text` with digits of every script, wide letters, dashes and odd spaces as ASCII; its length stays."""
    return text if text.isascii() else text.translate(_FOLDED)


def _read_as(char: str) -> str:
    if char in DASHES:
        return "-"
    if char in SPACES:
        return " "
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    wide = unicodedata.normalize("NFKC", char)
    return wide if len(wide) == 1 and wide.isascii() and not wide.isdigit() else char


_FOLDED = _Folded()
