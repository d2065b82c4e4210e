"""What the encoder says of a part of a text: a sentence, a clause, a term."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nlp.encoder import Encoded, Floats, Ints


class Part(NamedTuple):
    """The characters from `start` to `end` of the text in row `row`."""

    row: int
    start: int
    end: int


def logits_of(parts: Sequence[Part], encoded: Encoded, origins: Sequence[Ints]) -> Floats:
    """Return (parts, 6) logits: the mean over each part's tokens, NaN where no token of it was read.

    `origins[row]` says for each character of the encoded text which one of the part's text it comes from. One
    cumulative sum serves all parts of all texts, so the time is linear in tokens and parts.
    """
    places = np.asarray(parts, np.int64).reshape(-1, 3)
    size = max((len(origin) for origin in origins), default=0) + 1
    starts, ends, logits = _tokens(encoded, origins, size)
    sums = np.concatenate([np.zeros((1, 6)), np.cumsum(logits, 0, np.float64)])
    first = np.searchsorted(ends, places[:, 0] * size + places[:, 1], "right")
    last = np.maximum(np.searchsorted(starts, places[:, 0] * size + places[:, 2], "left"), first)
    with np.errstate(invalid="ignore"):
        means: Floats = ((sums[last] - sums[first]) / (last - first)[:, None]).astype(np.float32)
    return means


def _tokens(encoded: Encoded, origins: Sequence[Ints], size: int) -> tuple[Ints, Ints, Floats]:
    """Return where all words' tokens start and end, counted through texts that are `size` apart, and their logits."""
    lengths = [len(origin) for origin in origins]
    rows = np.repeat(np.arange(len(lengths)), [len(offsets) for offsets in encoded.offsets])
    offsets = np.concatenate([np.zeros((0, 2), np.int64), *encoded.offsets])
    logits = np.concatenate([np.zeros((0, 6), np.float32), *encoded.tokens])
    worded = offsets[:, 1] > offsets[:, 0]  # special tokens have no width
    rows, offsets = rows[worded], offsets[worded]
    origin = np.concatenate([np.zeros(0, np.int64), *origins])
    base = (np.cumsum(lengths) - lengths)[rows] if lengths else rows
    starts = origin[base + offsets[:, 0]] + rows * size
    ends = origin[base + offsets[:, 1] - 1] + 1 + rows * size
    return starts, ends, logits[worded]
