"""Reads mentions: text in, every reading out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from nlp.aspects import DEFAULT, Aspect, Vocabulary, phrases_of, terms
from nlp.emotion import emotions_of
from nlp.encoder import Encoded, Encoder, Floats, Ints
from nlp.language import language_of
from nlp.sentences import Span, clauses, sentences
from nlp.sentiment import mixed_of, sentiments_of, softmax
from nlp.signals import signals_of
from nlp.spans import Part, logits_of
from nlp.text import clean, has_words, spell
from nlp.topics import nearest

__all__ = ["Aspect", "Models", "Reading", "Readings", "SentimentModel", "Vocabulary", "read"]


class Reading(NamedTuple):
    """What the models say of one text; all None but `status` and `language` unless status is "read".

    `status` is "read", "unsupported" (no model knows the language) or "empty" (no words). `mixed` is whether its
    sentences disagree. `topic` is an index into the centroids given, None when no topic is near. `model` is the one
    that gave the sentiment. Of a text that the encoder cannot read, other models know the sentiment only.
    """

    status: str
    language: str | None
    sentiment: str | None = None
    score: float | None = None
    confidence: float | None = None
    mixed: bool | None = None
    emotion: str | None = None
    signals: tuple[str, ...] | None = None
    topic: int | None = None
    aspects: tuple[Aspect, ...] = ()
    model: str | None = None


class Readings(NamedTuple):
    """One reading per text, and the embeddings (n, 384), which are zero where the encoder did not read a text."""

    readings: list[Reading]
    embeddings: Floats


class SentimentModel(Protocol):
    """Any model that says negative, neutral or positive of a text."""

    name: str  # name@revision#first 12 digits of its sha256
    languages: frozenset[str] | None  # None: any

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return (n, 3) probabilities: negative, neutral, positive; calibrated as far as the model is."""
        ...


@dataclass(frozen=True)
class Models:
    """The encoder, the model that stands in for its sentiment, and those for languages that it does not know."""

    encoder: Encoder
    sentiment: SentimentModel | None = None
    others: tuple[SentimentModel, ...] = ()


def read(
    models: Models,
    texts: Sequence[str],
    declared: Sequence[str | None],
    centroids: Floats | None = None,
    *,
    aspects: Vocabulary = DEFAULT,
) -> Readings:
    """Return the readings of `texts`, whose sources declare the languages `declared`.

    `centroids` (topics, 384) are the known topics. Memory grows with the number of texts given at once.
    """
    cleaned = [clean(text) for text in texts]
    known = models.encoder.words
    languages = [language_of(text, told, known) for text, told in zip(cleaned, declared, strict=True)]
    prepared = [spell(text) for text in cleaned]
    readings = [
        Reading("unsupported" if has_words(text) else "empty", language)
        for (text, _), language in zip(prepared, languages, strict=True)
    ]
    rows = [i for i, reading in enumerate(readings) if _encodes(models.encoder, cleaned[i], reading)]
    own = _encoder_readings(models.encoder, [Text(cleaned[i], *prepared[i]) for i in rows], centroids, aspects)
    embeddings = np.zeros((len(texts), 384), np.float32)
    embeddings[rows] = own.embeddings
    for row, reading in zip(rows, own.readings, strict=True):
        readings[row] = reading._replace(language=languages[row])
    for model in filter(None, (models.sentiment, *models.others)):
        _ask(model, cleaned, readings, replaces=model is models.sentiment)
    return Readings(readings, embeddings)


class Text(NamedTuple):
    """The writer's words, the encoder's, and from which of the former each character of the latter comes."""

    cleaned: str
    prepared: str
    origin: Ints


def _encodes(encoder: Encoder, text: str, reading: Reading) -> bool:
    """Return whether the encoder can read cleaned `text`: its language, or emoji alone, whose names are English."""
    if reading.status == "empty":
        return False
    return reading.language in encoder.languages or (reading.language is None and not has_words(text))


def _ask(model: SentimentModel, cleaned: Sequence[str], readings: list[Reading], *, replaces: bool) -> None:
    """Put the sentiment by `model` into `readings`: of unread texts, and if it `replaces`, of read ones too."""
    statuses = ("unsupported", "read") if replaces else ("unsupported",)
    rows = [
        i
        for i, reading in enumerate(readings)
        if reading.status in statuses and (model.languages is None or reading.language in model.languages)
    ]
    if not rows:
        return
    sentiments = sentiments_of(model.probabilities([cleaned[i].replace("\n", " ") for i in rows]))
    for row, (label, score, confidence) in zip(rows, sentiments, strict=True):
        readings[row] = readings[row]._replace(
            status="read", sentiment=label, score=score, confidence=confidence, model=model.name
        )


def _encoder_readings(
    encoder: Encoder, texts: Sequence[Text], centroids: Floats | None, vocabulary: Vocabulary
) -> Readings:
    encoded = encoder.encode([text.prepared for text in texts])
    within = [sentences(text.cleaned) for text in texts]
    sentiments = sentiments_of(softmax(encoded.sentiment / encoder.temperature["sentiment"]))
    mixed = _mixed(encoder, encoded, texts, within)
    emotions = emotions_of(encoded.emotion, encoder.emotions)
    signals = signals_of(encoded.signals, encoder.signals, encoder.thresholds)
    known = np.zeros((0, 384), np.float32) if centroids is None else centroids
    topics = nearest(encoded.embedding, known).tolist()
    aspects = _aspects(encoder, encoded, texts, within, vocabulary)
    readings = [
        Reading("read", None, *sentiments[i], mixed[i], emotions[i], signals[i], topics[i], aspects[i], encoder.name)
        for i in range(len(texts))
    ]
    return Readings([r._replace(topic=None) if r.topic == -1 else r for r in readings], encoded.embedding)


def _mixed(encoder: Encoder, encoded: Encoded, texts: Sequence[Text], within: Sequence[list[Span]]) -> list[bool]:
    """Return of each text whether its clauses disagree.

    The logits are those of aspects: of the sentiment's, each token's has the whole text in view.
    """
    parts = [
        Part(row, *clause)
        for row, (text, spans) in enumerate(zip(texts, within, strict=True))
        for span in spans
        for clause in clauses(text.cleaned, span)
    ]
    logits = logits_of(parts, encoded, [text.origin for text in texts])[:, 3:]
    return mixed_of(softmax(logits / encoder.temperature["aspect"]), [part.row for part in parts], len(texts))


def _aspects(
    encoder: Encoder, encoded: Encoded, texts: Sequence[Text], within: Sequence[list[Span]], vocabulary: Vocabulary
) -> list[tuple[Aspect, ...]]:
    """Return what each text says of which aspect; of one aspect named twice in a sentence alike, the surer."""
    phrases = phrases_of(vocabulary)
    found = [(row, term) for row, text in enumerate(texts) for term in terms(text.cleaned, phrases)]
    parts = [Part(row, term.start, term.end) for row, term in found]
    logits = logits_of(parts, encoded, [text.origin for text in texts])[:, 3:]
    surest: list[dict[tuple[str, str, str], Aspect]] = [{} for _ in texts]
    sentiments = sentiments_of(softmax(logits / encoder.temperature["aspect"]))
    for (row, term), sentiment in zip(found, sentiments, strict=True):
        text = texts[row].cleaned
        start, end = next(span for span in reversed(within[row]) if span[0] <= term.start)
        quote = text[start:end].replace("\n", " ")
        aspect = Aspect(term.aspect, text[term.start : term.end], quote, *sentiment)
        key = (term.aspect, quote, sentiment.label)
        if sentiment.confidence > (surest[row][key].confidence if key in surest[row] else 0):
            surest[row][key] = aspect
    return [tuple(aspects.values()) for aspects in surest]
