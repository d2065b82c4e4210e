"""A sentiment classifier small enough to know its answers by heart, as an ONNX folder that people would export."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

WORDS = {"[UNK]": (0, 0, 0), "bad": (3, 0, 0), "fine": (0, 3, 0), "good": (0, 0, 3)}
LABELS = ("negative", "neutral", "positive")


def write_onnx(folder: Path, labels: Sequence[str] = LABELS, file: str = "model.onnx", tokens: int = 8) -> Path:
    """Write a model that adds 3 to the first logit for "bad", to the second for "fine", to the third for "good"."""
    folder.mkdir(exist_ok=True)
    onnx.save(_graph(len(labels)), folder / file)
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))  # noqa: S106  # a token of text
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"id2label": {str(i): label for i, label in enumerate(labels)}, "max_position_embeddings": tokens}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def _graph(labels: int) -> onnx.ModelProto:
    table = np.zeros((len(WORDS), labels), np.float32)
    table[:, :3] = np.array(list(WORDS.values()), np.float32)[:, :labels]
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["mask3"]),
        helper.make_node("Mul", ["words", "mask3"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "tokens"], ["logits"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["n", "t"]) for n in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", labels])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([2]), "last"),
            numpy_helper.from_array(np.array([1]), "tokens"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
