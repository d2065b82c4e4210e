"""Texts that people have labelled, from a CSV file."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from flows.config import Config, ConfigError
from flows.desk import need_warehouse, open_warehouse
from warehouse.corrections import corrected

ReadingName = Literal["sentiment", "emotion", "signals", "aspects"]
COLUMNS: dict[ReadingName, tuple[str, ...]] = {
    "sentiment": ("text", "label"),
    "emotion": ("text", "label"),
    "signals": ("text", "signals"),
    "aspects": ("text", "term", "label"),
}


class Labelled(NamedTuple):
    """Texts in their order in the file; `answers` is the label of each, or its signals with | between them.

    `terms` are the words that an aspect's label is of; `rows` say where in the file a text stands.
    """

    file: str
    rows: list[int]
    texts: list[str]
    answers: list[str]
    terms: list[str]
    languages: list[str | None]
    groups: list[str | None]

    def check(self, classes: Sequence[str]) -> None:
        """Raise ConfigError at the first label that is none of `classes`."""
        for row, answer in zip(self.rows, self.answers, strict=True):
            self.check_label(row, answer, classes)

    def check_signals(self, classes: Sequence[str]) -> None:
        """Raise ConfigError at the first signal that is none of `classes`; a text may have no signal."""
        for row, answer in zip(self.rows, self.answers, strict=True):
            for signal in signals_in(answer):
                self.check_label(row, signal, classes)

    def check_label(self, row: int, label: str, classes: Sequence[str]) -> None:
        """Raise ConfigError if `label` is none of `classes`."""
        if label not in classes:
            raise ConfigError(f"{self.file}: row {row}: label {label!r}; known are {', '.join(classes)}")


def signals_in(answer: str) -> frozenset[str]:
    """Return the signals of "complaint | bug"."""
    return frozenset(part.strip() for part in answer.split("|") if part.strip())


def labelled_file(file: Path, reading: ReadingName) -> Labelled:
    """Return the rows of a CSV file with the columns of `reading`, and language and group where it has them."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines)
            _check_columns(file, COLUMNS[reading], rows.fieldnames or ())
            records = [{name: (row.get(name) or "").strip() for name in rows.fieldnames or ()} for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{file} cannot be read as UTF-8 CSV: {error}") from None
    if not records:
        raise ConfigError(f"{file} has no rows")
    return Labelled(
        file=str(file),
        rows=list(range(2, len(records) + 2)),  # the first line names the columns
        texts=[record["text"] for record in records],
        answers=[record[COLUMNS[reading][-1]].lower() for record in records],
        terms=[record.get("term", "") for record in records],
        languages=[record.get("language") or None for record in records],
        groups=[record.get("group") or None for record in records],
    )


def corrected_texts(config: Config) -> Labelled:
    """Return the mentions whose sentiment a person has set. Raises ConfigError if there are none."""
    need_warehouse(config)
    with open_warehouse(config) as warehouse:
        rows = corrected(warehouse).to_pylist()
    if not rows:
        raise ConfigError("nobody has corrected a mention yet; `allears correct MENTION --sentiment negative` does")
    nothing: list[str | None] = [None] * len(rows)
    texts, answers = [row["text"] for row in rows], [row["sentiment"] for row in rows]
    return Labelled("corrections", list(range(1, len(rows) + 1)), texts, answers, [""] * len(rows), nothing, nothing)


def _check_columns(file: Path, wanted: Sequence[str], found: Sequence[str]) -> None:
    missing = sorted(set(wanted) - set(found))
    if missing:
        has = ", ".join(found) or "nothing"
        raise ConfigError(f"{file}: column {' and '.join(missing)} is missing; its first line has {has}")
