"""Who speaks and how: names, and the typos, shouting and emoji of people who type on phones."""

import re
from collections.abc import Mapping
from functools import cache

from demo.dice import Dice
from demo.phrasebook import sections
from demo.places import Kind

NAMES = sections("names")
PROLIFIC = 40  # people of each kind of place who write again and again
PROLIFIC_SHARE = 0.13

EMOJI_SHARE: dict[Kind, float] = {"appstore": 0.1, "social": 0.25, "survey": 0.03}
SLOPPY: dict[Kind, float] = {"appstore": 1.0, "social": 1.2, "survey": 0.8, "forum": 0.7, "support": 0.4, "hn": 0.15}


def author(dice: Dice, kind: Kind) -> str:
    """Return a name in the fashion of `kind`; a few people write a good part of everything."""
    if dice.chance(PROLIFIC_SHARE):
        return _prolific(kind, int(PROLIFIC * dice.random() ** 3))
    return _name(dice, kind)


@cache
def _prolific(kind: Kind, number: int) -> str:
    return _name(Dice(f"{kind}/{number}"), kind)


def _name(dice: Dice, kind: Kind) -> str:
    first, last = dice.pick(NAMES["first"]), dice.pick(NAMES["last"])
    if kind in ("survey", "support"):
        return f"{first} {last}"
    noun, style, number = dice.pick(NAMES["noun"]), dice.random(), dice.randrange(100)
    if kind == "appstore" and style < 0.35:
        return f"{first} {last[0]}." if style < 0.15 else f"{noun.title()} {first}"
    if style < 0.5:
        return f"{first.lower()}_{noun}"
    return f"{noun}{number:02}" if style < 0.75 else f"{first.lower()}{last.lower()[:4]}{number}"


def spoken(text: str, dice: Dice, *, kind: Kind, sentiment: str, typos: Mapping[str, str]) -> str:
    """Return `text` as somebody types it: most often unchanged. Brand names stay readable."""
    mood = dice.random() / SLOPPY.get(kind, 0.001)
    if mood < 0.05:
        text = text.lower().removesuffix(".")
    elif mood < 0.075 and sentiment != "neutral":
        text = text.upper()
    elif mood < 0.15:
        text = _mistyped(text, dice, typos)
    elif mood < 0.2:
        text = text.removesuffix(".")
    elif mood < 0.23 and sentiment != "neutral" and text[-1] in ".!":
        text = text.removesuffix(".").rstrip("!") + "!" * (2 + int(dice.random() * 4))
    if dice.chance(EMOJI_SHARE.get(kind, 0.0)):
        text += " " + dice.pick(NAMES[f"emoji {sentiment}"]) * (1 + int(dice.random() * 3))
    return text


def _mistyped(text: str, dice: Dice, typos: Mapping[str, str]) -> str:
    return re.sub(
        r"[^\W\d_]+(?:'[^\W\d_]+)?",
        lambda word: typos[word[0]] if word[0] in typos and dice.chance(0.6) else word[0],
        text,
    )
