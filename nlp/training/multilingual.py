"""Trains the heads on multilingual-e5-small, and shows what else was tried: `python -m nlp.training.multilingual`.

Needs the extra `multilingual`. Everything is chosen on the validation parts; no test part is trained on or chosen by.
"""

import argparse
import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from nlp.encoder import MODEL, Floats
from nlp.evaluate import calibration_error, evaluate
from nlp.labels import SENTIMENTS
from nlp.multilingual import HEADS, MANIFEST, WEIGHTS, embed, engine, package, through
from nlp.sentiment import softmax
from nlp.text import clean

LANGUAGES = {"german": "de", "spanish": "es", "french": "fr", "italian": "it", "portuguese": "pt"}
REVISION = "1"
HIDDEN = 64
SEEDS = 3  # one head's answers move by a point with its seed, the mean of three by less
STRENGTHS = (0.001, 0.003, 0.01, 0.03)  # of the regression
DECAYS = (3.0, 10.0, 30.0)  # of the small network
KINDS = ("weight", "bias")
ALONE = "each language alone"
TEMPERATURES = np.linspace(0.5, 3, 51)

Layers = list[tuple[Floats, Floats]]


class Part(NamedTuple):
    """Texts as embeddings (n, 384), with the index of each one's label."""

    embeddings: Floats
    labels: NDArray[np.int64]


def main(argv: Sequence[str] | None = None) -> None:
    """Embed the training and validation texts, print the candidates' figures, and write the head and its manifest."""
    parser = argparse.ArgumentParser("python -m nlp.training.multilingual", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds xlm-t/ and semeval2017/")
    parser.add_argument(
        "--cache", type=Path, required=True, help="where embeddings are kept: an hour of one core's work"
    )
    parser.add_argument("--out", type=Path, default=MODEL)
    told = parser.parse_args(argv)
    train, validation = _parts(told.data, told.cache, "train"), _parts(told.data, told.cache, "val")
    english = {"english": train.pop("english")}
    validation.pop("english")
    shared: dict[str, Layers] = {}
    for name, heads in _candidates(train, english, validation):
        scores = _scores(heads, validation)
        print(name, *(f"{language} {f1:.3f}" for language, f1 in scores.items()), sep="\t", flush=True)
        if ALONE not in name:  # a head for each language gains less than the luck of the validation parts
            shared[name] = heads["german"]
    together = joined(validation.values())
    chosen = max(shared, key=lambda name: _macro_f1(shared[name], together))
    layers = cooled(shared[chosen], together)
    write(layers, told.out)
    p = softmax(through(layers, together.embeddings))
    error = calibration_error((p.argmax(1) == together.labels).tolist(), p.max(1).tolist())
    print(f"{chosen}: calibration error {error:.1f} points on the validation parts")


def umsab(data: Path, language: str, part: str) -> tuple[list[str], list[int]]:
    """Return the tweets of a part of UMSAB, with labels as indexes into SENTIMENTS."""
    folder = data / "xlm-t/data/sentiment" / language
    texts = (folder / f"{part}_text.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    return texts, [int(label) for label in (folder / f"{part}_labels.txt").read_text().split()]


def nusax(data: Path, language: str, part: str) -> tuple[list[str], list[int]]:
    """Return the comments of a part of NusaX, with labels as indexes into SENTIMENTS."""
    with (data / "nusax/datasets/sentiment" / language / f"{part}.csv").open(newline="", encoding="utf-8") as lines:
        rows = [(row["text"], SENTIMENTS.index(row["label"])) for row in csv.DictReader(lines)]
    return [text for text, _ in rows], [label for _, label in rows]


def joined(parts: Iterable[Part]) -> Part:
    """Return several parts as one."""
    embeddings, labels = zip(*parts, strict=True)
    return Part(np.concatenate(embeddings), np.concatenate(labels))


def regression(part: Part, strength: float) -> Layers:
    """Return a logistic regression as one layer."""
    model = LogisticRegression(C=strength, max_iter=500).fit(_scaled(part), part.labels)
    return [_unscaled(part, model.coef_.T, model.intercept_)]


def network(part: Part, decay: float) -> Layers:
    """Return SEEDS small networks as one: their hidden units side by side, the mean of their logits."""
    models = [_network(part, decay, seed) for seed in range(SEEDS)]
    hidden = np.concatenate([model.coefs_[0] for model in models], 1)
    shift = np.concatenate([model.intercepts_[0] for model in models])
    last = np.concatenate([model.coefs_[1] for model in models]) / SEEDS
    bias = np.mean([model.intercepts_[1] for model in models], 0)
    return [_unscaled(part, hidden, shift), (last.astype(np.float32), bias.astype(np.float32))]


def cooled(layers: Layers, part: Part) -> Layers:
    """Return the layers with logits divided by the temperature at which `part` is likeliest."""
    logits = through(layers, part.embeddings)
    rows = np.arange(len(part.labels))
    surprise = [-np.log(softmax(logits / t)[rows, part.labels] + 1e-9).mean() for t in TEMPERATURES]
    temperature = np.float32(TEMPERATURES[int(np.argmin(surprise))])
    *inner, (weight, bias) = layers
    return [*inner, (weight / temperature, bias / temperature)]


def write(layers: Layers, folder: Path) -> None:
    """Write the head and the manifest that names it and the weights it was fitted to."""
    arrays: dict[str, Any] = {}
    for i, layer in enumerate(layers):
        arrays |= {f"{kind}{i}": array.astype(np.float16) for kind, array in zip(KINDS, layer, strict=True)}
    np.savez(folder / HEADS, **arrays)
    digests = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (folder / HEADS, package() / WEIGHTS)
    }
    manifest = {
        "name": "allears-e5-small",
        "revision": REVISION,
        "languages": sorted(LANGUAGES.values()),
        "sha256": digests,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def _candidates(
    train: Mapping[str, Part], english: Mapping[str, Part], validation: Mapping[str, Part]
) -> Iterator[tuple[str, dict[str, Layers]]]:
    together = joined(validation.values())
    for name, fit, options in (("regression", regression, STRENGTHS), ("network", network, DECAYS)):
        alone = {
            language: _best([fit(part, option) for option in options], validation[language])
            for language, part in train.items()
        }
        yield f"{name}, {ALONE}", alone
        for told, parts in (("all languages", train), ("all languages and English", {**train, **english})):
            whole = joined(parts.values())
            shared = _best([fit(whole, option) for option in options], together)
            yield f"{name}, {told}", dict.fromkeys(train, shared)


def _best(fitted: Sequence[Layers], validation: Part) -> Layers:
    return max(fitted, key=lambda layers: _macro_f1(layers, validation))


def _scores(heads: Mapping[str, Layers], validation: Mapping[str, Part]) -> dict[str, float]:
    scores = {language: _macro_f1(heads[language], part) for language, part in validation.items()}
    return scores | {"mean": float(np.mean(list(scores.values())))}


def _macro_f1(layers: Layers, part: Part) -> float:
    answers = through(layers, part.embeddings).argmax(1)
    named = [[SENTIMENTS[i] for i in indexes] for indexes in (part.labels, answers)]
    return evaluate(named[0], named[1], SENTIMENTS).macro_f1


def _network(part: Part, decay: float, seed: int) -> Any:
    model = MLPClassifier((HIDDEN,), alpha=decay, early_stopping=True, random_state=seed, max_iter=60)
    return model.fit(_scaled(part), part.labels)


def _scaled(part: Part) -> Floats:
    scaled: Floats = (part.embeddings - part.embeddings.mean(0)) / part.embeddings.std(0)
    return scaled


def _unscaled(part: Part, weight: NDArray[np.float64], bias: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Return a layer for scaled embeddings as one that takes them as they are."""
    weight = weight / part.embeddings.std(0)[:, None]
    return weight.astype(np.float32), (bias - part.embeddings.mean(0) @ weight).astype(np.float32)


def _parts(data: Path, cache: Path, part: str) -> dict[str, Part]:
    return {language: _embedded(data, cache, language, part) for language in [*LANGUAGES, "english"]}


def _embedded(data: Path, cache: Path, language: str, part: str) -> Part:
    file = cache / f"{language}_{part}.npz"
    if not file.exists():
        texts, labels = umsab(data, language, part)
        np.savez(file, embeddings=embed(engine(), [clean(text) for text in texts]), labels=np.array(labels))
    with np.load(file) as kept:
        return Part(kept["embeddings"], kept["labels"])


if __name__ == "__main__":
    main()
