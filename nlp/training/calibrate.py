"""Fits what turns the exported graph's logits into probabilities: `python -m nlp.training.calibrate --help`.

Temperatures (Guo and others, 2017, "On Calibration of Modern Neural Networks") and the probability from which on a
signal holds are chosen on the validation sets, by the graph as it is shipped, and written into its manifest.
"""

import argparse
import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from nlp.encoder import Encoded, Encoder, Floats
from nlp.sentiment import softmax
from nlp.training.sets import SENTIMENT_LEVELS, Example, usable, validation

TEMPERATURES = np.linspace(0.4, 3.0, 131)
THRESHOLDS = np.linspace(0.25, 0.75, 51)  # a validation set of a hundred texts is no reason to go further
SHIFTS = np.linspace(-0.6, 0.6, 25)
CHUNK = 1_000


def main(argv: Sequence[str] | None = None) -> None:
    """Write temperatures and thresholds into the manifest, and print what they were chosen by."""
    parser = argparse.ArgumentParser("python -m nlp.training.calibrate", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the folder that `export` wrote")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the public sets, see README.md")
    parser.add_argument("--extra", type=Path, help="more public sets, see README.md")
    parser.add_argument("--examples", type=Path, default=Path(__file__).parent / "examples")
    told = parser.parse_args(argv)
    encoder = Encoder(told.model)
    examples = usable(validation(told.data, told.examples, told.extra))
    encoded = _encode(encoder, [example.text for example in examples])
    negative, positive = shift(encoded, examples)
    print(f"the best macro recall comes with: export --shift {negative:.2f} {positive:.2f}")
    file = told.model / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["temperature"] = {
        "sentiment": _sentiment(encoded, examples),
        "aspect": _aspect(encoded, examples),
        "emotion": _emotion(encoded, examples, encoder.emotions),
    }
    manifest["thresholds"] = _thresholds(encoded, examples, encoder.signals)
    file.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({key: manifest[key] for key in ("temperature", "thresholds")}, indent=2))


def shift(encoded: Encoded, examples: Sequence[Example]) -> tuple[float, float]:
    """Return what to add to the negative and the positive logit for the best mean of the domains' macro recalls.

    The sets have more neutral and positive texts than the world has (Menon and others, 2021, "Long-tail learning via
    logit adjustment"). An answer of (0, 0) says that the exported weights have their shift already.
    """
    rows = [row for row, example in enumerate(examples) if example.sentiment]
    truth = np.array([SENTIMENT_LEVELS[str(examples[row].sentiment)] for row in rows])
    domains = np.array([examples[row].domain for row in rows])
    parts = [(domains == domain) & (truth == label) for domain in np.unique(domains) for label in range(3)]

    def recall(by: tuple[float, float]) -> float:
        guesses = (encoded.sentiment[rows] + np.array([by[0], 0, by[1]])).argmax(1)
        return float(np.mean([(guesses[part] == truth[part]).mean() for part in parts]))

    return max(itertools.product(SHIFTS.tolist(), repeat=2), key=recall)


def temperature(logits: Floats, truth: NDArray[np.int64], weight: NDArray[np.float64] | None = None) -> float:
    """Return the temperature under which `truth` is likeliest."""

    def surprise(by: float) -> float:
        likely = softmax((logits / by).astype(np.float32))[np.arange(len(truth)), truth]
        return float(np.average(-np.log(np.maximum(likely, 1e-9)), weights=weight))

    return round(float(min(TEMPERATURES, key=surprise)), 2)


def _sentiment(encoded: Encoded, examples: Sequence[Example]) -> float:
    """Return one temperature for all domains, each weighing the same whatever its size."""
    rows = [row for row, example in enumerate(examples) if example.sentiment]
    domains = [examples[row].domain for row in rows]
    weight = np.array([1 / domains.count(domain) for domain in domains])
    truth = np.array([SENTIMENT_LEVELS[str(examples[row].sentiment)] for row in rows])
    for domain in dict.fromkeys(domains):
        among = [place for place, name in enumerate(domains) if name == domain]
        alone = temperature(encoded.sentiment[rows][among], truth[among])
        print(f"sentiment, {domain} alone: {alone} over {len(among)} texts")
    return temperature(encoded.sentiment[rows], truth, weight)


def _emotion(encoded: Encoded, examples: Sequence[Example], labels: Sequence[str]) -> float:
    rows = [row for row, example in enumerate(examples) if example.emotion and not example.among]
    return temperature(encoded.emotion[rows], np.array([labels.index(str(examples[row].emotion)) for row in rows]))


def _aspect(encoded: Encoded, examples: Sequence[Example]) -> float:
    logits, truth = [], []
    for row, example in enumerate(examples):
        offsets = encoded.offsets[row]
        for start, end, label in example.aspects:
            inside = (offsets[:, 0] < end) & (offsets[:, 1] > start)
            if inside.any():
                logits.append(encoded.tokens[row][inside, 3:].mean(0))
                truth.append(SENTIMENT_LEVELS[label])
    return temperature(np.array(logits), np.array(truth))


def _thresholds(encoded: Encoded, examples: Sequence[Example], signals: Sequence[str]) -> dict[str, float]:
    """Return the threshold with the best F1 for each signal: the middle one of those that tie."""
    rows = [row for row, example in enumerate(examples) if example.domain == "own"]
    p = 1 / (1 + np.exp(-encoded.signals[rows]))
    chosen = {}
    for place, name in enumerate(signals):
        truth = [examples[row].signals[name] for row in rows]
        scores = np.array([f1_score(truth, p[:, place] >= least, zero_division=0) for least in THRESHOLDS])
        best = THRESHOLDS[scores >= scores.max() - 1e-9]
        chosen[name] = round(float(best[len(best) // 2]), 2)
        print(f"{name}: F1 {scores.max():.3f} from {chosen[name]} on, {scores[25]:.3f} from 0.5 on")
    return chosen


def _encode(encoder: Encoder, texts: Sequence[str]) -> Encoded:
    """Return the answers for all texts, read in chunks."""
    parts = [encoder.encode(texts[at : at + CHUNK]) for at in range(0, len(texts), CHUNK)]
    return Encoded(
        embedding=np.concatenate([part.embedding for part in parts]),
        sentiment=np.concatenate([part.sentiment for part in parts]),
        emotion=np.concatenate([part.emotion for part in parts]),
        signals=np.concatenate([part.signals for part in parts]),
        tokens=[rows for part in parts for rows in part.tokens],
        offsets=[rows for part in parts for rows in part.offsets],
    )


if __name__ == "__main__":
    main()
