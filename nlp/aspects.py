"""Which things a text speaks of, by the words that stand for them."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

Vocabulary = Mapping[str, Sequence[str]]  # aspect -> its words and phrases

DEFAULT: Vocabulary = tomllib.loads((Path(__file__).parent / "aspects.toml").read_text(encoding="utf-8"))

WORD = re.compile(r"\w+")
JOINTS = frozenset((" ", "-", "\n"))  # what may stand between the words of a phrase
Phrases = Mapping[str, list[tuple[tuple[str, ...], str]]]  # first word -> (whole phrase, aspect), the longest first


class Aspect(NamedTuple):
    """What a text says of one thing: the aspect's name, the writer's word for it and the sentence that holds it."""

    aspect: str
    term: str
    quote: str
    sentiment: str
    score: float
    confidence: float


class Term(NamedTuple):
    """Where in a text an aspect is spoken of."""

    aspect: str
    start: int
    end: int


def with_own(own: Vocabulary) -> dict[str, Sequence[str]]:
    """Return the default vocabulary with a user's aspects added or replaced by name, less those without words."""
    return {aspect: words for aspect, words in {**DEFAULT, **own}.items() if words}


def phrases_of(vocabulary: Vocabulary) -> Phrases:
    """Return `vocabulary` by first word, with plurals; a phrase of two aspects belongs to the later one."""
    owners = {form: aspect for aspect, words in vocabulary.items() for word in words for form in _forms(word)}
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for phrase in sorted(owners, key=len, reverse=True):
        phrases.setdefault(phrase[0], []).append((phrase, owners[phrase]))
    return phrases


def terms(text: str, phrases: Phrases) -> Iterator[Term]:
    """Yield what `text` speaks of, in order and without overlaps: at each word the longest phrase that begins there.

    Linear in the length of the text.
    """
    words = list(WORD.finditer(text))
    lower = [word[0].lower() for word in words]
    at = 0
    while at < len(words):
        for phrase, aspect in phrases.get(lower[at], ()):
            last = at + len(phrase) - 1
            if tuple(lower[at : last + 1]) == phrase and _joined(text, words[at : last + 1]):
                yield Term(aspect, words[at].start(), words[last].end())
                at = last
                break
        at += 1


def _joined(text: str, words: Sequence[re.Match[str]]) -> bool:
    return all(text[a.end() : b.start()] in JOINTS for a, b in pairwise(words))


def _forms(phrase: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of `phrase` and of its plural."""
    *first, last = WORD.findall(phrase.lower())
    yield (*first, last)
    if last.endswith(("s", "x", "ch", "sh")):
        yield (*first, last + "es")
    elif re.search(r"[^aeiou]y$", last):
        yield (*first, last[:-1] + "ies")
    else:
        yield (*first, last + "s")
