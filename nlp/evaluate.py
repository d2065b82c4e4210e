"""How right readings are, against labels that people gave."""

from collections.abc import Collection, Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, recall_score

BINS = 15  # of the calibration error, as in the papers that report it
Z = 1.645  # one side of 95 %: of twenty bounds, one is wrong
MOST_SLICES = 6


class Quality(NamedTuple):
    """Figures from 0 to 1 over `texts` labelled texts, of which `read` got an answer; no answer counts as wrong."""

    texts: int
    read: int
    accuracy: float
    macro_recall: float
    macro_f1: float


class SignalQuality(NamedTuple):
    """How right one signal is; `texts` have it in truth."""

    signal: str
    texts: int
    precision: float
    recall: float
    f1: float


class Bin(NamedTuple):
    """Texts of like confidence: how sure the model was of them on average, and the share that it had right."""

    texts: int
    confidence: float
    right: float


class Cutoff(NamedTuple):
    """What stays when readings below `confidence` are set aside: `stays` is a share of all texts.

    `precision` is what these texts show, `at_least` the Wilson lower bound of it; `reached` is whether even that
    bound has the precision wished for.
    """

    reached: bool
    confidence: float
    precision: float
    at_least: float
    stays: float
    texts: int


class Slice(NamedTuple):
    """Texts that share a trait, their accuracy, and the Wilson upper bound of it."""

    name: str
    texts: int
    accuracy: float
    at_most: float


def evaluate(labels: Sequence[str], answers: Sequence[str | None], classes: Sequence[str]) -> Quality:
    """Return the quality of `answers`; the macro figures are over the classes that occur in `labels`."""
    present = [name for name in classes if name in set(labels)]
    told = [answer or "no answer" for answer in answers]
    recall = recall_score(labels, told, labels=present, average="macro", zero_division=0)
    f1 = f1_score(labels, told, labels=present, average="macro", zero_division=0)
    read = sum(answer is not None for answer in answers)
    return Quality(len(labels), read, float(accuracy_score(labels, told)), float(recall), float(f1))


def evaluate_signals(
    labels: Sequence[Collection[str]], answers: Sequence[Collection[str] | None], classes: Sequence[str]
) -> tuple[Quality, list[SignalQuality]]:
    """Return the quality of sets of labels, as a whole and for each class that occurs; accuracy is of whole sets."""
    told = [answer or () for answer in answers]
    each = [_signal(name, [name in label for label in labels], [name in answer for answer in told]) for name in classes]
    present = [quality for quality in each if quality.texts]
    pairs = zip(labels, answers, strict=True)
    right = [answer is not None and set(label) == set(answer) for label, answer in pairs]
    read = sum(answer is not None for answer in answers)
    recall, f1 = (float(np.mean([q[i] for q in present] or [0.0])) for i in (3, 4))
    return Quality(len(labels), read, float(np.mean(right)), recall, f1), present


def confusion(
    labels: Sequence[str], answers: Sequence[str | None], classes: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Return how often each true class was answered by each; texts that got none stand under "no answer"."""
    shown = [*classes, "no answer"]
    counts = {label: dict.fromkeys(shown, 0) for label in classes}
    for label, answer in zip(labels, answers, strict=True):
        counts[label][answer or "no answer"] += 1
    return counts


def calibration(right: Sequence[bool], confidences: Sequence[float], bins: int = BINS) -> list[Bin]:
    """Return `bins` bins with as many texts each, the least sure first; fewer texts than bins give fewer bins."""
    order = np.argsort(np.asarray(confidences, float), kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    sure, hit = np.asarray(confidences, float), np.asarray(right, float)
    return [Bin(len(part), float(sure[part].mean()), float(hit[part].mean())) for part in parts]


def calibration_error(right: Sequence[bool], confidences: Sequence[float], bins: int = BINS) -> float | None:
    """Return the expected calibration error in points: how far confidence and accuracy lie apart; None of no text."""
    if not len(right):
        return None
    gaps = sum(b.texts * abs(b.confidence - b.right) for b in calibration(right, confidences, bins))
    return float(100 * gaps / len(right))


def cutoff(right: Sequence[bool], confidences: Sequence[float], wished: float, texts: int) -> Cutoff | None:
    """Return the lowest confidence whose readings surely have the precision `wished`, or else the best there is.

    `texts` counts those without an answer too, which never stay. None if no text has an answer.
    """
    if not len(right):
        return None
    order = np.argsort(-np.asarray(confidences, float), kind="stable")
    sure, hits = np.asarray(confidences, float)[order], np.cumsum(np.asarray(right, float)[order])
    ends = np.flatnonzero(np.append(sure[1:] < sure[:-1], True))  # equal confidences stay or go together
    bounds = np.array([wilson(int(hits[end]), int(end) + 1)[0] for end in ends])
    enough = np.flatnonzero(bounds >= wished)
    end = ends[enough[-1]] if len(enough) else ends[int(bounds.argmax())]
    kept = int(end) + 1
    low = wilson(int(hits[end]), kept)[0]
    return Cutoff(bool(len(enough)), float(sure[end]), float(hits[end] / kept), low, kept / texts, kept)


def worst_slices(traits: Sequence[Collection[str]], right: Sequence[bool], most: int = MOST_SLICES) -> list[Slice]:
    """Return the slices below the accuracy of all, the surest to be bad first, so that three odd texts do not lead."""
    names = sorted({name for each in traits for name in each})
    hits = {name: [hit for each, hit in zip(traits, right, strict=True) if name in each] for name in names}
    slices = [Slice(n, len(h), sum(h) / len(h), wilson(sum(h), len(h))[1]) for n, h in hits.items()]
    mean = sum(right) / max(len(right), 1)
    return sorted((s for s in slices if s.accuracy < mean), key=lambda s: s.at_most)[:most]


def wilson(hits: int, texts: int) -> tuple[float, float]:
    """Return the bounds of a share by Wilson (1927), each of which is wrong one time in twenty."""
    share, z2 = hits / texts, Z * Z / texts
    middle = (share + z2 / 2) / (1 + z2)
    half = sqrt(z2 * share * (1 - share) + z2 * z2 / 4) / (1 + z2)
    return middle - half, middle + half


def _signal(name: str, labels: Sequence[bool], answers: Sequence[bool]) -> SignalQuality:
    hits = sum(label and answer for label, answer in zip(labels, answers, strict=True))
    precision, recall = hits / max(sum(answers), 1), hits / max(sum(labels), 1)
    f1 = 2 * hits / max(sum(labels) + sum(answers), 1)
    return SignalQuality(name, sum(labels), precision, recall, f1)
