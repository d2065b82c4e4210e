"""What ours is measured against: a word list, and a regression on the embedding that everybody has."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from sklearn.linear_model import LogisticRegression
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench.gold import EXAMPLES, GOLD, Example, load_examples
from bench.sets import SENTIMENTS, Part
from nlp.encoder import Encoder, Floats
from nlp.evaluate import evaluate, evaluate_signals
from nlp.text import prepare

CERTAIN = 0.05  # VADER's own threshold for neutral
TRAINED_ON = 20_000  # texts at most; the embedding of more costs minutes and moves the figures by tenths
AT_ONCE = 2_000  # bounds the memory


class Frozen:
    """The embeddings of all-MiniLM-L6-v2 as shipped, each text embedded once, for regressions on top of them."""

    def __init__(self, encoder: Encoder) -> None:
        """Take the encoder whose embedding is frozen."""
        self._encoder = encoder
        self._known: dict[str, Floats] = {}

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return (n, 384) embeddings of prepared texts."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        for start in range(0, len(new), AT_ONCE):
            part = new[start : start + AT_ONCE]
            self._known |= zip(part, self._encoder.encode(part).embedding, strict=True)
        return np.stack([self._known[text] for text in texts])

    def regression(self, train: Part, test: Part) -> list[str | None]:
        """Return the labels of `test` by a logistic regression on `train`, classes weighted alike."""
        chosen = np.random.default_rng(7).permutation(len(train.texts))[:TRAINED_ON]
        spans = [train.spans[i] for i in chosen] if train.spans else []
        part = Part([train.texts[i] for i in chosen], [train.labels[i] for i in chosen], spans)
        model = LogisticRegression(C=5.0, max_iter=500, class_weight="balanced")
        model.fit(self.embed(inputs(part)), part.labels)
        return [str(label) for label in model.predict(self.embed(inputs(test)))]


def gold_regression(frozen: Frozen) -> dict[str, float]:
    """Return what regressions reach on our own mentions that are trained on the examples which ours was trained on."""
    gold = load_examples(GOLD)
    examples = [each for file in sorted(EXAMPLES.glob("*.jsonl")) for each in load_examples(file)]

    def guessed(label_of: Callable[[Example], str]) -> list[str | None]:
        train, test = (Part([e.text for e in part], [label_of(e) for e in part]) for part in (examples, gold))
        return frozen.regression(train, test)

    emotions = [each.emotion for each in gold]
    names = sorted({signal for each in gold for signal in each.signals})
    has = {name: guessed(partial(_signal, name)) for name in names}
    told = [[name for name in names if has[name][place]] for place in range(len(gold))]
    sentiment = evaluate([each.sentiment for each in gold], guessed(lambda each: each.sentiment), SENTIMENTS)
    return {
        "sentiment_macro_recall": sentiment.macro_recall,
        "emotion_accuracy": evaluate(emotions, guessed(lambda each: each.emotion), sorted(set(emotions))).accuracy,
        "signals_macro_f1": evaluate_signals([each.signals for each in gold], told, names)[0].macro_f1,
    }


def _signal(name: str, each: Example) -> str:
    return name if name in each.signals else ""


def vader(texts: Sequence[str]) -> list[str | None]:
    """Return the sentiment of each text by VADER's word list."""
    analyzer = SentimentIntensityAnalyzer()
    scores = [analyzer.polarity_scores(text)["compound"] for text in texts]
    return ["positive" if s >= CERTAIN else "negative" if s <= -CERTAIN else "neutral" for s in scores]


def inputs(part: Part) -> list[str]:
    """Return what is embedded of each text: the text, behind the term that is asked about where there is one."""
    texts = [prepare(text) for text in part.texts]
    if not part.spans:
        return texts
    return [f"{text[slice(*span)]}: {text}" for text, span in zip(texts, part.spans, strict=True)]
