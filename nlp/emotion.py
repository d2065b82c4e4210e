"""Which emotion a text shows, if any."""

from collections.abc import Sequence

from nlp.encoder import Floats


def emotions_of(logits: Floats, labels: Sequence[str]) -> list[str]:
    """Return the likeliest label for each row of (n, len(labels)) logits; "none" is one of them."""
    return [labels[i] for i in logits.argmax(1)]
