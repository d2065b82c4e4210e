"""The sentences of a text, and the clauses of a sentence, as places in the text."""

import re
from itertools import pairwise

from sentencex import get_sentence_boundaries

from nlp.text import LETTER

Span = tuple[int, int]

WRAPPED = re.compile(r"(?<=[^\n]{50})(?<![.!?:])\n(?=[a-z])")  # mail and forum software breaks long lines
EMOJI_END = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff][\ufe0f\u200d\U0001f3fb-\U0001f3ff]* +(?=[A-Z])")
CLAUSE = re.compile(
    r"[,;:–—]\s+|\s-\s|\s*[(…]\s*|\s(?=(?:but|however|though|although|yet|except|unfortunately|shame|whereas|while)\b)",
    re.IGNORECASE,
)


def sentences(text: str) -> list[Span]:
    """Return the start and end of each sentence of cleaned `text`, in order, without the space around it.

    A line break ends a sentence, and so do emoji before a capital letter; "1." and "10/10" are no sentences.
    """
    unwrapped = WRAPPED.sub(" ", text)
    starts = [0]
    for line in re.finditer(r"[^\n]+", unwrapped):
        starts += [line.start() + found["start_index"] for found in get_sentence_boundaries("en", line[0])]
    starts += [found.end() for found in EMOJI_END.finditer(unwrapped)]
    return _spans(text, starts)


def clauses(text: str, span: Span) -> list[Span]:
    """Return the clauses of a sentence of `text`: what commas, dashes, "but" and the like set apart."""
    start, end = span
    return _spans(text, [start, *(found.end() for found in CLAUSE.finditer(text, start, end))], end)


def _spans(text: str, starts: list[int], end: int | None = None) -> list[Span]:
    """Return the parts that begin at `starts`; one without letters joins the one before on its line, or the next."""
    spans: list[Span] = []
    held: int | None = None
    for start, stop in pairwise([*sorted(set(starts)), len(text) if end is None else end]):
        begin = start if held is None else held
        held = None
        if LETTER.search(text, start, stop):
            spans.append(_trimmed(text, begin, stop))
        elif spans and "\n" not in text[spans[-1][1] : begin]:
            spans[-1] = _trimmed(text, spans[-1][0], stop)
        else:
            held = begin
    if held is not None and text[held:end].strip():
        spans.append(_trimmed(text, held, len(text) if end is None else end))
    return spans


def _trimmed(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip())
