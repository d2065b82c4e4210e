"""Other models in the place of the embedded one: whose labels, which languages, and what a run writes down."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.config import ConfigError, load_config
from flows.models import load_models
from flows.start import run_daily
from nlp.errors import ModelError
from nlp.hub import find_model
from nlp.onnxmodel import OnnxSentiment
from tests.classifiers import write_onnx
from warehouse.mart import ask

FEED = '[[feeds]]\nsource = "file"\npath = "said.csv"\nbrand = "Harbor Coffee"\n'
ENGLISH = frozenset({"en"})


def onnx_model(folder: Path, **label_map: str) -> OnnxSentiment:
    return OnnxSentiment(folder, label_map, ENGLISH)


def config_with(folder: Path, models: str) -> Path:
    file = folder / "allears.toml"
    file.write_text(f"[models]\n{models}\n{FEED}")
    return file


def test_an_onnx_folder_answers_in_the_order_of_the_texts(tmp_path: Path) -> None:
    model = onnx_model(write_onnx(tmp_path / "mine"))
    p = model.probabilities(["good", "a quite long way to say bad", "fine fine", "good bad"])
    sure = np.exp(3) / (np.exp(3) + 2)
    assert p.argmax(1).tolist() == [2, 0, 1, 0]
    assert p[0].tolist() == pytest.approx([(1 - sure) / 2, (1 - sure) / 2, sure])
    assert p[3, 0] == p[3, 2]  # were padding counted, or the rows mixed up, these would differ
    assert model.name.startswith("mine@local#") and len(model.name) == len("mine@local#") + 12


def test_a_text_longer_than_the_model_reads_is_cut(tmp_path: Path) -> None:
    model = onnx_model(write_onnx(tmp_path / "mine", tokens=3))
    assert model.probabilities(["good good good bad bad bad bad"]).argmax() == 2


@given(st.lists(st.text(max_size=60), max_size=5))
def test_no_text_breaks_an_onnx_model(texts: list[str]) -> None:
    p = TINY.probabilities(texts)
    assert p.shape == (len(texts), 3)
    assert p.sum(1) == pytest.approx(1)


@pytest.fixture(autouse=True, scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> None:
    global TINY  # noqa: PLW0603  # hypothesis takes no fixtures of a test's own
    TINY = onnx_model(write_onnx(tmp_path_factory.mktemp("tiny") / "mine"))


@pytest.mark.parametrize(
    ("labels", "text", "wanted"),
    [
        (["NEG", "NEU", "POS"], "bad", 0),
        (["Positive", "Neutral", "Negative"], "bad", 2),
        (["POSITIVE", "NEGATIVE"], "bad", 2),
        (["5 stars", "3 stars", "1 star", "2 stars", "4 stars"], "good", 0),
        (["Very Negative", "Negative", "Neutral", "Positive", "Very Positive"], "fine", 0),
    ],
)
def test_labels_say_themselves_what_they_mean(tmp_path: Path, labels: list[str], text: str, wanted: int) -> None:
    p = onnx_model(write_onnx(tmp_path / "mine", labels)).probabilities([text])
    assert int(p.argmax()) == wanted
    assert float(p.sum()) == pytest.approx(1)


def test_stars_are_summed(tmp_path: Path) -> None:
    p = onnx_model(write_onnx(tmp_path / "mine", [f"{n} star{'s' * (n > 1)}" for n in range(1, 6)]))
    assert p.probabilities(["what"])[0].tolist() == pytest.approx([0.4, 0.2, 0.4])


def test_labels_that_say_nothing_are_an_error_that_shows_the_map_to_write(tmp_path: Path) -> None:
    folder = write_onnx(tmp_path / "mine", ["LABEL_0", "LABEL_1", "LABEL_2"])
    wanted = r'label_map = \{ "LABEL_0" = "negative", "LABEL_1" = "neutral", "LABEL_2" = "positive" \}'
    with pytest.raises(ModelError, match=wanted):
        onnx_model(folder)
    model = onnx_model(folder, LABEL_0="positive", LABEL_1="neutral", LABEL_2="negative")
    assert model.probabilities(["bad"]).argmax() == 2


def test_a_label_map_for_another_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"label_map names 'LABEL_7'; its labels are negative, neutral, positive"):
        onnx_model(write_onnx(tmp_path / "mine"), LABEL_7="positive")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda f: (f / "config.json").unlink(), r"config.json cannot be read \(No such file"),
        (lambda f: (f / "config.json").write_text("{"), r"config.json is damaged: it is not JSON"),
        (lambda f: (f / "config.json").write_text("{}"), r"config.json has no id2label"),
        (lambda f: (f / "config.json").write_text('{"id2label": {"1": "pos"}}'), r"config.json has no id2label"),
        (lambda f: (f / "tokenizer.json").unlink(), r"tokenizer.json cannot be read"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), r"tokenizer.json is damaged"),
        (lambda f: (f / "model.onnx").write_text("version https://git-lfs"), r"model.onnx is damaged"),
        (lambda f: (f / "model.onnx").write_bytes(b""), r"model.onnx is damaged"),
        (lambda f: (f / "model.onnx").unlink(), r"must hold model.onnx, or one .onnx file alone; there is none"),
        (lambda f: (f / "config.json").write_text('{"id2label": {"0": "neg", "1": "pos"}}'), r"shape \(1, 3\)"),
    ],
)
def test_what_is_missing_or_damaged_is_one_clear_error(
    tmp_path: Path, harm: Callable[[Path], object], message: str
) -> None:
    folder = write_onnx(tmp_path / "mine")
    harm(folder)
    with pytest.raises(ModelError, match=message):
        onnx_model(folder).probabilities(["good"])


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ('sentiment = "./mine"', r"there is no folder .*/mine"),
        ('sentiment = "a/b/c"', r"neither the folder .* nor a hub id"),
        ('sentiment = "acme/no-such-model"', r"not in the local cache, and cannot be downloaded: .*HF_HUB_OFFLINE"),
    ],
)
def test_a_model_that_is_not_there_is_one_clear_error(tmp_path: Path, models: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_models(load_config(config_with(tmp_path, models)))


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ('label_map = { LABEL_0 = "bad" }', r"\[models\] \[label_map\] LABEL_0 = 'bad'"),
        ('languages = ["English"]', r'\[models\] languages = \["English"\]|ISO 639-1 codes such as \["en", "de"\]'),
        ('device = "gpu"', r"\[models\] device = 'gpu'"),
        ('emotion = "x"', r"\[models\] unknown key 'emotion'.*known are sentiment"),
    ],
)
def test_a_wrong_option_is_one_clear_error(tmp_path: Path, models: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(config_with(tmp_path, models))


@pytest.mark.parametrize(
    ("line", "languages"),
    [
        ("", ENGLISH),
        ('languages = ["de", "fr"]', frozenset({"de", "fr"})),
        ('languages = "any"', None),
    ],
)
def test_the_user_says_which_languages_a_model_reads(
    tmp_path: Path, line: str, languages: frozenset[str] | None
) -> None:
    write_onnx(tmp_path / "mine")
    replacement = load_models(load_config(config_with(tmp_path, f'sentiment = "mine"\n{line}'))).sentiment
    assert replacement is not None
    assert replacement.languages == languages


def test_without_models_in_the_file_the_embedded_model_reads(tmp_path: Path) -> None:
    (tmp_path / "allears.toml").write_text(FEED)
    models = load_models(load_config(tmp_path / "allears.toml"))
    assert models.sentiment is None
    assert "en" in models.encoder.languages


def test_a_model_in_the_local_cache_needs_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    commit = "0123456789abcdef0123456789abcdef01234567"
    snapshot = tmp_path / "models--acme--mood" / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").write_text("weights")
    (tmp_path / "models--acme--mood" / "refs").mkdir()
    (tmp_path / "models--acme--mood" / "refs" / "main").write_text(commit)
    assert find_model("acme/mood", tmp_path) == (snapshot, "acme/mood", "0123456")
    (snapshot / "model.safetensors").unlink()  # a download that broke off
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        find_model("acme/mood", tmp_path)


@pytest.mark.slow
def test_a_run_reads_with_the_model_in_the_file_and_writes_down_which(prefect: None, tmp_path: Path) -> None:
    write_onnx(tmp_path / "mine")
    with (tmp_path / "said.csv").open("w") as lines:
        csv.writer(lines).writerows([["text"], ["The coffee here is bad as always"], ["El café de aquí es muy bueno"]])
    config = load_config(config_with(tmp_path, 'sentiment = "mine"'))
    report = run_daily(config, [], alerts=False)
    assert report.problems == []
    replacement = load_models(config).sentiment
    assert replacement is not None
    read = ask(config.mart, "SELECT sentiment, model, emotion IS NULL FROM mentions WHERE language = 'en'").rows
    assert read == [("negative", replacement.name, False)]


def test_check_tries_the_model_and_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "said.csv").write_text("text\nThe coffee is good\n")
    file = config_with(tmp_path, 'sentiment = "./mine"')
    allears = str(Path(sys.executable).with_name("allears"))
    done = subprocess.run([allears, "check", "--config", file, "--json"], capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)[0]["status"]) == (2, "ok")
    assert "there is no folder" in done.stderr
