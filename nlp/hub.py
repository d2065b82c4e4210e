"""Any Hugging Face sentiment classifier in the place of the embedded one: by its id or in a folder, with torch."""

import logging
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nlp.encoder import Floats
from nlp.errors import ModelError
from nlp.labels import fingerprint, labels_of, read_json, sentiment_columns, token_limit
from nlp.sentiment import softmax

BATCH = {"cpu": 32, "cuda": 256}  # a GPU idles on small ones
FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]  # no code, no copies for other frameworks
PICKLED = "pytorch_model*.bin"  # where a model has nothing newer; torch reads it with weights_only
EXTRA = "uv sync --extra hub"

log = logging.getLogger(__name__)


class Place(NamedTuple):
    """Where a model's files are, and the name and revision they go by."""

    folder: Path
    name: str
    revision: str


class HubSentiment:
    """A sequence classifier of transformers: fp32 on a CPU, bf16 on a GPU. No code of the model's own is run."""

    def __init__(
        self, place: Place, label_map: Mapping[str, str], languages: frozenset[str] | None, device: str = "auto"
    ) -> None:
        """Load the model. Raises ModelError if torch or a file is missing, or the model is no sentiment classifier."""
        folder, name, revision = place
        self.languages = languages
        config = read_json(folder / "config.json")
        optional = folder / "tokenizer_config.json"
        self._limit = token_limit(config, read_json(optional) if optional.exists() else {})
        self._columns = sentiment_columns(name, labels_of(config, folder / "config.json"), label_map)
        weights = weights_of(folder)
        if not weights:
            raise ModelError(
                f"{folder} holds no whole *.safetensors or {PICKLED}; save the model there, or download again"
            )
        self._torch = _torch(name)
        self._device = _device(self._torch, device)
        self._tokenizer, self._model = _loaded(folder, weights, self._torch, self._device)
        self.name = f"{name}@{revision}#{fingerprint(weights)}"

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return (n, 3) probabilities in the order of `texts`, which are batched by length; long ones are cut."""
        answer = np.zeros((len(texts), 3), np.float32)
        if not texts:
            return answer
        tokens = self._tokenizer(list(texts), truncation=True, max_length=self._limit)
        order = np.argsort([len(ids) for ids in tokens["input_ids"]], kind="stable")
        size = BATCH[self._device]
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            answer[rows] = (
                softmax(self._logits({key: [tokens[key][i] for i in rows] for key in tokens})) @ self._columns
            )
        return answer

    def _logits(self, tokens: Mapping[str, Sequence[Sequence[int]]]) -> Floats:
        batch = self._tokenizer.pad(tokens, return_tensors="pt").to(self._device)
        with self._torch.inference_mode():
            logits: Floats = self._model(**batch).logits.float().cpu().numpy()
        return logits


def find_model(wanted: str, base: Path, revision: str | None = None) -> Place:
    """Return where the model `wanted` is: a folder, relative to `base`, or the local copy of a hub id.

    A hub id whose files are not here yet is downloaded, with a progress bar, unless HF_HUB_OFFLINE is set. Raises
    ModelError if there is no such model or no way to it.
    """
    folder = base / Path(wanted).expanduser()
    if folder.is_dir():
        return Place(folder, folder.resolve().name, "local")
    if wanted.startswith((".", "/", "~")):
        raise ModelError(f"[models] sentiment = {wanted!r}: there is no folder {folder}")
    snapshot = _snapshot(wanted, folder, revision)
    return Place(snapshot, wanted, revision or snapshot.name[:7])


def weights_of(folder: Path) -> list[Path]:
    """Return the files of a model's weights, empty unless all of them are there."""
    for pattern in ("*.safetensors", PICKLED):
        index = next(iter(sorted(folder.glob(f"{pattern}.index.json"))), None)
        parts = set(read_json(index).get("weight_map", {}).values()) if index else set()
        found = sorted(folder.glob(pattern))
        if found and parts <= {file.name for file in found}:
            return found
    return []


def _snapshot(name: str, folder: Path, revision: str | None) -> Path:
    here = _cached(name, folder, revision)
    if here is None or not weights_of(here):
        log.warning("The model %s is not on this machine yet; downloading it", name)
        here = _downloaded(name, folder, revision)
    if not weights_of(here):
        hint = "unset HF_HUB_OFFLINE where it is set, or take a model with *.safetensors"
        raise ModelError(f"[models] sentiment = {name!r}: its copy in {here} has no whole weights; {hint}")
    return here


def _cached(name: str, folder: Path, revision: str | None) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    except ValueError as error:
        raise ModelError(
            f"[models] sentiment = {name!r} is neither the folder {folder} nor a hub id: {error}"
        ) from None


def _downloaded(name: str, folder: Path, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download

    try:
        here = Path(snapshot_download(name, revision=revision, allow_patterns=FILES))
        if not weights_of(here):
            here = Path(snapshot_download(name, revision=revision, allow_patterns=[*FILES, PICKLED]))
    except OSError as error:
        at = f" at revision {revision}" if revision else ""
        raise ModelError(
            f"[models] sentiment = {name!r}{at} is not the folder {folder}, not in the local cache, and cannot be "
            f"downloaded: {' '.join(str(error).split())}"
        ) from None
    return here


def _torch(name: str) -> Any:
    try:
        import torch
        import transformers  # noqa: F401  # absent here is better than absent half-way
    except ImportError as error:
        raise ModelError(f"[models] sentiment = {name!r} needs {error.name}, which is not installed: {EXTRA}") from None
    return torch


def _device(torch: Any, wanted: str) -> str:
    here = "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and here == "cpu":
        raise ModelError('[models] device = "cuda": torch sees no GPU here; write "auto", or mend the driver')
    return here if wanted == "auto" else wanted


def _loaded(folder: Path, weights: Sequence[Path], torch: Any, device: str) -> tuple[Any, Any]:
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # a second of loading is no news; downloads keep theirs
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model, report = AutoModelForSequenceClassification.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=weights[0].suffix == ".safetensors",
            dtype=dtype,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, pickle.UnpicklingError, SafetensorError) as error:
        told = " ".join(str(error).split())
        raise ModelError(f"{folder} cannot be loaded: {told}; download the model again, or take another") from None
    if report["missing_keys"]:  # transformers would fill them with noise and go on
        lacks = ", ".join(sorted(report["missing_keys"]))
        raise ModelError(f"{folder} has no trained classifier: its weights lack {lacks}; take a fine-tuned model")
    return tokenizer, model.to(device).eval()
