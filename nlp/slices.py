"""Traits by which readings are looked at, to find the texts that a model is bad at."""

import re
from collections.abc import Iterator

LENGTHS = {"1–8 words": 8, "9–20 words": 20, "21–50 words": 50}  # a cry, a tweet, a paragraph; all else is an essay
LONGEST = "51+ words"
NEGATION = re.compile(
    r"\b(?:not|no|never|none|nothing|nobody|neither|nor|without|hardly|barely|cannot"
    r"|(?:ai|are|ca|could|did|do|does|had|has|have|is|should|was|were|wo|would)n['’]?t)\b",
    re.IGNORECASE,
)
COMPARISON = re.compile(
    r"\b(?:than|better|worse|compared (?:to|with)|versus|vs|unlike|instead of|as \w+ as)\b", re.IGNORECASE
)
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")


def traits_of(text: str) -> Iterator[str]:
    """Yield the traits of `text`: its length, and what makes a text hard to read."""
    yield length_of(text)
    for name, pattern in (("negation", NEGATION), ("comparison", COMPARISON), ("emoji", EMOJI)):
        if pattern.search(text):
            yield name
    if "?" in text:
        yield "question"


def length_of(text: str) -> str:
    """Return the length class of `text`, such as "9–20 words"."""
    words = len(text.split())
    return next((name for name, most in LENGTHS.items() if words <= most), LONGEST)
