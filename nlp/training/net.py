"""The network: MiniLM's first layers shared, its last ones twice: as they were, and tuned to our questions.

The untouched ones give the sentence embedding of all-MiniLM-L6-v2 bit for bit, so topics and search do not depend on
what the tuned ones learned. The heads are linear, and sentiment stands on every token: the mean over a text's tokens
is the text's answer, the mean over a sentence's tokens the sentence's, and no second pass is needed.
"""

import copy
import hashlib
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # revision 1110a243 on the hub
WIDTH, HEADS, LAYERS, INNER, WORDS, PLACES = 384, 12, 6, 1536, 30_522, 512
SHARED = 3  # layers below the fork; measured: three tuned layers cost a tenth more than two and learn reviews better
SENTIMENTS = ("negative", "neutral", "positive")
EMOTIONS = ("anger", "fear", "joy", "love", "optimism", "sadness", "surprise", "none")
SIGNALS = ("complaint", "question", "praise", "request", "bug", "leaving", "buying")


class Layer(nn.Module):
    """One layer of BERT, with query, key and value as one matrix."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.mixed = nn.Linear(WIDTH, WIDTH)
        self.attended = nn.LayerNorm(WIDTH, eps=1e-12)
        self.inner = nn.Linear(WIDTH, INNER)
        self.outer = nn.Linear(INNER, WIDTH)
        self.done = nn.LayerNorm(WIDTH, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        """Return the next states (batch, tokens, 384); `bias` (batch, 1, 1, tokens) is very negative where masked."""
        batch, tokens = states.shape[0], states.shape[1]
        parts = self.qkv(states).view(batch, tokens, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = parts[0], parts[1], parts[2]
        weights = query @ key.transpose(2, 3) / (WIDTH / HEADS) ** 0.5 + bias.to(query.dtype)
        heads = weights.softmax(-1).to(value.dtype) @ value  # torch's fused kernel trains at two thirds of the speed
        mixed = self.mixed(heads.transpose(1, 2).reshape(batch, tokens, WIDTH))
        states = self.attended(states + self.dropout(mixed))
        inner = functional.gelu(self.inner(states))
        done: Tensor = self.done(states + self.dropout(self.outer(inner)))
        return done


class Answers(nn.Module):
    """The tuned layers and the heads: states below the fork to tokens (…, 6), emotion and signal logits."""

    def __init__(self, layers: list[Layer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.tokens = nn.Linear(WIDTH, 6)
        self.emotion = nn.Linear(WIDTH, len(EMOTIONS))
        self.signals = nn.Linear(WIDTH, len(SIGNALS))
        self.dropout = nn.Dropout(0.1)

    def forward(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return tokens (batch, tokens, 6), zero where masked, emotion (batch, 8) and signals (batch, 7)."""
        bias = attention_bias(mask)
        for layer in self.layers:
            states = layer(states, bias)
        states = self.dropout(states)
        pooled = mean_pool(states, mask)
        return self.tokens(states) * mask[..., None], self.emotion(pooled), self.signals(pooled)


class Network(nn.Module):
    """Everything: ids and mask to embedding, tokens, emotion and signals."""

    def __init__(self, shared: int = SHARED) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.places = nn.Embedding(PLACES, WIDTH)
        self.kind = nn.Parameter(torch.zeros(WIDTH))
        self.normal = nn.LayerNorm(WIDTH, eps=1e-12)
        self.trunk = nn.ModuleList(Layer(0.0) for _ in range(shared))
        self.meaning = nn.ModuleList(Layer(0.0) for _ in range(LAYERS - shared))
        self.answers = Answers([Layer(0.1) for _ in range(LAYERS - shared)])

    def below(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the states at the fork."""
        places = torch.arange(ids.shape[1], device=ids.device)
        states = self.normal(self.words(ids) + self.places(places) + self.kind)
        for layer in self.trunk:
            states = layer(states, attention_bias(mask))
        return states

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return embedding (batch, 384), emotion, signals and tokens as the graph in nlp/model gives them."""
        mask = mask.to(self.kind.dtype)
        fork = self.below(ids, mask)
        states = fork
        for layer in self.meaning:
            states = layer(states, attention_bias(mask))
        embedding = functional.normalize(mean_pool(states, mask), dim=-1)
        tokens, emotion, signals = self.answers(fork, mask)
        return embedding, emotion, signals, tokens


def attention_bias(mask: Tensor) -> Tensor:
    """Return what is added to attention scores: 0 for tokens, -1e4 for padding (bf16 and int8 hold it)."""
    return (1.0 - mask[:, None, None, :]) * -1e4


def mean_pool(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of the states of the tokens that are not masked."""
    weights = mask[..., None].to(states.dtype)
    mean: Tensor = (states * weights).sum(1) / weights.sum(1)
    return mean


def minilm(folder: Path, shared: int = SHARED) -> Network:
    """Return the network with the weights of all-MiniLM-L6-v2 in `folder`; the tuned layers start as copies.

    Raises ValueError when model.safetensors is not the released file.
    """
    file = folder / "model.safetensors"
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != MINILM_SHA256:
        raise ValueError(f"{file}: sha256 is {found[:12]}…, all-MiniLM-L6-v2 has {MINILM_SHA256[:12]}…")
    weights = load_file(file)
    network = Network(shared)
    network.words.weight.data = weights["embeddings.word_embeddings.weight"]
    network.places.weight.data = weights["embeddings.position_embeddings.weight"]
    network.kind.data = weights["embeddings.token_type_embeddings.weight"][0].clone()
    network.normal.load_state_dict(_pair(weights, "embeddings.LayerNorm"))
    for number, layer in enumerate([*network.trunk, *network.meaning]):
        _fill(layer, weights, f"encoder.layer.{number}.")
    for tuned, original in zip(network.answers.layers, network.meaning, strict=True):
        tuned.load_state_dict(copy.deepcopy(original.state_dict()))
    return network


def _fill(layer: nn.Module, weights: dict[str, Tensor], at: str) -> None:
    attention = [_pair(weights, f"{at}attention.self.{name}") for name in ("query", "key", "value")]
    parts = {
        "qkv": {key: torch.cat([part[key] for part in attention]) for key in ("weight", "bias")},
        "mixed": _pair(weights, f"{at}attention.output.dense"),
        "attended": _pair(weights, f"{at}attention.output.LayerNorm"),
        "inner": _pair(weights, f"{at}intermediate.dense"),
        "outer": _pair(weights, f"{at}output.dense"),
        "done": _pair(weights, f"{at}output.LayerNorm"),
    }
    layer.load_state_dict({f"{name}.{key}": value for name, part in parts.items() for key, value in part.items()})


def _pair(weights: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key: weights[f"{name}.{key}"] for key in ("weight", "bias")}
