"""The one forward pass: texts to a sentence embedding, and to logits for each text and each of its tokens."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

from nlp.errors import ModelError
from nlp.language import english_words

MODEL = Path(__file__).parent / "model"
GRAPH, TOKENIZER = "reader_int8.onnx", "tokenizer.json"
MANIFEST_KEYS = ("name", "revision", "languages", "sentiment", "emotion", "signals", "thresholds", "temperature")
BATCH_TOKENS = 256  # padding included: what more tokens leave behind spills out of a core's cache, a tenth slower
WINDOWS = 4  # of max_tokens each: a longer text has said what it feels by then

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class Encoded(NamedTuple):
    """What one pass says of n texts: a unit-length embedding and logits for each, and six logits for each token.

    A token's six are sentiment and aspect, each negative, neutral, positive. A text's sentiment logits are the mean of
    its tokens'; so are a sentence's, and the last three of a term's tokens are about the term.
    """

    embedding: Floats  # (n, 384)
    sentiment: Floats  # (n, 3)
    emotion: Floats  # (n, 8)
    signals: Floats  # (n, 7)
    tokens: list[Floats]  # one (t, 6) a text
    offsets: list[Ints]  # one (t, 2) a text: the characters that each token stands for; 0, 0 for a special token


class Encoder:
    """The embedded ONNX model and what its manifest says of it: labels in the order of the logits, and calibration."""

    def __init__(self, folder: Path = MODEL, threads: int = 0) -> None:
        """Load the model in `folder`; `threads` 0 takes every core. Raises ModelError if a file is not as released."""
        manifest = _checked_manifest(folder)
        self.name = f"{manifest['name']}@{manifest['revision']}#{manifest['sha256'][GRAPH][:12]}"
        self.languages: frozenset[str] = frozenset(manifest["languages"])
        self.sentiments: list[str] = manifest["sentiment"]
        self.emotions: list[str] = manifest["emotion"]
        self.signals: list[str] = manifest["signals"]
        self.thresholds: dict[str, float] = manifest["thresholds"]
        self.temperature: dict[str, float] = manifest["temperature"]
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(manifest["max_tokens"])
        self.words: frozenset[str] = english_words(self._tokenizer.get_vocab())
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # a core for each batch: two on one batch were slower than one
        self._session = ort.InferenceSession(
            str(folder / GRAPH),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=["SkipLayerNormFusion"],  # its kernel takes four times as long as the two it replaces
        )
        self._pool = ThreadPoolExecutor(threads or cores())

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Return logits and embeddings in the order of `texts`; memory grows with the number of texts given at once.

        A text longer than a window is read in up to WINDOWS of them: the embedding is the first one's, the emotion
        their mean, the signals their maximum.
        """
        encodings = self._tokenizer.encode_batch(list(texts))
        windows = [[first, *first.overflowing[: WINDOWS - 1]] for first in encodings]
        counts = np.array([len(parts) for parts in windows], np.int64)
        starts = np.cumsum(counts) - counts
        embedding, emotion, signals, tokens = self._run([part.ids for parts in windows for part in parts])
        joined = [np.concatenate(tokens[s : s + n]) for s, n in zip(starts, counts, strict=True)]
        return Encoded(
            embedding=embedding[starts],
            sentiment=np.array([rows[:, :3].mean(0) for rows in joined], np.float32).reshape(-1, 3),
            emotion=(np.add.reduceat(emotion, starts) / counts[:, None]).astype(np.float32),
            signals=np.maximum.reduceat(signals, starts),
            tokens=joined,
            offsets=[np.array([o for part in parts for o in part.offsets], np.int64) for parts in windows],
        )

    def _run(self, windows: Sequence[Sequence[int]]) -> tuple[Floats, Floats, Floats, list[Floats]]:
        """Return the graph's answers in the order of `windows`; they do not depend on the number of threads."""
        lengths = np.array([len(ids) for ids in windows], np.int64)
        sizes = (384, len(self.emotions), len(self.signals))
        outputs = [np.zeros((len(windows), size), np.float32) for size in sizes]
        tokens: list[Floats] = [np.zeros((0, 6), np.float32)] * len(windows)
        batches = list(_batches(lengths))
        padded = (_padded([windows[i] for i in rows]) for rows in batches)
        for rows, (*answers, logits) in zip(batches, self._pool.map(self._answer, padded), strict=True):
            for output, answer in zip(outputs, answers, strict=True):
                output[rows] = answer
            for place, row in enumerate(rows):
                tokens[row] = logits[place, : lengths[row]].copy()  # a view would keep the whole batch alive
        return outputs[0], outputs[1], outputs[2], tokens

    def _answer(self, batch: dict[str, Ints]) -> list[Floats]:
        answers: list[Floats] = self._session.run(["embedding", "emotion", "signals", "tokens"], batch)
        return answers


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(lengths: Ints) -> Iterator[Ints]:
    """Yield the rows of each batch, the longest first, so that all cores finish together.

    The rows of a batch are of like length: padding a tweet to the length of an essay costs more than reading it.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, BATCH_TOKENS // int(lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _padded(batch: Sequence[Sequence[int]]) -> dict[str, Ints]:
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
    missing = [key for key in MANIFEST_KEYS if key not in manifest]
    if missing:
        raise ModelError(
            f"{folder / 'manifest.json'} is of an older release: it has no {missing[0]!r}; update the folder"
        )
    return manifest
