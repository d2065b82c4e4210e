"""Turns tuned weights into what nlp/model holds: `python -m nlp.training.export --help`."""

import argparse
import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from nlp.training.net import EMOTIONS, SENTIMENTS, SIGNALS, Network, minilm
from nlp.training.smooth import smooth

GRAPH, TOKENIZER = "reader_int8.onnx", "tokenizer.json"
OUTPUTS = ["embedding", "emotion", "signals", "tokens"]
MAX_TOKENS = 256  # what all-MiniLM-L6-v2 was trained to embed
OPSET = 17


def main(argv: Sequence[str] | None = None) -> None:
    """Write the int8 graph, the tokenizer and the manifest; thresholds and temperatures come from `calibrate`."""
    parser = argparse.ArgumentParser("python -m nlp.training.export", description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="the folder of all-MiniLM-L6-v2, with tokenizer.json")
    parser.add_argument("--weights", type=Path, required=True, help="what `train` wrote")
    parser.add_argument("--revision", required=True, help="of the weights: any change of an answer is a new one")
    parser.add_argument("--shift", type=float, nargs=2, default=(0.0, 0.0), help="what `calibrate` says")
    parser.add_argument("--out", type=Path, required=True)
    told = parser.parse_args(argv)
    network = minilm(told.base)
    network.answers.load_state_dict(torch.load(told.weights, weights_only=True))
    network.answers.tokens.bias.data[:3] += torch.tensor([told.shift[0], 0.0, told.shift[1]])
    told.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        precise = Path(folder) / "reader.onnx"
        smooth(network.eval(), Tokenizer.from_file(str(told.base / TOKENIZER)))
        export(network, precise)
        quantise(precise, told.out / GRAPH)
    shutil.copy(told.base / TOKENIZER, told.out / TOKENIZER)
    write_manifest(told.out, {"name": "allears-reader", "revision": told.revision, **START})


START: dict[str, Any] = {
    "languages": ["en"],
    "sentiment": SENTIMENTS,
    "emotion": EMOTIONS,
    "signals": SIGNALS,
    "thresholds": dict.fromkeys(SIGNALS, 0.5),
    "temperature": {"sentiment": 1.0, "aspect": 1.0, "emotion": 1.0},
    "max_tokens": MAX_TOKENS,
}


def export(network: Network, file: Path) -> None:
    """Write the fp32 graph: input_ids and attention_mask (batch, tokens) to OUTPUTS."""
    ids = torch.tensor([[101, 7592, 2088, 102], [101, 7592, 102, 0]])
    mask = (ids > 0).long()
    free = {0: "batch", 1: "tokens"}
    axes = {"input_ids": free, "attention_mask": free, "tokens": free} | {name: {0: "batch"} for name in OUTPUTS[:3]}
    inputs = ["input_ids", "attention_mask"]
    with torch.no_grad():  # the newer exporter writes graphs that the quantiser does not take
        torch.onnx.export(
            network, (ids, mask), str(file),
            input_names=inputs, output_names=OUTPUTS, dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip


def quantise(precise: Path, file: Path) -> None:
    """Write the int8 graph: weights by channel, for a scale per matrix costs the embedding three points of cosine."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    simple = precise.with_suffix(".simple.onnx")
    quant_pre_process(str(precise), str(simple), skip_symbolic_shape=True)
    quantize_dynamic(
        simple, file,
        weight_type=QuantType.QInt8, per_channel=True, reduce_range=False,
        op_types_to_quantize=["MatMul", "Gather"], extra_options={"MatMulConstBOnly": True},
    )  # fmt: skip


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write manifest.json with the sha256 of the graph and the tokenizer."""
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (GRAPH, TOKENIZER)}
    text = json.dumps(manifest | {"sha256": sums}, indent=2)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
