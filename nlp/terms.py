"""How a text feels about a term whose place in it is known."""

import re
from collections.abc import Sequence

import numpy as np

from nlp.encoder import Encoder, Floats
from nlp.sentences import Span
from nlp.sentiment import softmax
from nlp.spans import Part, logits_of
from nlp.text import prepare


def term_span(text: str, term: str, near: int = 0) -> Span | None:
    """Return where `term` stands in prepared `text`, the whole word nearest to `near` first; None if nowhere."""
    wanted = re.escape(prepare(term))
    for pattern in (rf"(?<!\w){wanted}(?!\w)", wanted):
        places = [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
        if places and wanted:
            return min(places, key=lambda place: abs(place[0] - near))
    return None


def term_probabilities(encoder: Encoder, texts: Sequence[str], spans: Sequence[Span]) -> Floats:
    """Return (n, 3) probabilities of the sentiment of the term at `spans[i]` in the prepared `texts[i]`.

    A term beyond the last window that the encoder reads gets the sentiment of the text.
    """
    encoded = encoder.encode(texts)
    parts = [Part(row, *span) for row, span in enumerate(spans)]
    logits = logits_of(parts, encoded, [np.arange(len(text) + 1) for text in texts])[:, 3:]
    told = np.where(np.isnan(logits), encoded.sentiment, logits).astype(np.float32)
    return softmax(told / encoder.temperature["aspect"])
