"""How right readings are: the figures, and the verb that prints them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from connectors.mention import Mention
from flows.cli import app
from flows.config import ConfigError
from flows.evaluate import cutoff_text
from nlp.errors import ModelError
from nlp.evaluate import (
    calibration,
    calibration_error,
    confusion,
    cutoff,
    evaluate_signals,
    wilson,
    worst_slices,
)
from nlp.slices import traits_of
from nlp.terms import term_span
from nlp.training.heldout import held_out
from tests.classifiers import write_onnx
from warehouse.corrections import Correction, correct
from warehouse.warehouse import Batch, Walk, Warehouse

LABELLED = [
    ("I love it, best coffee ever", "positive"),
    ("Awful, it broke at once and nobody answers", "negative"),
    ("The shop opens at nine on Saturdays.", "neutral"),
]


def honest(texts: int, seed: int) -> tuple[list[bool], list[float]]:
    """Return answers of a model that is right as often as it says."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(1 / 3, 1, texts)
    return list(rng.uniform(size=texts) < sure), list(sure)


def test_a_model_that_is_as_right_as_it_says_has_no_calibration_error() -> None:
    assert calibration_error(*honest(20_000, 1)) == pytest.approx(0, abs=1.5)


def test_a_model_that_is_sure_of_wrong_answers_has_a_large_one() -> None:
    right = [True, False] * 500
    assert calibration_error(right, [0.9] * 1_000) == pytest.approx(40, abs=0.5)


def test_no_answer_at_all_has_no_calibration_error() -> None:
    assert calibration_error([], []) is None


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60))
def test_every_text_is_in_one_bin_of_the_calibration(pairs: list[tuple[bool, float]]) -> None:
    bins = calibration([right for right, _ in pairs], [sure for _, sure in pairs])
    assert sum(each.texts for each in bins) == len(pairs)
    assert sum(each.texts * each.right for each in bins) == pytest.approx(sum(right for right, _ in pairs))
    sizes = [each.texts for each in bins]
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_bounds_of_a_share_hold_it_and_stay_between_0_and_1(counts: tuple[int, int]) -> None:
    hits, texts = counts
    low, high = wilson(hits, texts)
    assert -1e-9 <= low <= hits / texts + 1e-9 <= high + 2e-9 <= 1 + 3e-9


@pytest.mark.parametrize("wished", [0.8, 0.9, 0.95])
def test_a_cut_off_breaks_its_promise_on_texts_not_seen_one_time_in_ten_at_most(wished: float) -> None:
    broken = 0
    for seed in range(200):
        found = cutoff(*honest(600, seed), wished, 600)
        assert found is not None
        true_precision = (1 + found.confidence) / 2  # above a confidence, where all are as common
        broken += found.reached and true_precision < wished
    assert broken <= 20


def test_a_cut_off_keeps_as_many_texts_as_it_can() -> None:
    right, sure = [True] * 300 + [False] * 300, [0.9] * 300 + [0.5] * 300
    found = cutoff(right, sure, 0.95, 1_000)
    assert found is not None
    assert (found.confidence, found.texts, found.stays, found.precision) == (0.9, 300, 0.3, 1.0)


def test_texts_of_equal_confidence_stay_or_go_together() -> None:
    found = cutoff([True] * 50 + [False] * 50, [0.8] * 100, 0.9, 100)
    assert found is not None
    assert (found.reached, found.texts, found.precision) == (False, 100, 0.5)


def test_a_precision_that_few_texts_show_by_luck_is_not_called_reached() -> None:
    found = cutoff([True] * 10, [0.9] * 10, 0.95, 10)
    assert found is not None and not found.reached
    assert found.precision == 1
    told = cutoff_text(found, 0.95)
    assert "No cut-off surely reaches a precision of 0.95" in told and "More labelled texts" in told


def test_a_cut_off_is_told_with_what_stays_and_how_sure_it_is() -> None:
    told = cutoff_text(cutoff([True] * 300, [0.9] * 300, 0.95, 400), 0.95)
    assert "confidence >= 0.900; 300 texts (75%) stay, of which 100.0% are right, at least 99.1%" in told


def test_three_odd_texts_do_not_lead_the_worst_slices() -> None:
    traits = [["all"]] * 900 + [["hard", "all"]] * 100 + [["odd", "all"]] * 3
    right = [True] * 900 + [True, False] * 50 + [False, False, True]
    worst = worst_slices(traits, right)
    assert [each.name for each in worst] == ["hard", "odd"]
    assert worst[0].accuracy == 0.5 and 0.5 < worst[0].at_most < 0.6


def test_signals_are_measured_each_by_itself() -> None:
    labels = [["bug", "complaint"], ["bug"], [], ["question"]]
    answers = [["bug"], ["bug", "complaint"], [], None]
    quality, signals = evaluate_signals(labels, answers, ["bug", "complaint", "question", "praise"])
    assert {each.signal: each.f1 for each in signals} == {"bug": 1, "complaint": 0, "question": 0}
    assert (quality.texts, quality.read, quality.accuracy) == (4, 3, 0.25)
    assert quality.macro_f1 == pytest.approx(1 / 3)


def test_a_text_without_an_answer_stands_by_itself_in_the_confusion() -> None:
    counts = confusion(["a", "a", "b"], ["a", None, "a"], ["a", "b"])
    assert counts == {"a": {"a": 1, "b": 0, "no answer": 1}, "b": {"a": 1, "b": 0, "no answer": 0}}


@pytest.mark.parametrize(
    ("text", "traits"),
    [
        ("Didn't work", {"1–8 words", "negation"}),
        ("dont know, is it any better than the old one?", {"9–20 words", "negation", "comparison", "question"}),
        ("nice 😀", {"1–8 words", "emoji"}),
        ("I want another", {"1–8 words"}),
        ("word " * 51, {"51+ words"}),
    ],
)
def test_what_makes_a_text_hard_is_seen(text: str, traits: set[str]) -> None:
    assert set(traits_of(text)) == traits


def test_a_term_is_found_as_a_word_near_where_it_should_be() -> None:
    text = "Seafood is not food, but good food is"
    assert term_span(text, "food") == (15, 19)
    assert term_span(text, "food", near=29) == (30, 34)
    assert term_span("Seafoods", "food") == (3, 7)
    assert term_span(text, "service") is None
    assert term_span(text, "") is None


def test_copies_that_differ_in_case_and_punctuation_are_held_out_together() -> None:
    texts = [f"Review {number}" for number in range(1_000)]
    assert [held_out(text) for text in texts] == [held_out(f"  {text.upper()}!! ") for text in texts]
    assert 150 < sum(map(held_out, texts)) < 250


def write(file: Path, *lines: str) -> Path:
    file.write_text("\n".join(lines) + "\n")
    return file


def evaluated(*words: str | Path) -> dict[str, object]:
    done = CliRunner().invoke(app, ["eval", *map(str, words), "--json"], catch_exceptions=False)
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_eval_tells_all_it_knows_of_the_sentiment(tmp_path: Path) -> None:
    rows = [f'"{text}",{label},reviews' for text, label in LABELLED]
    told = evaluated(write(tmp_path / "a.csv", "text,label,group", *rows, "Das ist ein sehr schlechter Tag,negative,x"))
    assert (told["texts"], told["reading"]) == (4, "sentiment")
    assert told["confusion"]["positive"]["positive"] == 1  # type: ignore[index]
    assert isinstance(told["calibration_error"], float)
    assert told["cutoff"] is None


def test_eval_prints_for_a_person_what_the_cut_off_is_worth(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "text,label", *(f'"{text}",{label}' for text, label in LABELLED))
    done = CliRunner().invoke(app, ["eval", str(file), "--precision", "0.95"], catch_exceptions=False)
    assert "No cut-off surely reaches a precision of 0.95" in done.stdout
    assert "macro_recall" in done.stdout and "Confusion" in done.stdout


def test_eval_measures_another_model_on_the_same_texts(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "text,label", "This is good,positive", "It is bad,positive")
    told = evaluated(file, "--model", write_onnx(tmp_path / "mine"))
    assert (str(told["model"])[:11], told["accuracy"]) == ("mine@local#", 0.5)
    with pytest.raises(ModelError, match="nowhere"):
        evaluated(file, "--model", tmp_path / "nowhere")


def test_eval_measures_emotions_signals_and_aspects(tmp_path: Path) -> None:
    file = write(tmp_path / "e.csv", "text,label", "This makes me furious and how dare they!,anger")
    assert evaluated(file, "--reading", "emotion")["accuracy"] == 1
    file = write(tmp_path / "s.csv", "text,signals", "How do I change my address?,question", "It is Monday.,")
    assert evaluated(file, "--reading", "signals")["texts"] == 2
    file = write(tmp_path / "a.csv", "text,term,label", "The coffee was great but the staff was rude,staff,negative")
    told = evaluated(file, "--reading", "aspects")
    assert (told["texts"], told["read"]) == (1, 1)


@pytest.mark.parametrize(
    ("reading", "lines", "message"),
    [
        ("sentiment", ["text,label", "fine,good"], "row 2: label 'good'; known are negative, neutral, positive"),
        ("sentiment", ["body,label", "fine,good"], "column text is missing; its first line has body, label"),
        ("sentiment", ["text,label"], "has no rows"),
        ("emotion", ["text,label", "fine,positive"], "row 2: label 'positive'"),
        ("signals", ["text,signals", "fine,", "broken,bug | bugs"], "row 3: label 'bugs'; known are complaint"),
        ("aspects", ["text,label", "fine,positive"], "column term is missing"),
        ("aspects", ["text,term,label", "Nice coffee,tea,positive"], "row 2: the term 'tea' does not stand"),
    ],
)
def test_a_wrong_file_is_named_with_its_row(tmp_path: Path, reading: str, lines: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        evaluated(write(tmp_path / "wrong.csv", *lines), "--reading", reading)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "eval takes a FILE, or --corrections"),
        (["FILE", "--corrections"], "eval takes a FILE, or --corrections"),
        (["FILE", "--reading", "signals", "--model", "x"], "--corrections and --model are of the sentiment only"),
        (["FILE", "--reading", "signals", "--precision", "0.9"], "the reading signals has no confidence"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, words: list[str], message: str) -> None:
    file = write(tmp_path / "s.csv", "text,signals,label", "fine,,neutral")
    with pytest.raises(ConfigError, match=message):
        evaluated(*(file if word == "FILE" else word for word in words))


def test_eval_measures_on_the_mentions_that_people_corrected(tmp_path: Path, now: datetime) -> None:
    config = write(tmp_path / "allears.toml", "version = 1")
    posted_at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    mentions = [
        Mention(
            source="forum", native_id=str(number), text=text, posted_at=posted_at, url=f"https://forum.example/{number}"
        )
        for number, (text, _) in enumerate(LABELLED)
    ]
    with Warehouse(tmp_path / "warehouse.duckdb", now) as warehouse:
        warehouse.land(Batch(mentions, {}), Walk("a", "forum", "forum", "x"), now)
    with pytest.raises(ConfigError, match="nobody has corrected a mention yet"):
        evaluated("--corrections", "--config", config)
    with Warehouse(tmp_path / "warehouse.duckdb", now) as warehouse:
        given = [
            Correction(f"row {number}", f"https://forum.example/{number}", label)
            for number, (_, label) in enumerate(LABELLED[:2])
        ]
        correct(warehouse, given, now)
        warehouse.settle([])
    told = evaluated("--corrections", "--config", config)
    assert (told["texts"], told["accuracy"]) == (2, 1.0)
