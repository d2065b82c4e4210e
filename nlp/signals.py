"""What a text asks of the company: complaint, question, praise, request, bug, leaving, buying; several may hold."""

from collections.abc import Mapping, Sequence

import numpy as np

from nlp.encoder import Floats


def signals_of(logits: Floats, labels: Sequence[str], thresholds: Mapping[str, float]) -> list[tuple[str, ...]]:
    """Return for each row of (n, len(labels)) logits the signals whose probability reaches their threshold."""
    needed = np.array([thresholds[label] for label in labels])
    held = 1 / (1 + np.exp(-logits)) >= needed
    return [tuple(label for label, holds in zip(labels, row, strict=True) if holds) for row in held]
