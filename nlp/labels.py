"""What another model calls negative, neutral and positive."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp.encoder import Floats
from nlp.errors import ModelError

SENTIMENTS = ("negative", "neutral", "positive")
WORDS = {
    "negative": ("negative", "neg", "very negative", "1 star", "2 stars"),
    "neutral": ("neutral", "neu", "3 stars"),
    "positive": ("positive", "pos", "very positive", "4 stars", "5 stars"),
}
SENTIMENT_OF = {word: sentiment for sentiment, words in WORDS.items() for word in words}
ROBERTA = ("roberta", "xlm-roberta", "camembert", "longformer")  # their positions start after the padding's
UNLIMITED = 100_000  # transformers writes 10^30 where a tokenizer states no limit


def sentiment_columns(place: object, labels: Sequence[str], label_map: Mapping[str, str]) -> Floats:
    """Return the matrix (labels, 3) that sums a model's probabilities into negative, neutral and positive.

    Labels say it themselves ("NEG", "Positive", "1 star"), or `label_map` does. Raises ModelError, which shows the
    map to write, where neither does; `place` names the model in it.
    """
    unknown = [label for label in label_map if label not in labels]
    if unknown:
        raise ModelError(f"{place}: [models] label_map names {unknown[0]!r}; its labels are {', '.join(labels)}")
    meant = [label_map.get(label) or SENTIMENT_OF.get(_plain(label)) for label in labels]
    if None in meant or not {"negative", "positive"} <= set(meant):
        raise ModelError(
            f"{place}: its labels {', '.join(labels)} do not say which is negative and which positive; look at its "
            f"model card and write in [models], in the right order: {_proposed(labels)}"
        )
    columns = np.zeros((len(labels), len(SENTIMENTS)), np.float32)
    columns[np.arange(len(labels)), [SENTIMENTS.index(str(sentiment)) for sentiment in meant]] = 1
    return columns


def read_json(file: Path) -> dict[str, Any]:
    """Return the object in a model's JSON file; raises ModelError if it is missing or damaged."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{file} cannot be read ({error.strerror}); download the model again") from None
    except ValueError:
        raise ModelError(f"{file} is damaged: it is not JSON; download the model again") from None
    if not isinstance(content, dict):
        raise ModelError(f"{file} is damaged: it holds no JSON object; download the model again")
    return content


def labels_of(config: Mapping[str, Any], file: Path) -> list[str]:
    """Return a model's labels in the order of its logits, from the content of its config.json, `file`."""
    try:
        named = {int(number): str(label) for number, label in config["id2label"].items()}
        return [named[number] for number in range(len(named))]
    except (KeyError, ValueError, AttributeError):
        raise ModelError(f"{file} has no id2label that numbers the labels 0, 1, 2 …; is this a classifier?") from None


def token_limit(config: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> int:
    """Return how many tokens a model can read, by its config.json and tokenizer_config.json."""
    positions = int(config.get("max_position_embeddings") or UNLIMITED)
    if config.get("model_type") in ROBERTA:
        positions -= int(config.get("pad_token_id") or 0) + 1
    stated = min(int(tokenizer.get("model_max_length") or UNLIMITED), UNLIMITED)
    return max(min(positions, stated), 1)


def fingerprint(files: Sequence[Path]) -> str:
    """Return the first 12 digits of the sha256 of the weights; of several files, of all their bytes in order."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as weights:
            while part := weights.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()[:12]


def _plain(label: str) -> str:
    return " ".join(label.lower().replace("_", " ").replace("-", " ").split())


def _proposed(labels: Sequence[str]) -> str:
    """Return a label_map with every label of the model, for the user to put right."""
    pairs = [
        f'{json.dumps(label)} = "{SENTIMENT_OF.get(_plain(label)) or SENTIMENTS[i * 3 // len(labels)]}"'
        for i, label in enumerate(labels)
    ]
    return f"label_map = {{ {', '.join(pairs)} }}"
