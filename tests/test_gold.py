"""The shipped model on mentions that we wrote and labelled ourselves: its floors only rise."""

import json
from pathlib import Path

import pytest

from bench.gold import FLOORS, GOLD, GoldQuality, aspect_part, load_examples, load_floors, measure_gold, raise_floors
from nlp.encoder import Encoder
from nlp.reader import Models

ROOT = Path(__file__).parents[1]
FIGURES = ["sentiment_macro_recall", "emotion_accuracy", "signals_macro_f1", "aspects_accuracy", "mixed_f1"]


@pytest.fixture(scope="module")
def gold() -> GoldQuality:
    return measure_gold(Models(Encoder()), load_examples(GOLD))


@pytest.mark.parametrize("figure", FIGURES)
def test_the_shipped_model_is_no_worse_than_its_floor(gold: GoldQuality, figure: str) -> None:
    assert gold.figures[figure] >= load_floors()[figure]


def test_every_figure_has_a_floor(gold: GoldQuality) -> None:
    assert sorted(gold.figures) == sorted(load_floors()) == sorted(FIGURES)


def test_the_gold_mentions_are_labelled_as_the_model_answers() -> None:
    encoder, examples = Encoder(), load_examples(GOLD)
    assert len({each.text for each in examples}) == len(examples) >= 200
    assert {each.sentiment for each in examples} == set(encoder.sentiments)
    assert {each.emotion for each in examples} <= set(encoder.emotions)
    assert {signal for each in examples for signal in each.signals} == set(encoder.signals)
    assert set(aspect_part(examples).labels) <= set(encoder.sentiments)
    assert any(each.mixed for each in examples)


def test_a_floor_rises_with_the_model_and_never_falls(tmp_path: Path) -> None:
    file = tmp_path / "floors.toml"
    assert raise_floors({"a": 0.8015, "b": 0.5}, file) == {"a": 0.791, "b": 0.49}
    assert raise_floors({"a": 0.7, "b": 0.6}, file) == {"a": 0.791, "b": 0.59}
    assert load_floors(file) == {"a": 0.791, "b": 0.59}
    assert raise_floors({}, file) == load_floors(file)


def test_the_floors_that_are_checked_in_say_how_they_are_raised() -> None:
    assert "python -m bench.quality --raise-floors" in FLOORS.read_text()


def test_no_text_of_the_gold_set_is_trained_on() -> None:
    def letters(file: Path) -> set[str]:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return {"".join(filter(str.isalnum, row["text"].lower())) for row in rows}

    for file in (ROOT / "nlp" / "training" / "examples").glob("*.jsonl"):
        assert letters(file) & letters(GOLD) == set(), file.name
