"""A sentiment classifier in a folder of one's own: an ONNX graph, its tokenizer and its labels. Needs no torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as failures
from tokenizers import Tokenizer

from nlp.encoder import Floats
from nlp.errors import ModelError
from nlp.labels import fingerprint, labels_of, read_json, sentiment_columns, token_limit
from nlp.sentiment import softmax

BATCH = 32
FED = ("input_ids", "attention_mask", "token_type_ids")
TYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
UNUSABLE = (
    failures.EPFail,
    failures.Fail,
    failures.InvalidArgument,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.NotImplemented,
    failures.RuntimeException,
)  # onnxruntime's errors have no parent of their own


class OnnxSentiment:
    """The classifier in `folder`: model.onnx or one other .onnx file, tokenizer.json, and config.json with id2label."""

    def __init__(
        self, folder: Path, label_map: Mapping[str, str], languages: frozenset[str] | None, threads: int = 0
    ) -> None:
        """Load the model; `threads` 0 takes every core.

        Raises ModelError if a file is missing or damaged, or the labels say nothing.
        """
        self.languages = languages
        config = read_json(folder / "config.json")
        optional = folder / "tokenizer_config.json"
        self._tokenizer = _tokenizer(folder / "tokenizer.json")
        self._tokenizer.enable_truncation(token_limit(config, read_json(optional) if optional.exists() else {}))
        self._padding = int(config.get("pad_token_id") or 0)
        self._columns = sentiment_columns(folder, labels_of(config, folder / "config.json"), label_map)
        graph = onnx_file(folder)
        self._graph, self._session = graph, _session(graph, threads)
        self._types = _input_types(self._session, graph)
        outputs = [output.name for output in self._session.get_outputs()]
        self._output = "logits" if "logits" in outputs else outputs[0]
        self.name = f"{folder.resolve().name}@local#{fingerprint(weights_of(graph))}"

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return (n, 3) probabilities in the order of `texts`, which are batched by length; long ones are cut."""
        encodings = self._tokenizer.encode_batch(list(texts))
        order = np.argsort([len(encoding.ids) for encoding in encodings], kind="stable")
        answer = np.zeros((len(texts), 3), np.float32)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            answer[rows] = softmax(self._logits([encodings[i] for i in rows])) @ self._columns
        return answer

    def _logits(self, batch: Sequence[Any]) -> Floats:
        fed = {
            "input_ids": _padded([encoding.ids for encoding in batch], self._padding),
            "attention_mask": _padded([encoding.attention_mask for encoding in batch], 0),
            "token_type_ids": _padded([encoding.type_ids for encoding in batch], 0),
        }
        try:
            (output,) = self._session.run(
                [self._output], {name: fed[name].astype(t) for name, t in self._types.items()}
            )
        except UNUSABLE as error:
            raise ModelError(f"{self._graph} cannot be run: {error}; export the model again") from None
        logits: Floats = np.asarray(output, np.float32)
        if logits.shape != (len(batch), len(self._columns)):
            wanted = (len(batch), len(self._columns))
            raise ModelError(f"{self._graph} gave an output of shape {logits.shape}, not {wanted}: is it a classifier?")
        return logits


def holds_onnx(folder: Path) -> bool:
    """Return whether a model's folder is to be read by onnxruntime."""
    return any(folder.glob("*.onnx"))


def onnx_file(folder: Path) -> Path:
    """Return the graph in `folder`: model.onnx, or the only .onnx file. Raises ModelError where there is no such."""
    if (folder / "model.onnx").is_file():
        return folder / "model.onnx"
    found = sorted(folder.glob("*.onnx"))
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "none"
        raise ModelError(f"{folder} must hold model.onnx, or one .onnx file alone; there is {names}")
    return found[0]


def weights_of(graph: Path) -> list[Path]:
    """Return the graph and the files beside it that exporters put large weights into."""
    return [graph, *sorted(graph.parent.glob(f"{graph.name}[._]data*"))]


def _session(graph: Path, threads: int) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads burn a core otherwise
    options.log_severity_level = 4  # what is wrong is said once, by ModelError
    try:
        return ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except UNUSABLE as error:
        raise ModelError(f"{graph} is damaged or of no use to onnxruntime: {error}; export the model again") from None


def _input_types(session: Any, graph: Path) -> dict[str, Any]:
    types: dict[str, Any] = {}
    for wanted in session.get_inputs():
        if wanted.name not in FED or wanted.type not in TYPES:
            raise ModelError(
                f"{graph} wants the input {wanted.name} ({wanted.type}); export it with {', '.join(FED)} of int64 only"
            )
        types[wanted.name] = TYPES[wanted.type]
    return types


def _tokenizer(file: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_buffer(file.read_bytes())
    except OSError as error:
        raise ModelError(
            f"{file} cannot be read ({error.strerror}); save the model's fast tokenizer beside it"
        ) from None
    except ValueError as error:
        raise ModelError(f"{file} is damaged: {error}; download the model again") from None
    tokenizer.no_padding()
    return tokenizer


def _padded(rows: Sequence[Sequence[int]], filler: int) -> NDArray[np.int64]:
    width = max(len(row) for row in rows)
    return np.array([[*row, *[filler] * (width - len(row))] for row in rows], np.int64)
