"""Listings that are only roughly in order."""

from collections.abc import Iterable
from statistics import median_low

from connectors.mention import Mention


def rough_order(mentions: Iterable[Mention]) -> list[float]:
    """Return the newest moment and the median of a page, by which `newest_first` is to judge it; [] of none.

    So an item that its author dated back, or that is listed late, does not end a walk by standing last.
    """
    moments = [mention.posted_at.timestamp() for mention in mentions]
    return [max(moments), median_low(moments)] if moments else []
