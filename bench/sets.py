"""The public test sets: where their files lie, how they are read, and what others reached on them."""

import csv
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from nlp.sentences import Span
from nlp.terms import term_span
from nlp.text import prepare
from nlp.training.heldout import held_out
from nlp.training.labels import GOEMOTIONS, stars_sentiment, tenths_sentiment

SENTIMENTS = ("negative", "neutral", "positive")
TWEET_EMOTIONS = ("anger", "joy", "optimism", "sadness")  # the order of TweetEval's mapping.txt

Metric = Literal["macro recall", "macro F1", "accuracy"]


class Part(NamedTuple):
    """Labelled texts; `spans` say where the term of the label stands in the prepared text, empty where it has none."""

    texts: list[str]
    labels: list[str]
    spans: Sequence[Span] = ()

    def chunk(self, start: int, end: int) -> "Part":
        """Return the texts from `start` to before `end`."""
        return Part(self.texts[start:end], self.labels[start:end], self.spans[start:end])


class Split(NamedTuple):
    """The part that is measured on, and the part that a rival may be trained on."""

    test: Part
    train: Part


@dataclass(frozen=True)
class PublicSet:
    """One public set: its official metric, our aim for it in points, and the figures that others published."""

    name: str
    reading: Literal["sentiment", "emotion", "aspects"]
    metric: Metric
    classes: Sequence[str]
    load: Callable[[Path], Split]
    aim: float | None = None
    published: Mapping[str, float] = field(default_factory=dict)


def tweet_sentiment(data: Path) -> Split:
    """Return TweetEval's test tweets; its training tweets are those of SemEval-2017 that stand in no other part."""
    test = _tweeteval(data / "tweeteval/sentiment", "test", SENTIMENTS)
    taken = {_letters(text) for text in [*test.texts, *_tweeteval(data / "tweeteval/sentiment", "val", SENTIMENTS)[0]]}
    pairs: dict[str, tuple[str, str]] = {}
    for file in sorted((data / "semeval2017").glob("twitter-*-A.txt")):
        for text, label in _semeval2017(file):
            pairs.setdefault(_letters(text), (text, label))
    return Split(test, _part(pair for letters, pair in pairs.items() if letters not in taken))


def tweet_emotion(data: Path) -> Split:
    """Return TweetEval's emotion tweets as they are split there."""
    folder = data / "tweeteval/emotion"
    return Split(_tweeteval(folder, "test", TWEET_EMOTIONS), _tweeteval(folder, "train", TWEET_EMOTIONS))


def goemotions(data: Path) -> Split:
    """Return the Reddit comments of GoEmotions that have one label, with its 28 labels mapped to ours."""
    folder = data / "goemotions/data/original"
    names = (folder / "labels.txt").read_text().split()
    return Split(*(_part(_goemotions(folder / f"{part}.tsv", names)) for part in ("test", "train")))


def earphones(data: Path) -> Split:
    """Return reviews of earphones with stars, split by a stable hash."""
    rows = _csv(data / "reviews_amazon_audio/AllProductReviews.csv")
    return _held_out(
        (f"{row['ReviewTitle'].strip()}. {row['ReviewBody'].strip()}", stars_sentiment(int(row["ReviewStar"])))
        for row in rows
    )


def airline(data: Path) -> Split:
    """Return reviews of British Airways with a rating from 1 to 10, split by a stable hash."""
    rows = _csv(data / "reviews_ba/BA_AirlineReviews.csv")
    return _held_out(
        (f"{row['ReviewHeader'].strip()}. {row['ReviewBody'].strip()}", tenths_sentiment(int(row["OverallRating"])))
        for row in rows
        if row["OverallRating"]
    )


def star_reviews(data: Path) -> Split:
    """Return the reviews of earphones and of British Airways together."""
    one, other = earphones(data), airline(data)
    return Split(*(Part(a.texts + b.texts, a.labels + b.labels) for a, b in zip(one, other, strict=True)))


def aspects(test: str, train: str) -> Callable[[Path], Split]:
    """Return what loads two XML files of sentences whose aspect terms have a polarity; conflicts are left out."""
    return lambda data: Split(_aspects(data / test), _aspects(data / train))


MAMS = "mams/data/MAMS-ATSA/raw"
SETS = (
    PublicSet(
        "TweetEval sentiment",
        "sentiment",
        "macro recall",
        SENTIMENTS,
        tweet_sentiment,
        aim=71.3,
        published={"RoBERTa-base": 71.3, "BERTweet": 73.4, "TimeLMs-2021": 73.7},
    ),
    PublicSet("Star reviews, both", "sentiment", "macro F1", SENTIMENTS, star_reviews, aim=75),
    PublicSet("Earphone reviews", "sentiment", "macro F1", SENTIMENTS, earphones),
    PublicSet("British Airways reviews", "sentiment", "macro F1", SENTIMENTS, airline),
    PublicSet(
        "TweetEval emotion",
        "emotion",
        "macro F1",
        TWEET_EMOTIONS,
        tweet_emotion,
        aim=79,
        published={"RoBERTa-base": 76.1, "BERTweet": 79.3, "TimeLMs-2021": 80.2},
    ),
    PublicSet("GoEmotions, eight labels", "emotion", "macro F1", tuple(dict.fromkeys(GOEMOTIONS.values())), goemotions),
    PublicSet(
        "SemEval-14 restaurants",
        "aspects",
        "accuracy",
        SENTIMENTS,
        aspects("absa_semeval14/Restaurants_Test_Gold.xml", "absa_semeval14/Restaurants_Train_v2.xml"),
        aim=80,
    ),
    PublicSet(
        "SemEval-14 laptops",
        "aspects",
        "accuracy",
        SENTIMENTS,
        aspects("absa_semeval14/Laptops_Test_Gold.xml", "absa_semeval14/Laptop_Train_v2.xml"),
    ),
    PublicSet("MAMS", "aspects", "accuracy", SENTIMENTS, aspects(f"{MAMS}/test.xml", f"{MAMS}/train.xml")),
)


def _tweeteval(folder: Path, part: str, names: Sequence[str]) -> Part:
    texts = (folder / f"{part}_text.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    return Part(texts, [names[int(line)] for line in (folder / f"{part}_labels.txt").read_text().split()])


def _semeval2017(file: Path) -> Iterator[tuple[str, str]]:
    """Yield text and label: columns differ from year to year, but the text follows its label."""
    for line in file.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        place = next((i for i, cell in enumerate(cells) if cell in SENTIMENTS), None)
        if place is not None and len(cells) > place + 1:
            yield cells[place + 1], cells[place]


def _goemotions(file: Path, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        text, labels, _ = line.split("\t")
        if "," not in labels:
            yield text, GOEMOTIONS[names[int(labels)]]


def _csv(file: Path) -> Iterator[dict[str, str]]:
    with file.open(newline="", encoding="utf-8-sig", errors="replace") as lines:
        yield from csv.DictReader(lines)


def _aspects(file: Path) -> Part:
    part = _part(iter(()))
    spans: list[Span] = []
    for sentence in ET.parse(file).getroot().iter("sentence"):  # noqa: S314 - a file that the user has chosen
        text = sentence.findtext("text") or ""
        prepared = prepare(text)
        for term in sentence.iter("aspectTerm"):
            span = term_span(prepared, term.attrib["term"], int(term.attrib["from"]))
            if term.attrib["polarity"] in SENTIMENTS and span:
                part.texts.append(text)
                part.labels.append(term.attrib["polarity"])
                spans.append(span)
    return part._replace(spans=spans)


def _held_out(pairs: Iterator[tuple[str, str]]) -> Split:
    known = list(pairs)
    test = _part(pair for pair in known if held_out(pair[0]))
    return Split(test, _part(pair for pair in known if not held_out(pair[0])))


def _part(pairs: Iterator[tuple[str, str]]) -> Part:
    known = list(pairs)
    return Part([text for text, _ in known], [label for _, label in known])


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", prepare(text).lower())  # TweetEval writes @user where SemEval has the handle
