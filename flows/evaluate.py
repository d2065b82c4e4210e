"""Measures the readings on texts that people have labelled."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from flows import show
from flows.config import Config, ConfigError, load_config
from flows.labelled import Labelled, ReadingName, signals_in
from flows.models import load_models
from flows.sections import File
from nlp.encoder import Encoder
from nlp.evaluate import (
    Cutoff,
    Quality,
    SignalQuality,
    Slice,
    calibration_error,
    confusion,
    cutoff,
    evaluate,
    evaluate_signals,
    worst_slices,
)
from nlp.reader import Models, Reading, read
from nlp.slices import traits_of
from nlp.terms import term_probabilities, term_span
from nlp.text import prepare

CHUNK = 2_000  # bounds the memory


class Evaluation(NamedTuple):
    """All that is known of one reading on one labelled set; what a reading has not is None or empty."""

    reading: ReadingName
    model: str
    quality: Quality
    calibration_error: float | None  # points
    worst_slices: list[Slice]
    confusion: dict[str, dict[str, int]]
    signals: list[SignalQuality]
    cutoff: Cutoff | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, the figures of `quality` on top."""
        told = self._asdict() | {"quality": None, "read_share": self.quality.read / self.quality.texts}
        told["worst_slices"] = [each._asdict() for each in self.worst_slices]
        told["signals"] = [each._asdict() for each in self.signals]
        told["cutoff"] = self.cutoff and self.cutoff._asdict()
        told.pop("quality")
        return self.quality._asdict() | told


class Answers(NamedTuple):
    """What was read of each text; None where nothing was, and no confidence where a reading has none."""

    labels: list[str | None]
    languages: list[str | None]
    confidences: list[float | None]


def evaluate_labelled(
    labelled: Labelled, models: Models, reading: ReadingName = "sentiment", precision: float | None = None
) -> Evaluation:
    """Return how right `reading` is on `labelled`, and where to cut it off to have `precision`.

    Raises ConfigError when a label is unknown, or when a cut-off is wished of a reading without confidence.
    """
    if precision is not None and reading not in ("sentiment", "aspects"):
        raise ConfigError(f"--precision: the reading {reading} has no confidence; sentiment and aspects have one")
    if reading == "signals":
        return _of_signals(labelled, models)
    classes = models.encoder.emotions if reading == "emotion" else models.encoder.sentiments
    labelled.check(classes)
    answers = _aspects(labelled, models.encoder) if reading == "aspects" else _texts(labelled, models, reading)
    right = [answer == label for answer, label in zip(answers.labels, labelled.answers, strict=True)]
    pairs = [(c, hit) for c, hit in zip(answers.confidences, right, strict=True) if c is not None]
    sure, hits = [confidence for confidence, _ in pairs], [hit for _, hit in pairs]
    return Evaluation(
        reading=reading,
        model=_name(models),
        quality=evaluate(labelled.answers, answers.labels, classes),
        calibration_error=calibration_error(hits, sure),
        worst_slices=worst_slices(_traits(labelled, answers.languages), right),
        confusion=confusion(labelled.answers, answers.labels, classes),
        signals=[],
        cutoff=None if precision is None else cutoff(hits, sure, precision, len(right)),
    )


def models_for(file: Path, sentiment: str | None = None) -> Models:
    """Return the models of the configuration `file`, or the shipped ones where there is none.

    `sentiment` takes the place of [models] sentiment, without the revision and label_map, which are of the other.
    """
    config = load_config(file, secrets=False) if file.exists() else Config(file.resolve(), File(), (), ())
    return load_models(with_model(config, sentiment))


def with_model(config: Config, sentiment: str | None) -> Config:
    """Return `config` with `sentiment` in the place of [models] sentiment, or as it is where that is None."""
    models = config.sections.models
    if sentiment is None or sentiment == models.sentiment:
        return config
    models = models.model_copy(update={"sentiment": sentiment, "revision": None, "label_map": {}})
    return replace(config, sections=config.sections.model_copy(update={"models": models}))


def print_evaluation(told: Evaluation, wished: float | None = None) -> None:
    """Print an evaluation for a person; `wished` is the precision that a cut-off was sought for."""
    quality = told.quality
    shares = {"read_share": quality.read / quality.texts} | quality._asdict()
    figures: dict[str, Any] = {"reading": told.reading, "model": told.model} | shares
    error = told.calibration_error
    figures["calibration_error"] = None if error is None else f"{error:.1f} points"
    show.out.print(show.lines(figures), markup=False, highlight=False, soft_wrap=True)
    if told.signals:
        columns = ["signal", "texts", "precision", "recall", "f1"]
        show.print_table(columns, [list(each) for each in told.signals], "Signals")
    if told.confusion:
        answers = list(next(iter(told.confusion.values())))
        rows = [[label, *counts.values()] for label, counts in told.confusion.items()]
        show.print_table(["label \\ read as", *answers], rows, "Confusion")
    if told.worst_slices:
        columns = ["slice", "texts", "accuracy", "at most (95 %)"]
        show.print_table(columns, [list(each) for each in told.worst_slices], "Worst slices")
    if wished is not None:
        show.out.print(cutoff_text(told.cutoff, wished), markup=False, highlight=False, soft_wrap=True)


def cutoff_text(found: Cutoff | None, wished: float) -> str:
    """Return what a person should know of the cut-off for the precision `wished`."""
    if found is None:
        return f"Cut-off for a precision of {wished:g}: no text got an answer."
    stays = f"{found.texts} texts ({found.stays:.0%}) stay, of which {found.precision:.1%} are right"
    bound = f"at least {found.at_least:.1%} with 95 % certainty"
    if found.reached:
        return f"Cut-off for a precision of {wished:g}: confidence >= {found.confidence:.3f}; {stays}, {bound}."
    return (
        f"No cut-off surely reaches a precision of {wished:g}. The best is confidence >= {found.confidence:.3f}: "
        f"{stays}, {bound}. More labelled texts make it surer."
    )


def _of_signals(labelled: Labelled, models: Models) -> Evaluation:
    classes = models.encoder.signals
    labelled.check_signals(classes)
    readings = _readings(labelled, models)
    labels = [signals_in(answer) for answer in labelled.answers]
    answers = [reading.signals for reading in readings]
    quality, each = evaluate_signals(labels, answers, classes)
    right = [told is not None and label == set(told) for label, told in zip(labels, answers, strict=True)]
    worst = worst_slices(_traits(labelled, [reading.language for reading in readings]), right)
    return Evaluation("signals", models.encoder.name, quality, None, worst, {}, each, None)


def _texts(labelled: Labelled, models: Models, reading: ReadingName) -> Answers:
    readings = _readings(labelled, models)
    languages = [each.language for each in readings]
    if reading == "emotion":
        return Answers([each.emotion for each in readings], languages, [None] * len(readings))
    return Answers([each.sentiment for each in readings], languages, [each.confidence for each in readings])


def _readings(labelled: Labelled, models: Models) -> list[Reading]:
    readings: list[Reading] = []
    for start in range(0, len(labelled.texts), CHUNK):
        part = slice(start, start + CHUNK)
        readings += read(models, labelled.texts[part], labelled.languages[part]).readings
    return readings


def _aspects(labelled: Labelled, encoder: Encoder) -> Answers:
    answers = Answers([], list(labelled.languages), [])
    for start in range(0, len(labelled.texts), CHUNK):
        rows = range(start, min(start + CHUNK, len(labelled.texts)))
        texts = [prepare(labelled.texts[i]) for i in rows]
        spans = [_span(labelled, i, text) for i, text in zip(rows, texts, strict=True)]
        p = term_probabilities(encoder, texts, spans)
        answers.labels.extend(encoder.sentiments[int(best)] for best in p.argmax(1))
        answers.confidences.extend(float(best) for best in p.max(1))
    return answers


def _span(labelled: Labelled, place: int, text: str) -> tuple[int, int]:
    span = term_span(text, labelled.terms[place])
    if span is None:
        term = labelled.terms[place]
        raise ConfigError(f"{labelled.file}: row {labelled.rows[place]}: the term {term!r} does not stand in the text")
    return span


def _traits(labelled: Labelled, languages: Sequence[str | None]) -> list[list[str]]:
    rows = zip(labelled.texts, labelled.languages, languages, labelled.groups, strict=True)
    return [
        [*traits_of(text), f"language {declared or found or 'unknown'}", *([f"group {group}"] if group else [])]
        for text, declared, found, group in rows
    ]


def _name(models: Models) -> str:
    return models.sentiment.name if models.sentiment else models.encoder.name
