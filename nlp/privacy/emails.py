"""E-mail addresses, written plainly or disguised: jane@example.com, jane (at) example dot com."""

import re
from collections.abc import Iterator

LETTER = "a-zA-ZÀ-ɏͰ-ӿ"  # scripts without spaces between words stay out, or a whole sentence would be the name
NAME = rf"(?<![{LETTER}0-9_.+%@-])[{LETTER}0-9_.+%-]++"  # starts only where a run starts: linear
LABEL = rf"[{LETTER}0-9-]++"
LAST = rf"(?:xn--[a-z0-9-]+|[{LETTER}]{{2,24}})(?![{LETTER}0-9])"
PLAIN = re.compile(rf"{NAME}@(?:{LABEL}\.)+{LAST}", re.IGNORECASE)

OPEN, CLOSE = r"[ \t]?[\[({<][ \t]?", r"[ \t]?[\])}>]"
AT = rf"{OPEN}(?:at|ät|arroba|chiocciola|@){CLOSE}[ \t]?"
WORD_DOT = r"[ \t](?:dot|punkt|punto|ponto)[ \t]"
DOT = rf"(?:\.|{OPEN}(?:dot|punkt|punto|ponto|point|\.){CLOSE}[ \t]?|{WORD_DOT})"
DOTTED = rf"{NAME}(?:{DOT}[{LETTER}0-9_+%-]++){{0,3}}"
DISGUISED = re.compile(rf"{DOTTED}{AT}(?:{LABEL}{DOT}){{1,4}}{LAST}", re.IGNORECASE)
PROVIDER = r"(?:gmail|googlemail|yahoo|hotmail|outlook|icloud|proton(?:mail)?|gmx|aol|yandex)"
SPOKEN = re.compile(
    rf"(?P<name>{DOTTED})[ \t](?:at|arroba)[ \t](?:(?P<provider>{PROVIDER}){DOT}{LAST}"
    rf"|{LABEL}{WORD_DOT}(?:{LABEL}{DOT}){{0,2}}{LAST})",
    re.IGNORECASE,
)
# Cheap looks before the patterns above, which try every word.
HAS_PLAIN = re.compile(rf"[{LETTER}0-9_+%-]@[{LETTER}0-9]")
HAS_DISGUISED = re.compile(rf"{OPEN}(?:at|ät|arroba|chiocciola|@){CLOSE}", re.IGNORECASE)
HAS_SPOKEN = re.compile(rf"[ \t](?:at|arroba)[ \t](?:\S+{WORD_DOT}|{PROVIDER}\b)", re.IGNORECASE)
ASKED = re.compile(
    r"\b(?:e-?mail|mail|correo|contact|reach|write)[^\W\d_]*[\s:'-]+(?:[^\W\d_]+[\s:'-]+){0,2}$", re.IGNORECASE
)
PRONOUNS = {"me", "us", "him", "her", "them", "it", "you", "here", "there", "out", "now", "up", "is", "was"}
NO_DOMAIN = re.compile(
    r"\d+\.\d|[1-4]x\.(?:png|jpe?g|gif|webp|svg|avif)$", re.IGNORECASE
)  # react@18.2.0-rc.x, icon@2x.png


def email_spans(text: str) -> list[tuple[int, int]]:
    """Return where e-mail addresses stand in `text`, in their order."""
    found = sorted([*_plain(text), *_disguised(text), *_spoken(text)])
    kept: list[tuple[int, int]] = []
    for start, end in found:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _plain(text: str) -> Iterator[tuple[int, int]]:
    for match in PLAIN.finditer(text) if HAS_PLAIN.search(text) else ():
        name, _, domain = match[0].partition("@")
        is_address_of_a_repository = name == "git" and text[match.end() : match.end() + 1] == ":"
        if not (is_address_of_a_repository or NO_DOMAIN.match(domain)):
            yield match.span()


def _disguised(text: str) -> Iterator[tuple[int, int]]:
    for match in DISGUISED.finditer(text) if HAS_DISGUISED.search(text) else ():
        yield match.span()


def _spoken(text: str) -> Iterator[tuple[int, int]]:
    """Yield addresses with bare words, where more than the words says so: "it at amazon dot com" is none."""
    for match in SPOKEN.finditer(text) if HAS_SPOKEN.search(text) else ():
        name = match["name"].lower()
        asked = ASKED.search(text, max(0, match.start() - 40), match.start())
        if name not in PRONOUNS and (match["provider"] or asked or re.search(r"[\d._+-]|\sdot\s", name)):
            yield match.span()
