"""Measures the readings on a file of labelled texts."""

import csv
from pathlib import Path

from flows.config import ConfigError
from nlp.encoder import Encoder
from nlp.evaluate import Quality, evaluate
from nlp.reader import read

CHUNK = 2_000  # bounds the memory


def evaluate_file(file: Path) -> Quality:
    """Return the quality of the sentiment reading on a CSV file with the columns text and label."""
    texts, labels = _labelled(file)
    encoder = Encoder()
    for number, label in enumerate(labels, 2):
        if label not in encoder.sentiments:
            raise ConfigError(f"{file}: row {number}: label {label!r}; known are {', '.join(encoder.sentiments)}")
    answers: list[str | None] = []
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        answers += [reading.sentiment for reading in read(encoder, chunk, [None] * len(chunk)).readings]
    return evaluate(labels, answers, encoder.sentiments)


def _labelled(file: Path) -> tuple[list[str], list[str]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines)
            missing = {"text", "label"} - set(rows.fieldnames or ())
            if missing:
                has = ", ".join(rows.fieldnames or ()) or "nothing"
                raise ConfigError(
                    f"{file}: column {' and '.join(sorted(missing))} is missing; its first line has {has}"
                )
            pairs = [(row["text"] or "", (row["label"] or "").strip().lower()) for row in rows]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read as UTF-8 CSV: {error}") from None
    if not pairs:
        raise ConfigError(f"{file} has no rows")
    return [text for text, _ in pairs], [label for _, label in pairs]
