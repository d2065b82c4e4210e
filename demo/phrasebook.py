"""The texts of one language, read from demo/texts, and the drawing of lines from them."""

from functools import lru_cache
from pathlib import Path

from demo.dice import Dice

TEXTS = Path(__file__).parent / "texts"

Sections = dict[str, list[str]]


class Phrasebook(dict[str, str]):
    """Lines by section; the mapping itself holds the slots that are set, such as `brand`.

    A slot that is not set is drawn anew each time it is filled.
    """

    def __init__(self, language: str, dice: Dice) -> None:
        super().__init__()
        self.sections = sections(language)
        self.dice = dice
        self._random = dice.random

    def __missing__(self, slot: str) -> str:
        return self.say(f"slot {slot}")

    def say(self, section: str) -> str:
        """Return a line of `section` with its slots filled."""
        lines = self.sections[section]
        line = lines[int(self._random() * len(lines))]  # dice.pick, without the call: three in four draws are here
        return line.format_map(self) if "{" in line else line

    def line(self, section: str, number: int) -> str:
        """Return the line `number` of `section`, counted from 0 and round, with its slots filled."""
        lines = self.sections[section]
        return lines[number % len(lines)].format_map(self)

    def several(self, section: str, count: int) -> list[str]:
        """Return `count` different lines of `section`, or all where it has fewer."""
        return [line.format_map(self) for line in self.dice.pick_several(self.sections[section], count)]


@lru_cache
def sections(name: str) -> Sections:
    """Return the lines of demo/texts/`name`.txt, and of those that end so, by section."""
    found: Sections = {}
    for path in sorted(TEXTS.glob(f"*{name}.txt")):
        lines: list[str] = []
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("["):
                lines = found.setdefault(line.strip("[]"), [])
            elif line and not line.startswith("## "):
                lines.extend(line.split(" | "))
    return found
