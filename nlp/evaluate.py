"""How right readings are, against labels that people gave."""

from collections.abc import Sequence
from typing import NamedTuple

from sklearn.metrics import accuracy_score, f1_score, recall_score


class Quality(NamedTuple):
    """Figures from 0 to 1 over `texts` labelled texts, of which `read` got an answer; no answer counts as wrong."""

    texts: int
    read: int
    accuracy: float
    macro_recall: float
    macro_f1: float


def evaluate(labels: Sequence[str], answers: Sequence[str | None], classes: Sequence[str]) -> Quality:
    """Return the quality of `answers`; the macro figures are over the classes that occur in `labels`."""
    present = [name for name in classes if name in set(labels)]
    told = [answer or "no answer" for answer in answers]
    recall = recall_score(labels, told, labels=present, average="macro", zero_division=0)
    f1 = f1_score(labels, told, labels=present, average="macro", zero_division=0)
    read = sum(answer is not None for answer in answers)
    return Quality(len(labels), read, float(accuracy_score(labels, told)), float(recall), float(f1))
