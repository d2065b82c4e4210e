"""The mentions that we wrote and labelled ourselves, and the floors below which no model is shipped."""

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sklearn.metrics import f1_score

from bench.sets import Part
from nlp.evaluate import SignalQuality, calibration_error, evaluate, evaluate_signals
from nlp.reader import Models, Reading, read
from nlp.sentences import Span
from nlp.terms import term_probabilities, term_span
from nlp.text import prepare

ROOT = Path(__file__).parents[1]
GOLD = ROOT / "tests" / "gold" / "mentions.jsonl"
FLOORS = ROOT / "tests" / "gold" / "floors.toml"
EXAMPLES = ROOT / "nlp" / "training" / "examples"
SLACK = 0.01  # the int8 kernels of another processor flip a label or two
HEAD = (
    "# Reached by the shipped model on mentions.jsonl; `python -m bench.quality --raise-floors` never lowers a floor.\n"
)


class Example(NamedTuple):
    """A mention with every label that a person gave it."""

    text: str
    sentiment: str
    mixed: bool
    emotion: str
    signals: list[str]
    aspects: list[tuple[str, str]]  # term and its sentiment


class GoldQuality(NamedTuple):
    """How right every reading is on the gold mentions: `figures` from 0 to 1, and each signal by itself."""

    texts: int
    figures: dict[str, float]
    signals: list[SignalQuality]
    calibration_error: float | None


def load_examples(file: Path) -> list[Example]:
    """Return the examples of a file of JSON lines."""
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Example(**record) for record in records]


def measure_gold(models: Models, examples: Sequence[Example]) -> GoldQuality:
    """Return the quality of sentiment, emotion, signals, aspects given their terms, and mixed."""
    encoder = models.encoder
    readings = read(models, [each.text for each in examples], [None] * len(examples)).readings
    sentiments = [each.sentiment for each in examples]
    whole, signals = evaluate_signals(
        [each.signals for each in examples], [reading.signals for reading in readings], encoder.signals
    )
    emotions = [each.emotion for each in examples]
    terms = aspect_part(examples)
    best = term_probabilities(encoder, [prepare(text) for text in terms.texts], terms.spans).argmax(1)
    figures = {
        "sentiment_macro_recall": evaluate(
            sentiments, [r.sentiment for r in readings], encoder.sentiments
        ).macro_recall,
        "emotion_accuracy": evaluate(emotions, [r.emotion for r in readings], encoder.emotions).accuracy,
        "signals_macro_f1": whole.macro_f1,
        "aspects_accuracy": evaluate(terms.labels, [encoder.sentiments[i] for i in best], encoder.sentiments).accuracy,
        "mixed_f1": float(f1_score([e.mixed for e in examples], [bool(r.mixed) for r in readings], zero_division=0)),
    }
    return GoldQuality(len(examples), figures, signals, _calibration(sentiments, readings))


def aspect_part(examples: Sequence[Example]) -> Part:
    """Return one row for each aspect term; raises ValueError if a term does not stand in its text."""
    rows = [(each.text, term, sentiment) for each in examples for term, sentiment in each.aspects]
    spans = [_span(text, term) for text, term, _ in rows]
    return Part([text for text, _, _ in rows], [sentiment for _, _, sentiment in rows], spans)


def load_floors(file: Path = FLOORS) -> dict[str, float]:
    """Return the floor of each figure."""
    return {name: float(floor) for name, floor in tomllib.loads(file.read_text()).items()}


def raise_floors(figures: Mapping[str, float], file: Path = FLOORS) -> dict[str, float]:
    """Write and return the floors for `figures`, less SLACK; a floor that is higher already stays."""
    held = load_floors(file) if file.exists() else {}
    reached = {name: math.floor(1_000 * (figure - SLACK)) / 1_000 for name, figure in figures.items()}
    raised = {name: max(reached.get(name, 0.0), held.get(name, 0.0)) for name in {**held, **reached}}
    file.write_text(HEAD + "".join(f"{name} = {floor}\n" for name, floor in raised.items()))
    return raised


def _span(text: str, term: str) -> Span:
    span = term_span(prepare(text), term, text.find(term))
    if span is None:
        raise ValueError(f"{term!r} does not stand in {text!r}")
    return span


def _calibration(labels: Sequence[str], readings: Sequence[Reading]) -> float | None:
    pairs = [(r.sentiment == label, r.confidence) for label, r in zip(labels, readings, strict=True)]
    known = [(right, confidence) for right, confidence in pairs if confidence is not None]
    return calibration_error([right for right, _ in known], [confidence for _, confidence in known])
