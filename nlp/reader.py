"""Reads mentions: text in, every reading out."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nlp.emotion import emotion_of
from nlp.encoder import Encoder, Floats
from nlp.language import is_latin, language_of
from nlp.sentiment import sentiment_of
from nlp.text import prepare
from nlp.topics import nearest


class Reading(NamedTuple):
    """What the model says of one text; all None but `status` and `language` unless status is "read".

    `status` is "read", "unsupported" (a language that the model was not trained on) or "empty" (no words).
    `topic` is an index into the centroids given, None when no topic is near.
    """

    status: str
    language: str | None
    sentiment: str | None = None
    score: float | None = None
    confidence: float | None = None
    emotion: str | None = None
    topic: int | None = None


class Readings(NamedTuple):
    """One reading per text, and the embeddings (n, 384), which are zero where a text was not read."""

    readings: list[Reading]
    embeddings: Floats


def read(
    encoder: Encoder, texts: Sequence[str], declared: Sequence[str | None], centroids: Floats | None = None
) -> Readings:
    """Return the readings of `texts`, whose sources declare the languages `declared`.

    `centroids` (topics, 384) are the known topics. Memory grows with the number of texts given at once.
    """
    prepared = [prepare(text) for text in texts]
    languages = [language_of(text, told) for text, told in zip(prepared, declared, strict=True)]
    statuses = [_status(text, lang, encoder) for text, lang in zip(prepared, languages, strict=True)]
    rows = [i for i, status in enumerate(statuses) if status == "read"]
    readings = [Reading(status, lang) for status, lang in zip(statuses, languages, strict=True)]
    embeddings = np.zeros((len(texts), 384), np.float32)
    if not rows:
        return Readings(readings, embeddings)
    encoded = encoder.encode([prepared[i] for i in rows])
    embeddings[rows] = encoded.embedding
    sentiment = sentiment_of(encoded.sentiment)
    neutral = sentiment.label == encoder.sentiments.index("neutral")
    emotions = emotion_of(encoded.emotion, encoder.emotions, neutral)
    known = np.zeros((0, 384), np.float32) if centroids is None else centroids
    topics = nearest(encoded.embedding, known)
    for place, row in enumerate(rows):
        readings[row] = Reading(
            status="read",
            language=languages[row],
            sentiment=encoder.sentiments[sentiment.label[place]],
            score=float(sentiment.score[place]),
            confidence=float(sentiment.confidence[place]),
            emotion=emotions[place],
            topic=int(topics[place]) if topics[place] >= 0 else None,
        )
    return Readings(readings, embeddings)


def _status(text: str, language: str | None, encoder: Encoder) -> str:
    if not any(c.isalpha() for c in text):  # emoji alone are unknown words to this encoder
        return "empty"
    if language in encoder.languages or (language is None and is_latin(text)):
        return "read"
    return "unsupported"
