"""Which language a text is taken for: a wrong one is worse than none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.encoder import Encoder
from nlp.language import language_of
from nlp.text import clean


@pytest.fixture(scope="module")
def english() -> frozenset[str]:
    return Encoder().words


@pytest.mark.parametrize(
    "text",
    [
        "Terrible", "Dislike", "Not good", "nice", "ok", "meh", "Great!", "Bad app 👎", "Goooood", "luv it",
        "thx", "I love Netflix", "i love zyntro", "wont update", "Doesn't work", "#fail", "@zyntro fail",
        "glitchy mess",
        "The delivery was late and the box was open", "worst app ever, uninstalled", "So good 😍😍",
    ],
)  # fmt: skip
def test_short_english_with_brands_and_slang_is_english(english: frozenset[str], text: str) -> None:
    assert language_of(clean(text), None, english) == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Muy bueno", "es"), ("no me gusta nada", "es"), ("Très bien", "fr"), ("c'est nul, rien ne marche", "fr"),
        ("Sehr gut", "de"), ("Die App stürzt ständig ab", "de"), ("pessimo servizio, mai più", "it"),
        ("Não funciona mais", "pt"), ("Очень вкусный кофе", "ru"), ("コーヒーがとても美味しかった", "ja"),
        ("这个应用程序很好用，我很喜欢", "zh"),
        ("هذا التطبيق سيء جدا", "ar"),
    ],
)  # fmt: skip
def test_other_languages_are_named(english: frozenset[str], text: str, language: str) -> None:
    assert language_of(text, None, english) == language


@pytest.mark.parametrize("text", ["Excelente", "bonne application", "gute App", "mola mucho", "Ótimo", "Klasse", "bof"])
def test_a_short_text_in_another_language_is_never_taken_for_english(english: frozenset[str], text: str) -> None:
    assert language_of(text, None, english) != "en"


@pytest.mark.parametrize("text", ["", "!!!", "5/5", "😡", "http", "@user http", "12 000"])
def test_without_words_nobody_knows_whatever_is_declared(english: frozenset[str], text: str) -> None:
    assert language_of(text, "de", english) is None


@pytest.mark.parametrize(("declared", "wanted"), [("de", "de"), ("pt-BR", "pt"), ("EN_us", "en"), ("fil", "fil")])
def test_a_text_that_does_not_tell_is_in_the_language_that_its_source_declares(
    english: frozenset[str], declared: str, wanted: str
) -> None:
    assert language_of("Zyntro", declared, english) == wanted


def test_a_text_that_tells_is_believed_before_its_source(english: frozenset[str]) -> None:
    assert language_of("The delivery was late and the box was open", "de", english) == "en"
    assert language_of("Der Kaffee ist kalt und die App stürzt ab", "en", english) == "de"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_it(english: frozenset[str], text: str) -> None:
    language = language_of(text, None, english)
    assert language is None or (language.isascii() and language == language.lower() != "")
