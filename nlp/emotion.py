"""Which emotion a text shows, if any."""

from collections.abc import Sequence

import numpy as np

from nlp.encoder import Floats
from nlp.sentiment import softmax

NONE = "none"
SHOWN = 0.5  # the model was trained on emotional texts only, so it must be surer than all else together


def emotion_of(logits: Floats, labels: Sequence[str], neutral: np.ndarray) -> list[str]:
    """Return one label for each row of (n, len(labels)) logits; "none" where `neutral` holds or no label prevails."""
    p = softmax(logits)
    shown = (p.max(1) >= SHOWN) & ~neutral
    return [labels[i] if is_shown else NONE for i, is_shown in zip(p.argmax(1), shown, strict=True)]
