"""What is said of which aspect, and whose words for them count."""

import tomllib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.config import ConfigError, load_config
from nlp.aspects import DEFAULT, Vocabulary, phrases_of, terms, with_own
from nlp.encoder import Encoder
from nlp.reader import Aspect, Models, read


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(Encoder())


def found(text: str, vocabulary: Vocabulary = DEFAULT) -> list[tuple[str, str]]:
    return [(term.aspect, text[term.start : term.end]) for term in terms(text, phrases_of(vocabulary))]


def aspects_of(models: Models, text: str, vocabulary: Vocabulary = DEFAULT) -> Sequence[Aspect]:
    return read(models, [text], ["en"], aspects=vocabulary).readings[0].aspects


def test_one_sentence_may_praise_one_thing_and_blame_another(models: Models) -> None:
    heard = {a.aspect: a for a in aspects_of(models, "Great coffee, rude staff")}
    assert {name: a.sentiment for name, a in heard.items()} == {"drinks": "positive", "staff": "negative"}
    assert heard["drinks"].score > 0 > heard["staff"].score
    assert (heard["staff"].term, heard["staff"].quote) == ("staff", "Great coffee, rude staff")


def test_the_quote_is_the_sentence_in_the_writers_own_words(models: Models) -> None:
    text = "Loved it 😍😍😍!! <br>The 😡 support never answered me 😡. Will see @anna https://a.example/b"
    (aspect,) = aspects_of(models, text)
    assert (aspect.aspect, aspect.term) == ("support", "support")
    assert aspect.quote == "The 😡 support never answered me 😡."


def test_emoji_before_a_term_do_not_move_its_tokens(models: Models) -> None:
    plain = {a.aspect: a.sentiment for a in aspects_of(models, "I love the coffee, but the staff is rude.")}
    assert {
        a.aspect: a.sentiment for a in aspects_of(models, "☕☕ 🇩🇪 I love the coffee, but the staff is rude.")
    } == plain


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Customer service was bad", [("support", "Customer service")]),
        ("the customer-service desk", [("support", "customer-service")]),
        ("BATTERIES, dishes and fees", [("battery", "BATTERIES"), ("food", "dishes"), ("price", "fees")]),
        ("customer. Service", [("service", "Service")]),
        ("an application for disservice to priceless foodies", [("app", "application")]),
        ("Battery life: none", [("battery", "Battery life")]),
        ("", []),
    ],
)
def test_the_longest_phrase_is_found_at_word_boundaries_in_any_case_and_number(
    text: str, wanted: list[tuple[str, str]]
) -> None:
    assert found(text) == wanted


def test_an_aspect_named_twice_alike_in_a_sentence_is_one_and_in_two_sentences_two(models: Models) -> None:
    assert len(aspects_of(models, "Awful waiters, just awful, rude waiters")) == 1
    assert len(aspects_of(models, "Awful waiters. Truly horrible waiters.")) == 2


def test_no_phrase_stands_for_two_aspects() -> None:
    words = [word for phrases in DEFAULT.values() for word in phrases]
    assert sorted(words) == sorted(set(words))


def test_own_words_add_an_aspect_replace_one_and_drop_one() -> None:
    own = with_own({"parking": ["car park", "parking"], "food": ["grub"], "drinks": []})
    assert found("The car parks, the grub, the pizza and the coffee", own) == [
        ("parking", "car parks"),
        ("food", "grub"),
    ]
    assert "drinks" not in own and "food" in DEFAULT


def test_own_aspects_stand_in_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "allears.toml"
    file.write_text('[aspects]\nparking = ["car park"]\nfood = []\n')
    aspects = load_config(file).aspects
    assert list(aspects["parking"]) == ["car park"]
    assert "food" not in aspects and "price" in aspects


@pytest.mark.parametrize("line", ['parking = "car park"', 'parking = ["!"]', 'parking = [""]', "parking = [1]"])
def test_what_is_no_list_of_words_is_refused_with_its_place(tmp_path: Path, line: str) -> None:
    file = tmp_path / "allears.toml"
    file.write_text(f"[aspects]\n{line}\n")
    with pytest.raises(ConfigError, match=r"\[aspects\].*parking"):
        load_config(file)


def test_the_default_vocabulary_is_the_file_beside_the_code() -> None:
    file = Path(__file__).parents[1] / "nlp" / "aspects.toml"
    assert tomllib.loads(file.read_text(encoding="utf-8")) == DEFAULT


def test_finding_terms_takes_time_in_proportion_to_the_text() -> None:
    times = 50_000  # quadratic would take hours
    assert len(list(terms("customer service desk of customer " * times, phrases_of(DEFAULT)))) == times


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=200), st.sampled_from(sorted(DEFAULT)))
def test_every_term_is_a_word_or_phrase_of_its_aspect_in_order(noise: str, aspect: str) -> None:
    text = f"{noise} {DEFAULT[aspect][0]} {noise}"
    hits = list(terms(text, phrases_of(DEFAULT)))
    assert all(a.end <= b.start for a, b in pairwise(hits))
    assert all(text[hit.start : hit.end].strip() == text[hit.start : hit.end] != "" for hit in hits)
