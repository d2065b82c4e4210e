"""The one forward pass: texts to sentiment logits, emotion logits and a sentence embedding."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

MODEL = Path(__file__).parent / "model"
BATCH = 32  # beyond it the int8 kernels of two cores gain nothing

Floats = NDArray[np.float32]


class ModelError(Exception):
    """The model cannot be used; the message names the file and says how to mend it."""


class Encoded(NamedTuple):
    """One row for each text: embedding (n, 384) of unit length, sentiment and emotion logits (n, labels)."""

    embedding: Floats
    sentiment: Floats
    emotion: Floats


class Encoder:
    """The embedded ONNX model. `name` carries its revision, `labels` its answers in the order of the logits."""

    def __init__(self, folder: Path = MODEL, threads: int = 0) -> None:
        """Load the model in `folder`; `threads` 0 takes every core. Raises ModelError if a file is not as released."""
        manifest = _checked_manifest(folder)
        self.name = f"{manifest['name']}@{manifest['revision']}"
        self.languages: frozenset[str] = frozenset(manifest["languages"])
        self.sentiments: list[str] = manifest["sentiment"]
        self.emotions: list[str] = manifest["emotion"]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(manifest["max_tokens"])
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads burn a core otherwise
        self._session = ort.InferenceSession(
            str(folder / "reader_int8.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Return logits and embeddings in the order of `texts`; memory grows with the number of texts given at once.

        Texts are batched by length: padding a tweet to the length of an essay costs more than reading it.
        """
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = np.argsort([len(ids) for ids in tokens], kind="stable")
        sizes = (384, len(self.sentiments), len(self.emotions))
        outputs = [np.zeros((len(texts), size), np.float32) for size in sizes]
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            answers = self._session.run(["embedding", "sentiment", "emotion"], _padded([tokens[i] for i in rows]))
            for output, answer in zip(outputs, answers, strict=True):
                output[rows] = answer
        return Encoded(*outputs)


def _padded(batch: Sequence[Sequence[int]]) -> dict[str, NDArray[np.int64]]:
    lengths = np.array([len(ids) for ids in batch])
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.zeros(mask.shape, np.int64)
    ids[mask] = np.concatenate([np.asarray(tokens) for tokens in batch])
    return {"input_ids": ids, "attention_mask": mask.astype(np.int64)}


def _checked_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        for name, wanted in manifest["sha256"].items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != wanted:
                raise ModelError(
                    f"{folder / name} is damaged: its sha256 is not {wanted[:12]}…; check the file out again"
                )
    except FileNotFoundError as error:
        raise ModelError(f"{error.filename} is missing; check the folder {folder} out again") from None
    return manifest
