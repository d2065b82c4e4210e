"""One reader of bench.read, run by the Python that has what it needs; every run is a process of its own."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any, TypeAlias

Reader: TypeAlias = Callable[[Sequence[str]], object]

TOKENIZER = Path(__file__).parents[1] / "nlp/model/tokenizer.json"
BATCH, MAX_TOKENS, WARM_UP = 32, 256, 16
AT_ONCE = 2_000  # texts, as flows.read takes them
SIDE, TIMES = 1024, 20  # of the square matrices whose product is the measure of the machine, and how often it is taken


def ours(threads: int, _: Path) -> Reader:
    """Every answer as a mention gets it: language, sentiment, emotion, signals, aspects, embedding."""
    from nlp.encoder import Encoder
    from nlp.reader import Models, read

    models = Models(Encoder(threads=threads))
    return lambda texts: read(models, texts, ["en"] * len(texts))


def encoder(threads: int, _: Path) -> Reader:
    """The forward pass alone, tokens included."""
    from nlp.encoder import Encoder

    return Encoder(threads=threads).encode


def pipeline(threads: int, _: Path, *, shape: str, batch: int) -> Reader:
    """One answer, by transformers' pipeline over a model with random weights, on the same tokens."""
    import torch
    import transformers

    torch.set_num_threads(threads)
    if shape == "roberta":
        config = transformers.RobertaConfig(vocab_size=50_265, max_position_embeddings=514, num_labels=3)
        model = transformers.RobertaForSequenceClassification(config)
    else:
        small = {"hidden_size": 384, "num_hidden_layers": 6, "intermediate_size": 1536}
        model = transformers.BertForSequenceClassification(transformers.BertConfig(**small, num_labels=3))
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER), model_max_length=MAX_TOKENS)
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    ask = transformers.pipeline("text-classification", model=model.eval(), tokenizer=tokenizer, device="cpu")
    return lambda texts: ask(list(texts), batch_size=batch, truncation=True)


def torch_fp32(threads: int, _: Path, *, by_length: bool) -> Reader:
    """Our network before it is quantised, in torch."""
    import torch

    from nlp.training.net import Network

    torch.set_num_threads(threads)
    network = Network().eval()

    def run(ids: Any, mask: Any) -> None:
        with torch.inference_mode():
            network(torch.from_numpy(ids), torch.from_numpy(mask))

    return partial(_in_batches, run, by_length)


def onnxruntime_fp32(threads: int, graph: Path) -> Reader:
    """Our network before it is quantised, in onnxruntime."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    return partial(_in_batches, lambda ids, mask: session.run(None, {"input_ids": ids, "attention_mask": mask}), True)


def openvino_bf16(threads: int, graph: Path) -> Reader:
    """Our network before it is quantised, in OpenVINO, which computes it in bf16."""
    import openvino  # type: ignore[import-not-found]

    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "bf16"}
    model = core.compile_model(core.read_model(str(graph)), "CPU", settings)
    return partial(_in_batches, lambda ids, mask: model({"input_ids": ids, "attention_mask": mask}), True)


def vader(_: int, __: Path) -> Reader:
    """A list of words, on one core: what no model costs."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return lambda texts: [analyzer.polarity_scores(text) for text in texts]


READERS: dict[str, Callable[[int, Path], Reader]] = {
    "ours, every answer": ours,
    "ours, encoder alone": encoder,
    "RoBERTa-base shape, pipeline, batch 1": partial(pipeline, shape="roberta", batch=1),
    "RoBERTa-base shape, pipeline, batch 32": partial(pipeline, shape="roberta", batch=BATCH),
    "MiniLM shape, pipeline, batch 1": partial(pipeline, shape="minilm", batch=1),
    "MiniLM shape, pipeline, batch 32": partial(pipeline, shape="minilm", batch=BATCH),
    "our network, torch fp32": partial(torch_fp32, by_length=False),
    "our network, torch fp32, by length": partial(torch_fp32, by_length=True),
    "our network, onnxruntime fp32, by length": onnxruntime_fp32,
    "our network, OpenVINO bf16, by length": openvino_bf16,
    "VADER, one core": vader,
}


def read(name: str, threads: str, graph: str, file: str, count: str) -> dict[str, float]:
    """Read `count` texts, those of the JSON `file` in a circle; return the seconds of loading and of reading."""
    begun = time.perf_counter()
    reader = READERS[name](int(threads), Path(graph))
    load_s = time.perf_counter() - begun
    texts: list[str] = json.loads(Path(file).read_text(encoding="utf-8"))
    reader(texts[:WARM_UP])
    endless = islice(cycle(texts), int(count))
    begun, spent = time.perf_counter(), time.process_time()
    while part := list(islice(endless, AT_ONCE)):
        reader(part)
    return {"load_s": load_s, "seconds": time.perf_counter() - begun, "cpu_s": time.process_time() - spent}


def export(file: str) -> dict[str, float]:
    """Write our network with random weights as an ONNX file in fp32."""
    from nlp.training.export import export as write
    from nlp.training.net import Network

    write(Network().eval(), Path(file))
    return {}


def int8() -> dict[str, float]:
    """Return the operations a second that onnxruntime does on one core when it multiplies large int8 matrices."""
    import numpy as np
    import onnxruntime as ort
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(7)
    weights = numpy_helper.from_array(rng.integers(-127, 128, (SIDE, SIDE), np.int8), "weights")
    inputs = [helper.make_tensor_value_info("states", TensorProto.UINT8, [SIDE, SIDE])]
    outputs = [helper.make_tensor_value_info("product", TensorProto.INT32, [SIDE, SIDE])]
    node = helper.make_node("MatMulInteger", ["states", "weights"], ["product"])
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(
        helper.make_graph([node], "g", inputs, outputs, [weights]), opset_imports=opset, ir_version=9
    )
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    states = rng.integers(0, 256, (SIDE, SIDE), np.uint8)
    return _rate(lambda: session.run(None, {"states": states}))


def bf16() -> dict[str, float]:
    """Return the operations a second that torch does on one core when it multiplies large bf16 matrices."""
    import torch

    torch.set_num_threads(1)
    one = torch.randn(SIDE, SIDE).bfloat16()
    return _rate(lambda: torch.nn.functional.linear(one, one))


def _rate(multiply: Callable[[], object]) -> dict[str, float]:
    """Return the best of some rates: what disturbs a measurement only slows it."""
    multiply()
    best_s = float("inf")
    for _ in range(TIMES):
        begun = time.process_time()
        multiply()
        best_s = min(best_s, time.process_time() - begun)
    return {"rate": 2 * SIDE**3 / best_s}


def _in_batches(run: Callable[[Any, Any], object], by_length: bool, texts: Sequence[str]) -> None:
    import numpy as np

    for batch in _batches(texts, by_length):
        lengths = np.array([len(ids) for ids in batch])
        mask = np.arange(lengths.max()) < lengths[:, None]
        ids = np.zeros(mask.shape, np.int64)
        ids[mask] = np.concatenate(batch)
        run(ids, mask.astype(np.int64))


def _batches(texts: Sequence[str], by_length: bool) -> Iterator[list[list[int]]]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    tokens = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    if by_length:
        tokens.sort(key=len)
    for start in range(0, len(tokens), BATCH):
        yield tokens[start : start + BATCH]


STEPS: dict[str, Callable[..., dict[str, float]]] = {"read": read, "export": export, "int8": int8, "bf16": bf16}

if __name__ == "__main__":
    step, *arguments = sys.argv[1:]
    print(json.dumps(STEPS[step](*arguments)))
