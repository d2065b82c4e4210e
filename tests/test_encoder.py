"""The forward pass: how texts are batched and on how many cores must not be seen in the answers."""

import numpy as np

from nlp.encoder import Encoded, Encoder

TEXTS = [*(f"Delivery number {n} was {'late ' * (n % 40)}again." for n in range(60)), "Lovely."]


def _all(encoded: Encoded) -> list[np.ndarray]:
    return [*encoded[:4], *encoded.tokens, *encoded.offsets]


def test_the_answers_are_the_same_on_however_many_threads() -> None:
    alone, together = (Encoder(threads=threads).encode(TEXTS) for threads in (1, 3))
    assert all(np.array_equal(one, other) for one, other in zip(_all(alone), _all(together), strict=True))


def test_each_text_gets_its_own_answer_wherever_its_batch_puts_it() -> None:
    encoder = Encoder(threads=2)
    together = encoder.encode(TEXTS)
    for row in (0, 39, 60):
        alone = encoder.encode([TEXTS[row]])
        assert alone.offsets[0].tolist() == together.offsets[row].tolist()
        assert float(alone.embedding[0] @ together.embedding[row]) > 0.95  # a batch shares the scales of its int8
