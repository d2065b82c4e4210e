"""What texts are about: the nearest known topic, and new topics among the texts that are near none.

A topic is the centre of a cluster of sentence embeddings. Once found it keeps its id, centre and name, so a chart of
last year means the same today; new topics are only ever added.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from nlp.encoder import Floats

NEAR = 0.45  # cosine; nearer pairs of sentences are about one thing in nine cases of ten
LEAST_TEXTS = 15  # fewer texts have no words in common that could name them
TEXTS_PER_CLUSTER = 60
MOST_CLUSTERS = 60
ALIKE = 0.85  # cosine of two centres that are one topic
WORDS = 10
LETTERS = r"(?u)\b[^\W\d_]{3,}\b"


class Topic(NamedTuple):
    """A found topic: its name, the words that set it apart, its centre (384,) and the rows that it was found in."""

    name: str
    words: list[str]
    centroid: Floats
    rows: list[int]


def nearest(embeddings: Floats, centroids: Floats) -> np.ndarray:
    """Return for each row of `embeddings` the index of the nearest centroid, or -1 where none is near."""
    if not len(centroids):
        return np.full(len(embeddings), -1)
    cosine = embeddings @ centroids.T
    return np.where(cosine.max(1) >= NEAR, cosine.argmax(1), -1)


def find_topics(texts: Sequence[str], embeddings: Floats, ignored_words: Sequence[str] = ()) -> list[Topic]:
    """Return the topics of `texts`, the largest first; texts near no centre belong to none.

    `ignored_words`, such as the brands' own names, are in every text and name nothing. The same texts give the
    same topics: k-means is seeded.
    """
    if len(texts) < 2 * LEAST_TEXTS:
        return []
    centroids = _centroids(embeddings)
    placed = nearest(embeddings, centroids)
    members = [np.flatnonzero(placed == i) for i in range(len(centroids))]
    kept = [(rows, centroid) for rows, centroid in zip(members, centroids, strict=True) if len(rows) >= LEAST_TEXTS]
    words = _words([[texts[int(i)] for i in rows] for rows, _ in kept], ignored_words)
    topics = [
        Topic(" · ".join(top[:3]), top, centroid, rows.tolist())
        for (rows, centroid), top in zip(kept, words, strict=True)
        if top
    ]
    return sorted(topics, key=lambda topic: -len(topic.rows))


def _centroids(embeddings: Floats) -> Floats:
    clusters = int(np.clip(len(embeddings) / TEXTS_PER_CLUSTER, 2, MOST_CLUSTERS))
    means = KMeans(clusters, n_init=3, random_state=0).fit(embeddings).cluster_centers_
    centres = means / np.linalg.norm(means, axis=1, keepdims=True)
    kept: list[int] = []
    for i in range(len(centres)):
        if all(centres[i] @ centres[j] < ALIKE for j in kept):
            kept.append(i)
    return np.asarray(centres[kept], np.float32)


def _words(groups: Sequence[Sequence[str]], ignored: Sequence[str]) -> list[list[str]]:
    """Return the words of each group by class-based TF-IDF (Grootendorst 2022, BERTopic), the strongest first."""
    if not groups:
        return []
    stop = ENGLISH_STOP_WORDS | {part for word in ignored for part in word.casefold().split()}
    counter = CountVectorizer(stop_words=sorted(stop), token_pattern=LETTERS, binary=True)
    counter.fit([text for group in groups for text in group])
    counts = np.stack([np.asarray(counter.transform(group).sum(0)).ravel() for group in groups])
    frequency = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    weight = frequency * np.log1p(counts.sum() / len(groups) / counts.sum(0))
    names = counter.get_feature_names_out()
    return [[str(names[i]) for i in row.argsort()[::-1][:WORDS] if row[i] > 0] for row in weight]
