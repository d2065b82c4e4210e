"""Texts with planted copies, and with pairs that only look like copies, for bench.duplicates."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from demo.dice import Dice
from demo.town import Town

COPIED = 0.3  # of the distinct texts
MOST_COPIES = 5
FEET = (
    "This article first appeared in the {a} {b}. Sign up for our newsletter to get stories like this every morning.",
    "Copyright {a} {b} Media. All rights reserved. Reproduction without permission is not allowed.",
    "Sent from my phone. Read more reviews by this author on {a}{b}.example.",
    "Reporting by our {a} desk; editing by the {b} team. Follow us on all channels for updates.",
)
EMOJI = ("🔥", "😍", "🙏", "👇", "😡", "✨", "🎉")
TEMPLATES = (
    "Weather for {a} on {b}: {n} degrees in the morning, {m} in the afternoon, {c} winds, rain risk {k} percent.",
    "{a} beats {b} {n} to {m} in {c}; the next game is against {d} on day {k} of the season.",
    "Your order {n}-{m} from {a} has been sent to {b} with {c} and arrives in {k} days at {d}.",
    "Now hiring: {a} {b} wanted in {c}, {n} hours a week, {m} dollars an hour, start in {k} days, ask for {d}.",
    "Traffic on route {n} near {a}: {m} minutes' delay between {b} and {c}, expected to clear in {k} hours.",
)
Groups = Sequence[Hashable]


class Planted(NamedTuple):
    """A text, what it is a copy of, and how it was made: texts with one `origin` are copies of one another."""

    text: str
    origin: int
    edit: str


class Match(NamedTuple):
    """How many pairs of copies there are, how many were found, and how many of those are copies."""

    pairs: int
    found: int
    right: int

    def row(self, name: str, seconds: float) -> list[object]:
        """Return the row of a table."""
        precision, recall = self.right / max(self.found, 1), self.right / self.pairs
        f1 = 2 * self.right / (self.found + self.pairs)
        return [name, f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", self.found, seconds]


def match(texts: Sequence[Planted], groups: Groups) -> Match:
    """Return how the pairs that `groups` puts together agree with the pairs that were planted."""

    def pairs(labels: Sequence[Hashable]) -> int:
        return sum(count * (count - 1) // 2 for count in Counter(labels).values())

    origins = [text.origin for text in texts]
    return Match(pairs(origins), pairs(groups), pairs(list(zip(origins, groups, strict=True))))


def planted(texts: Sequence[str], seed: int) -> list[Planted]:
    """Return different `texts`, copies of some of them, and others that only look like copies."""
    dice = Dice(seed)
    distinct = len(texts)
    words = sorted({word for text in texts for word in text.split() if word.isalpha()})
    made = [Planted(text, origin, "none") for origin, text in enumerate(texts)]
    for origin in dice.sample(range(distinct), round(COPIED * distinct)):
        for _ in range(1 + dice.randrange(MOST_COPIES)):
            name = dice.pick(tuple(EDITS))
            if (copy := EDITS[name](texts[origin], dice, words)) is not None:
                made.append(Planted(copy, origin, name))
    strangers = [*_same_template(distinct // 10, words, dice), *_same_start(texts, distinct // 10, dice)]
    made += [Planted(text, distinct + i, "look-alike") for i, text in enumerate(strangers)]
    dice.shuffle(made)
    return made


def written(count: int, seed: int) -> list[str]:
    """Return `count` texts in which any two neighbours stand together in a town's texts too, of the lengths of those.

    So they share phrases as people's texts do, and none says what another says.
    """
    dice = Dice(seed)
    models = town_texts(max(count // 2, 2_000), seed)
    after: defaultdict[str, list[str]] = defaultdict(list)
    for text in models:
        for word, following in pairwise(["", *text.split()]):
            after[word].append(following)
    return [_walk(after, len(dice.pick(models).split()), dice) for _ in range(count)]


def _walk(after: Mapping[str, Sequence[str]], length: int, dice: Dice) -> str:
    words = [""]
    for _ in range(length):
        words.append(dice.pick(after.get(words[-1]) or after[""]))
    return " ".join(words[1:])


def town_texts(count: int, seed: int) -> list[str]:
    """Return `count` texts of a town, no two the same; they are put together from a few thousand stock sentences."""
    found: dict[str, str] = {}
    for item in Town(count * 2 + 500, seed, date(2026, 11, 21)).mentions():
        if not item.oddity and len(item.text.split()) >= 8:
            found.setdefault("".join(filter(str.isalnum, item.text.casefold())), item.text)
        if len(found) == count:
            break
    return list(found.values())


def _same_template(count: int, words: Sequence[str], dice: Dice) -> Iterator[str]:
    for _ in range(count):
        named = {slot: dice.pick(words).capitalize() for slot in "abcd"}
        numbers = {slot: str(2 + dice.randrange(90)) for slot in "nmk"}
        yield dice.pick(TEMPLATES).format(**named, **numbers)


def _same_start(texts: Sequence[str], count: int, dice: Dice) -> Iterator[str]:
    """Yield the first sentence of one text with sentences of others."""
    sentences = [re.split(r"(?<=[.!?])\s+", text) for text in texts]
    rich = [parts for parts in sentences if len(parts) >= 2]
    for _ in range(count):
        yield " ".join([dice.pick(rich)[0], *(dice.pick(rich)[-1] for _ in range(4))])


def _each(share: float, change: Callable[[str, Dice, Sequence[str]], str]) -> "Edit":
    def edit(text: str, dice: Dice, words: Sequence[str]) -> str:
        parts = text.split(" ")
        for place in dice.sample(range(len(parts)), max(1, round(share * len(parts)))):
            parts[place] = change(parts[place], dice, words)
        return " ".join(parts)

    return edit


def _misspell(word: str, dice: Dice, _: Sequence[str]) -> str:
    if len(word) < 3:
        return word
    place = dice.randrange(len(word) - 1)
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return dice.pick([swapped, word[:place] + word[place + 1 :], word[:place] + word[place] * 2 + word[place + 1 :]])


def _cut(text: str, dice: Dice, _: Sequence[str]) -> str:
    parts = text.split(" ")
    return " ".join(parts[: -max(1, round(dice.pick([0.05, 0.1, 0.15]) * len(parts)))]) + dice.pick(["…", "...", ""])


def _excerpt(text: str, dice: Dice, _: Sequence[str]) -> str | None:
    parts = text.split(" ")
    return " ".join(parts[: round(dice.pick([0.4, 0.5, 0.7]) * len(parts))]) + " [...]" if len(parts) >= 100 else None


def _foot(text: str, dice: Dice, words: Sequence[str]) -> str | None:
    foot = dice.pick(FEET).format(a=dice.pick(words).capitalize(), b=dice.pick(words).capitalize())
    return f"{text}\n\n{foot}" if len(text.split()) >= 40 else None


def _recase(text: str, dice: Dice, _: Sequence[str]) -> str:
    return re.sub(r"[.,;!?]", dice.pick(["", "!", " ..."]), text.upper())


def _repost(text: str, dice: Dice, words: Sequence[str]) -> str:
    return f"RT @{dice.pick(words).lower()}: {text} https://t.example/{dice.randrange(9**9)}"


def _add(text: str, dice: Dice, words: Sequence[str]) -> str:
    return f"{dice.pick(['So true:', 'Edit:', 'Just my opinion.'])} {text} {dice.pick(words)}"


Edit = Callable[[str, Dice, Sequence[str]], str | None]
EDITS: dict[str, Edit] = {
    "as it is": lambda text, *_: text,
    "case and marks": _recase,
    "emoji": _each(0.1, lambda word, dice, _: f"{word} {dice.pick(EMOJI)}"),
    "repost": _repost,
    "typos, 4 %": _each(0.04, _misspell),
    "other words, 5 %": _each(0.05, lambda _, dice, words: dice.pick(words)),
    "added words": _add,
    "end cut, 5-15 %": _cut,
    "excerpt, 40-70 %": _excerpt,
    "foot added": _foot,
}
