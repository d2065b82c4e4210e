"""Examples as tensors: batches of texts of one length, with every target that is told."""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from nlp.training.net import EMOTIONS, SENTIMENTS, SIGNALS
from nlp.training.sets import Example

SIZE = 64  # texts; one core trains 95 a second at 32 tokens, and two thirds of that at half the size
UNSEEN = 0.05  # share of tokens hidden in training: 48,000 tweets are soon known by heart
UNKNOWN = 100  # the id of [UNK]
UNTOLD = -100  # what torch's cross entropy passes over
AGAIN = {"tweets": 2, "tweet emotions": 2, "mams": 2, "semeval14": 2}  # how often a set is seen in an epoch


class Batch(NamedTuple):
    """Tensors of one batch; classes are UNTOLD and signals -1 where a set does not tell them.

    `spans` are (row, first token, end, sentiment) of aspect terms; `allowed` (batch, emotions) is False for the
    emotions that an annotator could not choose.
    """

    ids: Tensor
    mask: Tensor
    sentiment: Tensor
    emotion: Tensor
    allowed: Tensor
    signals: Tensor
    spans: list[tuple[int, int, int, int]]
    weight: Tensor


def endless(tokenizer: Tokenizer, examples: Sequence[Example], own: int, seed: int) -> Iterator[Batch]:
    """Yield batches epoch after epoch, shuffled, with some tokens hidden; our own examples come `own` times in each."""
    rng = random.Random(seed)
    epoch = [example for example in examples for _ in range((AGAIN | {"own": own}).get(example.domain, 1))]
    while True:
        rng.shuffle(epoch)
        batches = [batch for at in range(0, len(epoch), SIZE * 64) for batch in by_length(epoch[at : at + SIZE * 64])]
        rng.shuffle(batches)
        for batch in batches:
            made = collate(tokenizer, batch)
            hidden = (torch.rand(made.ids.shape) < UNSEEN) & (made.ids > UNKNOWN + 3)  # [CLS], [SEP], [MASK] follow it
            yield made._replace(ids=made.ids.masked_fill(hidden, UNKNOWN))


def by_length(examples: Sequence[Example]) -> list[list[Example]]:
    """Return the examples in batches of texts of about one length: padding costs as much as words."""
    ordered = sorted(examples, key=lambda example: len(example.text))
    return [ordered[at : at + SIZE] for at in range(0, len(ordered), SIZE)]


def collate(tokenizer: Tokenizer, examples: Sequence[Example]) -> Batch:
    """Return the batch of `examples`."""
    encodings = tokenizer.encode_batch([example.text for example in examples])
    longest = max(len(encoding.ids) for encoding in encodings)
    ids = torch.zeros(len(examples), longest, dtype=torch.long)
    mask = torch.zeros(len(examples), longest)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
        mask[row, : len(encoding.ids)] = 1.0
    return Batch(
        ids,
        mask,
        sentiment=torch.tensor([_place(example.sentiment, SENTIMENTS) for example in examples]),
        emotion=torch.tensor([_place(example.emotion, EMOTIONS) for example in examples]),
        allowed=torch.tensor([[not e.among or name in e.among for name in EMOTIONS] for e in examples]),
        signals=torch.tensor([[float(e.signals.get(name, -1)) for name in SIGNALS] for e in examples]),
        spans=[
            span
            for row, (e, encoding) in enumerate(zip(examples, encodings, strict=True))
            for span in _spans(row, e, encoding)
        ],
        weight=torch.tensor([example.weight for example in examples]),
    )


def _place(label: str | None, labels: Sequence[str]) -> int:
    return UNTOLD if label is None else labels.index(label)


def _spans(row: int, example: Example, encoding: Encoding) -> Iterator[tuple[int, int, int, int]]:
    for start, end, label in example.aspects:
        tokens = [n for n, (first, last) in enumerate(encoding.offsets) if first < end and last > start]
        if tokens:  # a term behind the last token is cut off
            yield row, tokens[0], tokens[-1] + 1, SENTIMENTS.index(label)
