"""How a text feels about its subject: negative, neutral or positive, and how sure that is."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nlp.encoder import Floats

SENTIMENTS = ("negative", "neutral", "positive")
LIKELY = 0.5  # one part cannot be both: p(1 - p) never reaches it


class Sentiment(NamedTuple):
    """A label, p(positive) - p(negative) in -1…1, and the label's probability."""

    label: str
    score: float
    confidence: float


def sentiments_of(probabilities: Floats) -> list[Sentiment]:
    """Return the sentiment of each row of (n, 3) probabilities in the order of SENTIMENTS."""
    scores = probabilities[:, 2] - probabilities[:, 0]
    rows = zip(probabilities.argmax(1).tolist(), scores.tolist(), probabilities.max(1).tolist(), strict=True)
    return [Sentiment(SENTIMENTS[label], score, confidence) for label, score, confidence in rows]


def mixed_of(probabilities: Floats, rows: Sequence[int], texts: int) -> list[bool]:
    """Return for each of `texts` texts whether it is likely that one part of it is positive and another negative.

    `probabilities` (parts, 3) are those of all texts' clauses, NaN where nothing was read, and `rows` says whose each
    one is. The surest positive and the surest negative are taken as independent.
    """
    owners = np.asarray(rows, np.int64)
    surest = np.zeros((texts, 3), np.float32)
    np.maximum.at(surest, owners, np.nan_to_num(probabilities))
    mixed: list[bool] = (surest[:, 0] * surest[:, 2] >= LIKELY).tolist()
    return mixed


def softmax(logits: Floats) -> Floats:
    """Return the probabilities of each row."""
    raised = np.exp(logits - logits.max(1, keepdims=True))
    probabilities: Floats = raised / raised.sum(1, keepdims=True)
    return probabilities
