"""How a text feels about its subject: negative, neutral or positive, and how sure that is."""

from typing import NamedTuple

import numpy as np

from nlp.encoder import Floats


class Sentiment(NamedTuple):
    """For each text: the label's index, p(positive) - p(negative) in -1…1, and the label's probability."""

    label: np.ndarray
    score: Floats
    confidence: Floats


def sentiment_of(logits: Floats) -> Sentiment:
    """Return the sentiment of each row of (n, 3) logits in the order negative, neutral, positive."""
    p = softmax(logits)
    return Sentiment(p.argmax(1), p[:, 2] - p[:, 0], p.max(1))


def softmax(logits: Floats) -> Floats:
    """Return the probabilities of each row."""
    raised = np.exp(logits - logits.max(1, keepdims=True))
    probabilities: Floats = raised / raised.sum(1, keepdims=True)
    return probabilities
