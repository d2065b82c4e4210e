"""Texts as the encoder was trained on them, and the way back to the writer's own words."""

import html
import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

import emoji
import numpy as np
from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning
from numpy.typing import NDArray

TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
BLOCK = re.compile(r"</?(?:p|br|div|li|ul|ol|tr|h[1-6]|blockquote)\b[^<>]{0,500}>", re.IGNORECASE)
LINK = re.compile(r"https?://\S+")
HANDLE = re.compile(r"(?<!\w)@\w+")
NO_WORDS = re.compile(r"https?://\S+|\bhttp\b|(?<!\w)@\w+")
LETTER = re.compile(r"[^\W\d_]")
SKIN_TONE = re.compile(r"_?(?:medium-)?(?:light|medium|dark)_skin_tone")
SIGNS = frozenset("©®™")  # emoji to Unicode, but part of a brand's name to a writer
MAX_CHARS = 5_000  # four windows of 256 tokens hold no more; Python's HTML parser is quadratic on broken tags
REPEATS = 2  # "😡😡😡😡" says no more than "😡😡" and costs a token for each letter or two


class Prepared(NamedTuple):
    """A text for the encoder, and for each of its characters (and its end) the place in the text that it comes from."""

    text: str
    origin: NDArray[np.int64]


def prepare(text: str) -> str:
    """Return `text` on one line, without mark-up, links as "http", handles as "@user", emoji by their English names."""
    return spell(clean(text)).text


def clean(text: str) -> str:
    """Return the writer's own words: no mark-up, links as "http", handles as "@user", line breaks and emoji kept."""
    text = text[:MAX_CHARS].encode("utf-8", "replace").decode()  # a lone surrogate is no text to a tokenizer
    if TAG.search(text):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
            lines = BLOCK.sub("\n", " ".join(text.split()))  # in HTML, only a tag breaks a line
            text = BeautifulSoup(lines, "html.parser").get_text(" ")
    text = HANDLE.sub("@user", LINK.sub("http", html.unescape(text)))
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.splitlines())))[:MAX_CHARS]


def spell(text: str) -> Prepared:
    """Return cleaned `text` on one line, with emoji spelled out: the encoder's vocabulary has none."""
    line = text.replace("\n", " ")
    parts: list[str] = []
    places: list[NDArray[np.int64]] = []
    for words, where in _pieces(line):
        if words and parts and not (parts[-1].endswith(" ") or words.startswith(" ")):
            parts.append(" ")
            places.append(where[:1])
        parts.append(words)
        places.append(where)
    return Prepared("".join(parts), np.concatenate(places))


def has_words(text: str) -> bool:
    """Return whether cleaned or prepared `text` has letters that are no link or handle."""
    return LETTER.search(NO_WORDS.sub(" ", text)) is not None


def _pieces(line: str) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield what stands between emoji and the emoji's names in turn, with their characters' places in `line`."""
    found = [] if line.isascii() else [match for match in emoji.emoji_list(line) if match["emoji"] not in SIGNS]
    end, run, last = 0, 0, ""
    for match in found:
        name, start = _name(match["emoji"]), match["match_start"]
        between = line[end:start]
        run = run + 1 if name == last and not between.strip() else 1
        if between and run <= REPEATS:
            yield between, np.arange(end, start)
        if name and run <= REPEATS:
            yield name, np.full(len(name), start)
        end, last = match["match_end"], name
    yield line[end:], np.arange(end, len(line) + 1)


def _name(sign: str) -> str:
    name = emoji.EMOJI_DATA[sign]["en"].strip(":").removeprefix("keycap_")
    return SKIN_TONE.sub("", name).replace("_", " ")
