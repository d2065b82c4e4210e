"""HTML as people and programs write it, and the text that is left of it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats.markup import plain


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a < b",
        "I <3 it",
        "R&D",
        "AT&T; rocks",
        "List<int> of <john@x.example>",
        " two  spaces\n",
        "https://x.example/?a&b",
    ],
)
def test_a_text_without_markup_comes_back_as_it_is(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p>two<br>three<br/>four", "one\ntwo\nthree\nfour"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<b>bo</b>ld and <i>slant</i>", "bold and slant"),
        ("a \n  b&nbsp;c", "a\nb c"),
        ("<p>a \n  b&nbsp;c</p>", "a b c"),
        ("5 &lt; 6 &amp; &#x27;x&#x27; &#128512;", "5 < 6 & 'x' 😀"),
        ("👩‍👩‍👧 <b>❤️</b>", "👩‍👩‍👧 ❤️"),
        ("<p>I <3 it, List<int> too</p>", "I <3 it, List too"),
        ("<script>alert('<p>')</script>hi<style>p{}</style>", "hi"),
        ("I typed <script> and it <b>crashed</b>", "I typed and it crashed"),
        ("<!-- <p>no</p> -->yes<!DOCTYPE x><?php no ?>", "yes"),
        ("<![CDATA[kept]]> <p>", "kept"),
        ("<a title=\"a>b\" href='x>y'>link</a>", "link"),
        ("<a href=\"x>y <b>it's</b>", "y it's"),
        ("&#" + "1" * 5000 + "; <p>x", "\ufffd\nx"),
    ],
)
def test_markup_becomes_lines_and_words(html: str, text: str) -> None:
    assert plain(html) == text


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<a ",
        "<a x='",
        '<a "="',
        "<!--",
        "<![CDATA[",
        "</",
        "<script>",
        "<script ",
        "&",
        "<b><i></b>",
        "<",
        "<br>",
    ],
)
def test_hostile_markup_takes_time_in_proportion_to_its_length(piece: str) -> None:
    html = "<b>" + piece * (200_000 // len(piece))
    start = time.process_time()
    plain(html)
    assert time.process_time() - start < 3


@given(st.text(alphabet="<>&;/!-='\" abp#1x[]\n", max_size=200))
def test_any_soup_of_marks_is_read_without_an_error(html: str) -> None:
    assert len(plain(html)) <= len(html)


@given(st.text(max_size=200))
def test_any_text_survives_being_escaped_and_wrapped(text: str) -> None:
    words = " ".join(text.split())
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert plain(f"<div><p>{escaped}</p></div>") == words
