"""Chance, seeded: one generator for everything that is drawn in the town."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice(Random):
    """A Random with the three draws the town needs, each far quicker than the library's general ones."""

    def pick(self, things: Sequence[T]) -> T:
        """Return one of `things`; what stands there twice comes twice as often."""
        return things[int(self.random() * len(things))]

    def pick_several(self, things: Sequence[T], count: int) -> list[T]:
        """Return `count` different of `things` in any order, or all where there are fewer."""
        if count == 1:
            return [self.pick(things)]
        if count == 2 < len(things):
            first, gap = int(self.random() * len(things)), 1 + int(self.random() * (len(things) - 1))
            return [things[first], things[first - gap]]  # a negative index counts from the end
        return self.sample(things, min(count, len(things)))

    def chance(self, share: float) -> bool:
        """Return True in `share` of the calls."""
        return self.random() < share


def by_share(things: Iterable[tuple[T, float]]) -> tuple[T, ...]:
    """Return `things` repeated in proportion to their shares, to pick from; a hundredth is the finest share."""
    listed = list(things)
    whole = sum(share for _, share in listed)
    return tuple(thing for thing, share in listed for _ in range(max(1, round(100 * share / whole))))
