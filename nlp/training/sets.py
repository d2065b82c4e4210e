"""The labelled texts that the model learns from, one function for each kind of set; README.md says where they lie.

A target that a set does not tell is left out, and the loss passes over it.
"""

import csv
import json
import random
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nlp.text import prepare
from nlp.training.heldout import held_out
from nlp.training.labels import GOEMOTIONS, stars_sentiment, tenths_sentiment

SENTIMENT_LEVELS = {"negative": 0, "neutral": 1, "positive": 2}
SIGNAL_NAMES = ("complaint", "question", "praise", "request", "bug", "leaving", "buying")
TWEETEVAL_EMOTIONS = ("anger", "joy", "optimism", "sadness")  # the order of its mapping.txt
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
ASKED = re.compile(r"^(how|what|why|when|where|which|who|can|could|is|are|do|does|did|will|would|should)\b", re.I)
ENOUGH_WORDS = 5  # a star with fewer words says whether it is praise, not of what


@dataclass(frozen=True, slots=True)
class Example:
    """A prepared text with what is known of it; `among` names the only emotions that its annotators could choose."""

    text: str
    domain: str
    sentiment: str | None = None
    emotion: str | None = None
    among: tuple[str, ...] = ()
    signals: Mapping[str, bool] = field(default_factory=dict)
    aspects: tuple[tuple[int, int, str], ...] = ()
    weight: float = 1.0


def permissive(data: Path, examples: Path) -> list[Example]:
    """Return what may be trained on and passed on: GoEmotions, MAMS, CLINC150, BANKING77 and our own examples."""
    rng = random.Random(0)
    return [
        *_goemotions(data / "goemotions/data/original/train.tsv", rng),
        *_aspect_file(data / "mams/data/MAMS-ATSA/raw/train.xml", "mams"),
        *_banking(data / "banking77/banking_data/train.csv", rng),
        *_clinc(data / "clinc_oos/data/data_full.json", rng),
        *own(examples),
    ]


def everything(data: Path, examples: Path, extra: Path | None) -> list[Example]:
    """Return all training texts, without those that TweetEval tests or validates on, and each text once a domain."""
    found = [*permissive(data, examples), *_in_domain(data), *(_extra(extra) if extra else ())]
    forbidden = {_key(text) for text in _tested(data)}
    seen: set[tuple[str, bool]] = set()
    kept: list[Example] = []
    for example in found:
        mark = (_key(example.text), example.sentiment is None)
        if mark[0] in forbidden or (mark in seen and example.domain != "own"):
            continue
        seen.add(mark)
        kept.append(example)
    return kept


def validation(data: Path, examples: Path, extra: Path | None = None) -> list[Example]:
    """Return what temperatures and thresholds are chosen on: validation parts, and a tenth of our own examples."""
    tweets = _numbered(data / "tweeteval/sentiment", "val", tuple(SENTIMENT_LEVELS))
    moods = _numbered(data / "tweeteval/emotion", "val", TWEETEVAL_EMOTIONS)
    return [
        *(Example(text, "tweets", sentiment=label) for text, label in tweets),
        *(Example(text, "tweet emotions", emotion=label, among=TWEETEVAL_EMOTIONS) for text, label in moods),
        *_goemotions(data / "goemotions/data/original/dev.tsv", random.Random(0)),
        *_aspect_file(data / "mams/data/MAMS-ATSA/raw/val.xml", "mams"),
        *own(examples, validating=True),
        *(random.Random(2).sample(list(_stars(extra, left=True)), 3_000) if extra else ()),
    ]


def own(folder: Path, *, validating: bool = False) -> list[Example]:
    """Return the mentions that we wrote ourselves; one in ten is for validation."""
    found: list[Example] = []
    for file in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
            if (number % 10 == 0) == validating:
                found.append(own_example(json.loads(line)))
    return found


def own_example(row: Mapping[str, Any]) -> Example:
    """Return one line of our own sets (nlp/training/examples, tests/gold) as an example."""
    text = prepare(row["text"])
    places = [(text.find(prepare(term)), prepare(term), label) for term, label in row["aspects"]]
    return Example(
        text,
        "own",
        sentiment=row["sentiment"],
        emotion=row["emotion"],
        signals={name: name in row["signals"] for name in SIGNAL_NAMES},
        aspects=tuple((at, at + len(term), label) for at, term, label in places if at >= 0),
    )


def _goemotions(file: Path, rng: random.Random) -> Iterator[Example]:
    names = (file.parent / "labels.txt").read_text().split()
    for line in file.read_text(encoding="utf-8").splitlines():
        text, numbers, _ = line.split("\t")
        told = {names[int(number)] for number in numbers.split(",")}
        ours = {GOEMOTIONS[name] for name in told}
        if len(ours) > 1 or (ours == {"none"} and rng.random() < 0.5):  # half of it is "none"
            continue
        asks = {"question": True} if "?" in text and told & {"curiosity", "confusion"} else {}
        yield Example(prepare(text), "goemotions", emotion=ours.pop(), signals=asks)


def _aspect_file(file: Path, domain: str) -> Iterator[Example]:
    for sentence in ET.parse(file).iter("sentence"):  # noqa: S314 (a published data set)
        raw = sentence.findtext("text") or ""
        text = prepare(raw)
        spans: list[tuple[int, int, str]] = []
        for term in sentence.iter("aspectTerm"):
            words, at = prepare(term.get("term", "")), int(term.get("from", 0))
            start = _nth(text, words, raw[:at].count(term.get("term", "")))
            if start >= 0 and term.get("polarity") in SENTIMENT_LEVELS:
                spans.append((start, start + len(words), str(term.get("polarity"))))
        if spans:
            yield Example(text, domain, aspects=tuple(spans))


def _nth(text: str, words: str, number: int) -> int:
    at = text.find(words)
    while at >= 0 and number:
        at, number = text.find(words, at + 1), number - 1
    return at


def _banking(file: Path, rng: random.Random) -> Iterator[Example]:
    with file.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            text = prepare(row["text"])
            if row["category"] != "terminate_account" and rng.random() < 0.7:
                continue  # 10,000 questions of one bank's customers teach little more than 3,000
            told = {"question": _asks(text), "request": False, "praise": False}
            yield Example(text, "banking", signals=told | {"leaving": row["category"] == "terminate_account"})


def _clinc(file: Path, rng: random.Random) -> Iterator[Example]:
    for raw, intent in json.loads(file.read_text(encoding="utf-8"))["train"]:
        if rng.random() < 0.3:
            quiet = dict.fromkeys(("complaint", "praise", "bug"), False) | {"leaving": False, "buying": False}
            sure = intent not in ("cancel", "report_fraud", "card_declined", "new_card", "order", "damaged_card")
            yield Example(prepare(raw), "clinc", signals=quiet if sure else {})


def _asks(text: str) -> bool:
    return "?" in text or bool(ASKED.match(text))


def _in_domain(data: Path) -> Iterator[Example]:
    yield from _semeval_tweets(data / "semeval2017")
    for text, label in _numbered(data / "tweeteval/emotion", "train", TWEETEVAL_EMOTIONS):
        yield Example(text, "tweet emotions", emotion=label, among=TWEETEVAL_EMOTIONS, weight=1.5)
    for name in ("Restaurants", "Laptop"):
        yield from _aspect_file(data / f"absa_semeval14/{name}_Train_v2.xml", "semeval14")
    with (data / "reviews_amazon_audio/AllProductReviews.csv").open(
        newline="", encoding="utf-8", errors="replace"
    ) as f:
        for row in csv.DictReader(f):
            whole = f"{row['ReviewTitle']}. {row['ReviewBody']}"
            if not held_out(whole):
                yield _starred(whole, stars_sentiment(float(row["ReviewStar"])), "earphones")
    with (data / "reviews_ba/BA_AirlineReviews.csv").open(newline="", encoding="utf-8", errors="replace") as f:
        for row in csv.DictReader(f):
            whole = f"{row['ReviewHeader']}. {row['ReviewBody']}"
            if row["OverallRating"] and not held_out(whole):
                yield _starred(whole, tenths_sentiment(float(row["OverallRating"])), "airline")


def _semeval_tweets(folder: Path) -> Iterator[Example]:
    """Yield TweetEval's training part: the tweets of SemEval 2013 to 2016, whose later tests are held out by text."""
    for file in sorted(folder.glob("twitter-*.txt")):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            fields = line.split("\t")
            if len(fields) >= 3 and fields[1] in SENTIMENT_LEVELS and fields[2] != "Not Available":
                raw = ESCAPE.sub(lambda m: chr(int(m[1], 16)), fields[2]).replace('\\"', '"').replace('""', '"')
                text = prepare(raw.strip('"'))
                yield Example(text, "tweets", sentiment=fields[1])


def _starred(raw: str, sentiment: str, domain: str, weight: float = 1.0) -> Example:
    text = prepare(raw)
    wordy = len(text.split()) >= ENOUGH_WORDS
    told = {
        "negative": {"complaint": True, "praise": False},
        "positive": {"complaint": False, "praise": True, "bug": False, "leaving": False},
    }
    signals = told.get(sentiment, {}) if wordy else {}
    return Example(text, domain, sentiment=sentiment, signals=signals, weight=weight)


STAR_SETS: dict[str, int] = {  # files of `extra`, with the most rows to take: no product should outweigh the others
    "star_fintech_play_india": 8_000, "star_zomato_restaurants": 4_500, "star_netflix_play_b": 3_500,
    "star_hotstar_play": 2_000, "star_uber_play": 3_000, "star_mixed_apps": 1_500, "star_revolut": 1_500,
    "star_moniepoint_play": 1_200, "star_flipkart": 1_000, "star_amazon_alexa": 1_000, "star_amazon_sdcard": 1_200,
    "star_amazon_devices_datafiniti": 1_500, "star_amazon_phones_500": 400,
}  # fmt: skip
APP_CLASSES: Mapping[str, Mapping[str, Mapping[str, bool]]] = {
    "class_app_manchester": {
        "bug report": {"bug": True}, "feature request": {"request": True},
        "rating": {"bug": False, "request": False}, "user experience": {"bug": False, "request": False},
    },
    "class_app_pan": {
        "problem discovery": {"bug": True}, "feature request": {"request": True},
        "information giving": {"bug": False, "request": False},
    },
    "class_app_vu": {"bug report": {"bug": True}},
    "class_issues_nlbse24_train": {"bug": {"bug": True}, "feature": {"request": True, "bug": False}},
    "intent_bitext_8k": {"delete_account": {"leaving": True}, "complaint": {"complaint": True}},
}  # fmt: skip
BRAND_TWEETS = {"Positive emotion": "positive", "Negative emotion": "negative",
                "No emotion toward brand or product": "neutral"}  # fmt: skip


def _extra(folder: Path) -> Iterator[Example]:
    """Yield the public sets that the README names: stars, tweets about brands, classes of app reviews and issues."""
    yield from _stars(folder, left=False)
    for row in random.Random(1).sample(_rows(folder / "steam_recommended.jsonl"), 3_000):
        yield _starred(row["text"], "positive" if row["label"] == "recommended" else "negative", "stars", weight=0.5)
    for name in ("tweets_brand_sxsw", "tweets_sanders"):
        for row in _rows(folder / f"{name}.jsonl"):
            label = BRAND_TWEETS.get(row["label"], row["label"])
            if label in SENTIMENT_LEVELS:
                yield Example(prepare(row["text"]), "brand tweets", sentiment=label, weight=0.5)
    for name, classes in APP_CLASSES.items():
        for row in _rows(folder / f"{name}.jsonl"):
            if row["label"] in classes:
                yield Example(prepare(row["text"]), "classes", signals=classes[row["label"]])


def _stars(folder: Path, *, left: bool) -> Iterator[Example]:
    """Yield the star reviews to train on, or those that are `left` for validation."""
    rng = random.Random(1)
    for name, most in STAR_SETS.items():
        rows = _rows(folder / f"{name}.jsonl")
        taken = set(rng.sample(range(len(rows)), min(most, len(rows))))
        for number, row in enumerate(rows):
            if (number in taken) != left:
                title = f"{row['title']}. " if row.get("title") else ""
                yield _starred(title + row["text"], stars_sentiment(row["stars"]), "stars", weight=0.7)


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _tested(data: Path) -> Iterator[str]:
    """Yield every text that something is measured on, so that no other set brings it into training."""
    for part in ("test", "val"):
        yield from (text for text, _ in _numbered(data / "tweeteval/sentiment", part, tuple(SENTIMENT_LEVELS)))
        yield from (text for text, _ in _numbered(data / "tweeteval/emotion", part, TWEETEVAL_EMOTIONS))
    for line in (data / "goemotions/data/original/test.tsv").read_text(encoding="utf-8").splitlines():
        if len(line.split("\t")[0].split()) >= ENOUGH_WORDS:  # "Thank you!" is everybody's
            yield prepare(line.split("\t")[0])
    tests = ("absa_semeval14/Restaurants_Test_Gold", "absa_semeval14/Laptops_Test_Gold", "mams/data/MAMS-ATSA/raw/test")
    for name in tests:
        for sentence in ET.parse(data / f"{name}.xml").iter("sentence"):  # noqa: S314 (a published data set)
            yield prepare(sentence.findtext("text") or "")


def _numbered(folder: Path, part: str, names: Sequence[str]) -> list[tuple[str, str]]:
    texts = (folder / f"{part}_text.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    labels = (folder / f"{part}_labels.txt").read_text().split()
    return [(prepare(text), names[int(label)]) for text, label in zip(texts, labels, strict=True)]


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())


def balanced(examples: Sequence[Example]) -> list[Example]:
    """Return the examples with the rare sentiments of each domain weighing more, by the root of their rarity."""
    counts: Counter[tuple[str, str | None]] = Counter((e.domain, e.sentiment) for e in examples if e.sentiment)
    sums: Counter[str] = Counter()
    for (domain, _), count in counts.items():
        sums[domain] += count

    def rarity(example: Example) -> float:
        told = counts[example.domain, example.sentiment]
        return (sums[example.domain] / (len(SENTIMENT_LEVELS) * told)) ** 0.5 if told else 1.0

    return [replace(example, weight=example.weight * rarity(example)) for example in examples]


def usable(examples: Iterable[Example]) -> list[Example]:
    """Return the examples with words in them."""
    return [example for example in examples if sum(c.isalpha() for c in example.text) >= 3]
