"""What the shipped model says of a test set."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bench.sets import Part, PublicSet
from nlp.reader import Models, read
from nlp.terms import term_probabilities
from nlp.text import prepare

CHUNK = 2_000  # bounds the memory


class Answers(NamedTuple):
    """A label for each text and, where the reading has one, how sure the model is; None where nothing was read."""

    labels: list[str | None]
    confidences: list[float | None]


class Measured(NamedTuple):
    """One public set with our answers."""

    of: PublicSet
    test: Part
    answers: Answers

    @property
    def right(self) -> list[bool]:
        """Return which answers are right."""
        return [answer == label for answer, label in zip(self.answers.labels, self.test.labels, strict=True)]

    @property
    def sure(self) -> tuple[list[bool], list[float]]:
        """Return which answers are right and their confidences, for the texts that have one."""
        pairs = [(hit, c) for hit, c in zip(self.right, self.answers.confidences, strict=True) if c is not None]
        return [hit for hit, _ in pairs], [c for _, c in pairs]


def measure_set(models: Models, public: PublicSet, test: Part) -> Measured:
    """Return our answers: given the term for aspects, among the set's own labels for emotions."""
    told = Answers([], [])
    for start in range(0, len(test.texts), CHUNK):
        labels, confidences = READERS[public.reading](models, test.chunk(start, start + CHUNK), public.classes)
        told.labels.extend(labels)
        told.confidences.extend(confidences)
    return Measured(public, test, told)


def _sentiments(models: Models, part: Part, _: Sequence[str]) -> Answers:
    readings = read(models, part.texts, [None] * len(part.texts)).readings
    return Answers([each.sentiment for each in readings], [each.confidence for each in readings])


def _emotions(models: Models, part: Part, classes: Sequence[str]) -> Answers:
    encoder = models.encoder
    if set(classes) == set(encoder.emotions):
        readings = read(models, part.texts, [None] * len(part.texts)).readings
        return Answers([each.emotion for each in readings], [None] * len(readings))
    logits = encoder.encode([prepare(text) for text in part.texts]).emotion
    best = logits[:, [encoder.emotions.index(name) for name in classes]].argmax(1)
    return Answers([classes[int(i)] for i in best], [None] * len(best))


def _aspects(models: Models, part: Part, _: Sequence[str]) -> Answers:
    p = term_probabilities(models.encoder, [prepare(text) for text in part.texts], part.spans)
    return Answers([models.encoder.sentiments[int(i)] for i in p.argmax(1)], [float(best) for best in p.max(1)])


READERS: dict[str, Callable[[Models, Part, Sequence[str]], Answers]] = {
    "sentiment": _sentiments,
    "emotion": _emotions,
    "aspects": _aspects,
}
