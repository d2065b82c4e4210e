"""Where sentences and clauses begin and end."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.sentences import clauses, sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "wanted",
    [
        ["I paid $3.50 for it.", "Great coffee, e.g. the flat white!", "Rude staff..."],
        ["Dr. Smith was nice :)"],
        ["Waited 40 min... then left.", "why?!?!"],
        ["see http for v2.3.1.", "And @user said no."],
        ["no capitals here.", "still two."],
        ["I love it!!!! 10/10.", "Best.", "App.", "Ever."],
        ["Great! 👍", "Bad service."],
        ["5/5 would recommend😡😡", "Never again"],
        ["I live in the U.S. and love it."],
    ],
)
def test_a_text_is_cut_where_anybody_would(wanted: list[str]) -> None:
    assert cut(" ".join(wanted)) == wanted


@pytest.mark.parametrize(
    "lines",
    [["- slow app", "- crashes a lot", "* ok price"], ["1. slow", "2. dear"], ["Pros: fast", "Cons: dear"]],
)
def test_each_item_of_a_list_is_a_sentence(lines: list[str]) -> None:
    assert cut("\n".join(lines)) == lines


def test_a_line_that_mail_software_broke_is_no_end() -> None:
    text = "This is a line that is so long that the program wrapped it\nin the middle. And another."
    assert cut(text) == [text[:-13], "And another."]


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_nothing_has_no_sentences(text: str) -> None:
    assert sentences(text) == []


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("great coffee, rude staff", ["great coffee,", "rude staff"]),
        ("The food is fine but I would not go again.", ["The food is fine", "but I would not go again."]),
        ("Lovely place though the tea was cold", ["Lovely place", "though the tea was cold"]),
        ("It cost 1,200 euros", ["It cost 1,200 euros"]),
        ("A butler served us", ["A butler served us"]),
    ],
)
def test_a_sentence_is_cut_into_clauses(sentence: str, wanted: list[str]) -> None:
    assert [sentence[start:end] for start, end in clauses(sentence, (0, len(sentence)))] == wanted


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab A.!?,;:-\n😡👍1") | st.characters(codec="utf-8"), max_size=120))
def test_sentences_hold_every_letter_once_and_in_order_and_clauses_stay_inside(text: str) -> None:
    spans = sentences(text)
    held = "".join(text[start:end] for start, end in spans)
    assert [c for c in held if c.isalpha()] == [c for c in text if c.isalpha()]
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    for span in spans:
        inner = clauses(text, span)
        assert all(span[0] <= start < end <= span[1] for start, end in inner)
