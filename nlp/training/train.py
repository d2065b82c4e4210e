"""Tunes the upper layers and the heads on every set at once: `python -m nlp.training.train --help`."""

import argparse
import copy
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from nlp.training.batches import UNTOLD, Batch, by_length, collate, endless
from nlp.training.net import Answers, Network, mean_pool, minilm
from nlp.training.sets import Example, balanced, everything, permissive, usable, validation

MOST_TOKENS = 128  # of a training text: the tail of long reviews costs more than it teaches
RATE = 3e-4  # highest learning rate; three layers over a frozen trunk bear it
DECAY = 0.01
SMOOTHING = 0.05  # of classes: people agree in four cases of five
AVERAGED = 0.999  # weight of the past in the running mean of the weights, which is what is kept


def main(argv: Sequence[str] | None = None) -> None:
    """Write the tuned weights; prints the loss, and each thousand steps the figures on the validation sets."""
    parser = argparse.ArgumentParser("python -m nlp.training.train", description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="the folder of all-MiniLM-L6-v2, with tokenizer.json")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the public sets, see README.md")
    parser.add_argument("--extra", type=Path, help="more public sets, see README.md")
    parser.add_argument("--examples", type=Path, default=Path(__file__).parent / "examples")
    parser.add_argument("--start", type=Path, help="go on from these tuned weights instead of MiniLM's own")
    parser.add_argument("--rate", type=float, default=RATE, help="highest learning rate")
    parser.add_argument("--own", type=int, default=4, help="how often our own examples are seen in an epoch")
    parser.add_argument("--clean", action="store_true", help="permissive sets only: the weights may go anywhere")
    parser.add_argument("--minutes", type=float, default=60, help="the learning rate falls to nothing over this time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="where the tuned weights are written (.pt)")
    told = parser.parse_args(argv)
    torch.set_num_threads(told.threads)
    torch.manual_seed(told.seed)
    sets = permissive(told.data, told.examples) if told.clean else everything(told.data, told.examples, told.extra)
    checks = usable(validation(told.data, told.examples, told.extra))
    network = minilm(told.base)
    if told.start:
        network.answers.load_state_dict(torch.load(told.start, weights_only=True))
    train(network, tokenizer_in(told.base), balanced(usable(sets)), checks, told)


def tokenizer_in(folder: Path) -> Tokenizer:
    """Return the tokenizer of `folder`, cutting training texts at MOST_TOKENS."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MOST_TOKENS)
    return tokenizer


def train(
    network: Network, tokenizer: Tokenizer, examples: list[Example], checks: list[Example], told: argparse.Namespace
) -> None:
    """Train network.answers for told.minutes, keeping the running mean of its weights in told.out."""
    answers, kept = network.answers.train(), copy.deepcopy(network.answers).eval()
    matrices = [p for p in answers.parameters() if p.ndim > 1]
    others = [p for p in answers.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=told.rate, fused=True)
    started, losses = time.monotonic(), 0.0
    print(f"{len(examples)} examples", flush=True)
    for step, batch in enumerate(endless(tokenizer, examples, told.own, told.seed), 1):
        done = (time.monotonic() - started) / (60 * told.minutes)
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = told.rate * min(1.0, step / 200) * (1 - done)
        loss = loss_of(batch, *ask(network, answers, batch))
        loss.backward()
        nn.utils.clip_grad_norm_(answers.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        _average(kept, answers, min(AVERAGED, step / (step + 10)))
        losses += loss.item()
        if step % 100 == 0:
            print(f"{done:.1%} step {step} loss {losses / 100:.3f}", flush=True)
            losses = 0.0
        if step % 1_000 == 0:
            torch.save(kept.state_dict(), told.out)
            print(check(network, kept, tokenizer, checks), flush=True)
    torch.save(kept.state_dict(), told.out)
    print(check(network, kept, tokenizer, checks), flush=True)


def ask(network: Network, answers: Answers, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Return tokens, emotion and signal logits; the layers below the fork are not trained."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with torch.no_grad():
            fork = network.below(batch.ids, batch.mask)
        tokens, emotion, signals = answers(fork, batch.mask)
    return tokens.float(), emotion.float(), signals.float()


def loss_of(batch: Batch, tokens: Tensor, emotion: Tensor, signals: Tensor) -> Tensor:
    """Return the sum of the four questions' losses, each over what the batch tells of it."""
    sentiment = _classes(mean_pool(tokens[..., :3], batch.mask), batch.sentiment, batch.weight, SMOOTHING)
    feeling = _classes(
        emotion.masked_fill(~batch.allowed, -1e4), batch.emotion, batch.weight, 0.0
    )  # masked classes must get nothing
    told = (batch.signals >= 0).float()
    each = functional.binary_cross_entropy_with_logits(signals, batch.signals.clamp(min=0), reduction="none")
    loss = sentiment + feeling + 3 * (each * told).sum() / signals.numel()
    if batch.spans:
        terms = torch.stack([tokens[row, start:end, 3:].mean(0) for row, start, end, _ in batch.spans])
        truth = torch.tensor([label for *_, label in batch.spans])
        loss = loss + functional.cross_entropy(terms, truth) * min(1.0, len(batch.spans) / 32)
    return loss


def _classes(logits: Tensor, truth: Tensor, weight: Tensor, smoothing: float) -> Tensor:
    """Return the weighted cross entropy over the rows that are told, as a mean over all rows."""
    each = functional.cross_entropy(logits, truth, ignore_index=UNTOLD, reduction="none", label_smoothing=smoothing)
    return (each * weight).sum() / len(truth)


def _average(kept: Answers, answers: Answers, past: float) -> None:
    with torch.no_grad():
        for mean, now in zip(kept.parameters(), answers.parameters(), strict=True):
            mean.lerp_(now, 1 - past)


def check(network: Network, answers: Answers, tokenizer: Tokenizer, examples: Sequence[Example]) -> str:
    """Return the macro recall for each question and validation set, in a line; signals at a probability of a half."""
    from sklearn.metrics import f1_score, recall_score

    pairs: dict[str, list[tuple[int, int]]] = {}
    for group in by_length(examples):
        batch = collate(tokenizer, group)
        with torch.no_grad():
            tokens, emotion, signals = ask(network, answers, batch)
        sentiment = mean_pool(tokens[..., :3], batch.mask).argmax(1)
        feeling = emotion.masked_fill(~batch.allowed, -1e4).argmax(1)
        for row, example in enumerate(group):
            for name, told, guess in (("sentiment", batch.sentiment, sentiment), ("emotion", batch.emotion, feeling)):
                if told[row] != UNTOLD:
                    pairs.setdefault(f"{name} {example.domain}", []).append((int(told[row]), int(guess[row])))
            if example.domain == "own":
                told_here = zip(batch.signals[row], signals[row] > 0, strict=True)
                pairs.setdefault("signals", []).extend(
                    (100 * n + int(t), 100 * n + int(s)) for n, (t, s) in enumerate(told_here)
                )
        for row, start, end, label in batch.spans:
            found = int(tokens[row, start:end, 3:].mean(0).argmax())
            pairs.setdefault(f"aspects {group[row].domain}", []).append((label, found))
    figures = []
    for name, both in sorted(pairs.items()):
        truth, guesses = zip(*both, strict=True)
        if name == "signals":
            labels = [label for label in set(truth) if label % 100 == 1]
            figures.append(
                f"{name} F1 {100 * f1_score(truth, guesses, labels=labels, average='macro', zero_division=0):.1f}"
            )
        else:
            figures.append(f"{name} {100 * recall_score(truth, guesses, average='macro', zero_division=0):.1f}")
    return "  " + ", ".join(figures)


if __name__ == "__main__":
    main()
