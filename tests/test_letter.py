"""A mail's own words: what other people and programs wrote into it is taken out."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats.letter import marked, own_words, person
from connectors.formats.markup import plain

QUOTE = "\n> How was it?\n> Ann\n"


@pytest.mark.parametrize(
    "introduction",
    [
        "On Sat, 21 Nov 2026 at 18:04, Ann Buoy <ann@pier.example> wrote:",
        "On Sat, Nov 21, 2026 at 6:04 PM Ann Buoy via users <\nusers@lists.example.org> wrote:",
        "On 11/21/26 18:04, Ann Buoy\n<ann@pier.example>\nwrote:",
        "Am 21.11.2026 um 18:04 schrieb Ann Buoy:",
        "Le sam. 21 nov. 2026 à 18:04, Ann Buoy <ann@pier.example> a écrit :",
        "El sáb, 21 nov 2026 a las 18:04, Ann Buoy (<ann@pier.example>) escribió:",
        "Il giorno sab 21 nov 2026 alle ore 18:04 Ann Buoy ha scritto:",
        "W dniu 21.11.2026 o 18:04, Ann Buoy pisze:",
        "Op 21-11-2026 om 18:04 schreef Ann Buoy:",
        "Ann Buoy <ann@pier.example> writes:",
        "Ann wrote:",
    ],
)
@pytest.mark.parametrize("gap", ["", "\n"])
def test_a_quoted_mail_goes_with_the_sentence_that_introduces_it(introduction: str, gap: str) -> None:
    assert own_words(f"It was good.\n\n{introduction}{gap}{QUOTE}\nBye") == "It was good.\n\nBye"


def test_answers_between_quotes_stay_in_their_order() -> None:
    text = "Ann wrote:\n> One?\nYes.\n>> older\n> Two?\n\nNo.\n>Three?\n"
    assert own_words(text) == "Yes.\n\nNo."


@pytest.mark.parametrize(
    "text",
    [
        "I like it:\nthe mug, I mean.",
        "5 > 4 and a -> b",
        "From: the first sip I liked it.\nThe second was cold.",
        "Prices:\n--\n" + "\n".join(f"cup {n}" for n in range(12)),
        "On Monday I was there.\nOn Tuesday, too.",
        "____\nHe said -- and left.",
    ],
)
def test_what_only_looks_like_a_quote_or_a_signature_stays(text: str) -> None:
    assert own_words(text) == text


@pytest.mark.parametrize(
    "end",
    [
        "-- \nAnn Buoy\nPier 4",
        "--\nAnn Buoy\nPier 4",
        f"{47 * '_'}\nusers mailing list -- users@lists.example.org\nTo unsubscribe send",
        f"{47 * '_'}\nUsers mailing list\nusers@lists.example.org",
        "-----Original Message-----\nFrom: Ann\n\nHow was it?",
        "-----Ursprüngliche Nachricht-----\nVon: Ann\n\nWie war's?",
        f"{32 * '_'}\nFrom: Ann <a@pier.example>\nSent: Friday\nTo: Tom\nSubject: Cup\n\nHow was it?",
        "Von: Ann <a@pier.example>\nGesendet: Freitag\nAn: Tom\nBetreff: Tasse\n\nWie war's?",
    ],
)
def test_signature_footer_and_the_mail_below_go(end: str) -> None:
    assert own_words(f"It was good.\n\n{end}\n") == "It was good."


def test_a_forwarded_mail_stays_because_it_is_what_its_sender_wants_read() -> None:
    block = "From: Ann <a@pier.example>\nSent: Friday\nTo: Tom\nSubject: Cup\n\nIt leaks."
    assert "It leaks." in own_words(f"See below.\n\n{block}", "FW: Cup")
    assert "It leaks." in own_words(f"---------- Forwarded message ---------\n{block}")
    assert own_words(f"See below.\n\n{block}", "Re: Cup") == "See below."


def test_a_mail_that_only_quotes_has_no_words() -> None:
    assert own_words(f"Ann wrote:{QUOTE}") == ""


def test_quotes_of_html_mails_are_marked_as_in_plain_ones() -> None:
    html = (
        "<div>It was good.</div><div>On 21 Nov 2026 Ann wrote:<br></div>"
        "<blockquote type=cite>How?<blockquote>older</blockquote>Ann</blockquote><p>Bye</p>"
    )
    assert own_words(plain(marked(html))) == "It was good.\n\nBye"
    assert own_words(plain(marked("Good<blockquote>cut off"))) == "Good"
    assert marked("a</blockquote>b") == "a</blockquote>b"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ann Buoy", "Ann Buoy"),
        (" Ann ", "Ann"),
        ("ann@pier.example", None),
        ("ann (a) pier.example", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_is_never_taken_for_a_name(name: str | None, shown: str | None) -> None:
    assert person(name) == shown


@given(
    st.lists(
        st.sampled_from(["> q", "On 5 May 2026 Ann", "wrote:", "-- ", "words", "", "From: a", "Sent: b", "_" * 45])
    )
)
def test_own_words_are_words_of_the_mail(lines: list[str]) -> None:
    left = own_words("\n".join(lines))
    assert all(line in lines for line in left.splitlines() if line)
    assert not any(line.startswith(">") for line in left.splitlines())


@pytest.mark.parametrize(
    "text", ["On 1" + "x" * 700 + ":\n> q\n", "a\n" * 3, "> q\nOn 1:\n", "<", ": 1\n", "From: x\n"]
)
def test_time_grows_with_length_only(text: str) -> None:
    long = text * (250_000 // len(text))
    begun = time.process_time()
    own_words(long)
    marked(long.replace("q", "<blockquote "))
    assert time.process_time() - begun < 5
