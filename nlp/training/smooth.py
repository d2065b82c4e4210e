"""Moves what int8 rounds badly from states to weights, channel by channel, before the graph is written.

One scale holds for all channels of a state, and after a LayerNorm a few channels are many times as large as the rest.
Dividing each channel by a number and multiplying its weights by the same changes nothing in fp32 (SmoothQuant,
arXiv 2211.10438), and takes two fifths off the embedding's distance to fp32 in int8.
"""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from nlp.training.net import Network

EXAMPLES = Path(__file__).parent / "examples"
EVERY = 12  # a text in so many is enough to see how large each channel gets
SHARE = 0.65  # of the difficulty that goes to the weights; measured .3 to .7, flat above .5
LEAST = 1e-4  # of a channel, against a division by nothing


class Smoothed(nn.Module):
    """A linear layer whose input is divided and whose weights are multiplied by a number for each channel."""

    def __init__(self, linear: nn.Linear, largest: Tensor) -> None:
        super().__init__()
        weights = linear.weight.detach().abs().amax(0).clamp(min=LEAST)
        scale = largest.clamp(min=LEAST) ** SHARE / weights ** (1 - SHARE)
        self.inverse = nn.Parameter(1 / scale)
        self.linear = linear
        self.linear.weight.data *= scale

    def forward(self, states: Tensor) -> Tensor:
        """Return what the layer alone would."""
        answer: Tensor = self.linear(states * self.inverse)
        return answer


def smooth(network: Network, tokenizer: Tokenizer) -> None:
    """Replace each linear layer behind a LayerNorm by a smoothed one.

    Those behind a GELU stay: smoothed by half the embedding got worse (cosine .984), by more it gained too little for
    another pass over the widest states.
    """
    layers = [*network.trunk, *network.meaning, *network.answers.layers]
    linears = [linear for layer in layers for linear in (layer.qkv, layer.inner)]
    largest = _largest(network, linears, tokenizer)
    for layer in layers:
        layer.qkv = Smoothed(layer.qkv, largest[layer.qkv])
        layer.inner = Smoothed(layer.inner, largest[layer.inner])


def _largest(network: Network, linears: list[nn.Linear], tokenizer: Tokenizer) -> dict[nn.Module, Tensor]:
    """Return how large each channel of each layer's input gets on our own examples."""
    largest: dict[nn.Module, Tensor] = {linear: torch.zeros(linear.in_features) for linear in linears}

    def watch(linear: nn.Module, inputs: tuple[Tensor]) -> None:
        largest[linear] = torch.maximum(largest[linear], inputs[0].abs().amax((0, 1)))

    hooks = [linear.register_forward_pre_hook(watch) for linear in linears]
    with torch.no_grad():
        for text in _texts()[::EVERY]:
            ids = torch.tensor([tokenizer.encode(text).ids])  # one at a time: padding would be seen, too
            network(ids, torch.ones_like(ids))
    for hook in hooks:
        hook.remove()
    return largest


def _texts() -> list[str]:
    lines = [
        line for file in sorted(EXAMPLES.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return [json.loads(line)["text"] for line in lines]
