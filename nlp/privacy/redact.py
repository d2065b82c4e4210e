"""Identifiers in a text, each replaced by the name of its kind: [email], [phone], [card], [iban], [ip]."""

import re
from collections.abc import Collection, Sequence
from typing import Literal, get_args

from nlp.privacy.emails import email_spans
from nlp.privacy.fold import fold
from nlp.privacy.ibans import iban_spans
from nlp.privacy.numbers import number_spans

Kind = Literal["email", "phone", "card", "iban", "ip"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# A text without any of these holds no identifier.
SUSPECT = re.compile(r"[@\d:]|[ \t\[({<](?:at|ät|arroba|chiocciola)\b", re.IGNORECASE)


def redact(text: str, kinds: Collection[Kind] = KINDS, regions: Sequence[str] = ()) -> str:
    """Return `text` with every identifier of `kinds` replaced by its kind in brackets; the rest stays as it is.

    `regions` are ISO 3166-1 codes of the countries whose way to write a phone number is likely; numbers in
    international form need none. Takes linear time, and redacting the result again changes nothing.
    """
    if not SUSPECT.search(text):
        return text
    if "email" in kinds:
        text = _replaced(text, [(start, end, "[email]") for start, end in email_spans(fold(text))])
    if "iban" in kinds:
        text = _replaced(text, [(start, end, "[iban]") for start, end in iban_spans(fold(text))])
    if {"card", "phone", "ip"}.isdisjoint(kinds):
        return text
    return _replaced(text, number_spans(fold(text), frozenset(kinds), tuple(regions)))


def _replaced(text: str, spans: Sequence[tuple[int, int, str]]) -> str:
    pieces, done = [], 0
    for start, end, token in spans:
        pieces += [text[done:start], token]
        done = end
    return "".join([*pieces, text[done:]])
