"""Privacy at the door: what identifies a person is gone before anything is kept, and what only looks so stays."""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Changed, Cursor, Page, Reject, Source
from flows.collect import collect
from flows.config import Config, ConfigError, Feed, load_config
from flows.desk import Desk, keep_rejects, open_desk
from nlp.privacy.ibans import LENGTHS
from nlp.privacy.pseudonym import pseudonym
from nlp.privacy.redact import KINDS, redact

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Mail jane.doe+shop@mail.example.co.uk.", "Mail [email]."),
        ("请联系jane@example.com谢谢", "请联系[email]谢谢"),
        ("jane (at) example dot com, please", "[email], please"),
        ("jane[at]example[dot]com", "[email]"),
        ("jane dot doe at gmail dot com", "[email]"),
        ("my e-mail is jane at example dot org", "my e-mail is [email]"),
        ("correo: jane_1 arroba ejemplo punto es", "correo: [email]"),
        ("https://shop.example/leave?mail=jane@example.com&n=1", "https://shop.example/leave?mail=[email]&n=1"),
        ("call me at 555-123-4567", "call me at [phone]"),
        ("(202) 555-0143 or 202-555-0144", "[phone] or [phone]"),
        ("+1 202 555 0143", "[phone]"),
        ("+49 (0) 170 123 45 67, thanks", "[phone], thanks"),
        ("0171/1234567", "[phone]"),
        ("06 12 34 56 78", "[phone]"),
        ("ring 07911 123456 tonight", "ring [phone] tonight"),
        ("(11) 91234-5678", "[phone]"),
        ("wa: https://wa.me/491701234567", "wa: https://wa.me/[phone]"),
        ("tel:+4917012345678", "tel:[phone]"),
        ("٠٦ ١٢ ٣٤ ٥٦ ٧٨", "[phone]"),
        ("call ０１７１ １２３４５６７", "call [phone]"),
        ("4111 1111 1111 1111 12/27 123", "[card] 12/27 123"),
        ("I paid with 4111111111111111!", "I paid with [card]!"),
        ("3782-822463-10005", "[card]"),
        ("DE89 3704 0044 0532 0130 00 is mine", "[iban] is mine"),
        ("gb82west12345698765432.", "[iban]."),
        ("logged in from 203.0.113.77, strange", "logged in from [ip], strange"),
        ("203.0.113.77:8080 and [2001:db8::8a2e:7334]:443", "[ip]:8080 and [[ip]]:443"),
        ("my ip is 8.8.4.4", "my ip is [ip]"),
        (r"{'body': 'call\n0171 1234567\nDE89370400440532013000'}", r"{'body': 'call\n[phone]\n[iban]'}"),
    ],
)
def test_what_identifies_a_person_is_redacted(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "order 112-1234567-1234567 never came, nor did Order #4111111111111111",
        "order number 4111111111111111",
        "4111 1111 1111 1112 fails the Luhn test",
        "DE89 3704 0044 0532 0130 01 fails modulo 97, DE89 3704 0044 0532 0130 is too short",
        "v1.2.3.4 is out, version 1.2.3.4 too; firmware 192.168.0.2 and Chrome 120.0.0.0",
        "updated to 18.6.4.6",
        "1.299.000 IDR, $1,234.56, 12.50 EUR, 1 000 000 views, Rs. 2500-3500",
        "on 2023-01-15 10:30:45, 15.01.2023, 12/11/2023, 07.04 2023 and in 2019-2020",
        "called on 12/11/2023 about the phone 2003 2004 2005",
        "ISBN 978-3-16-148410-0 and 9783161484100",
        "iPhone 15 Pro 256, Galaxy S23 128, RTX 4090 24 1000 2000, model 1234-5678",
        "21-19 15-21 3:2 and 10 20 30 40 50 60 70 80",
        "https://x.example/status/1234567890123456789?id=4111111111111111 and shop.example/0171-1234567",
        "#12345678, 550e8400-e29b-41d4-a716-446655440000, d41d8cd98f00b204e9800998ecf8427e",
        "std::vector<int>, a::b, 00:1B:44:11:3A:B7, 1700000000 and 1700000000000",
        "@jane_doe said git@github.example:foo/bar, icon@2x.png, react@18.2.0-rc.x, @jane@mastodon.example",
        "I ordered it at amazon dot com. At this point it is late; the game. At some point it ends",
        "127.0.0.1 and 255.255.255.0",
        "called with index 2147483647",
    ],
)
def test_what_only_looks_so_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_a_country_says_how_its_phone_numbers_are_written() -> None:
    assert redact("612 34 56 78", regions=["ES"]) == "[phone]"
    assert redact("612 34 56 78", regions=["US"]) == redact("612 34 56 78") == "612 34 56 78"


def test_only_the_chosen_kinds_are_redacted() -> None:
    text = "jane@example.com, +1 202 555 0143, 203.0.113.77, 4111111111111111, DE89370400440532013000"
    for kind in KINDS:
        assert redact(text, [kind]).count("[") == redact(text, [kind]).count(f"[{kind}]") == 1
    assert redact(text, []) == text


def test_every_iban_that_is_right_is_found_and_its_neighbour_is_not() -> None:
    for country, length in LENGTHS.items():
        body = "1234567890" * 3
        account = body[: length - 4]
        check = 98 - int("".join(str(int(char, 36)) for char in f"{account}{country}00")) % 97
        assert redact(f"to {country}{check:02}{account} please", ["iban"]) == "to [iban] please"
        assert "[iban]" not in redact(
            f"to {country}{check:02}{account[:-1]}{(int(account[-1]) + 1) % 10} please", ["iban"]
        )


PIECES = st.sampled_from(
    re.split(
        " ",
        "a @ . dot at (at) [at] - + ( ) / : # call order v1. version ip ,  \t \n \\n +49 0049 0171 1234567 555-123-4567"
        " 4111 1111 111 4111111111111111 jane jane@example.com git@ 1.2.3.4 203.0.113.7 2001:db8::1 :: fe80: DE89 3704"
        " 0044 0532 0130 00 https://a.example/ wa.me/ [phone] [email] ] [ ٠٦ １２ é 谢 12 7 6 2023 _ e-mail €",
    )
)
MIXED = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=40)


@given(MIXED, st.sampled_from(["", " "]))
def test_redacting_again_changes_nothing_and_no_text_grows_by_more_than_its_tokens(pieces: list[str], gap: str) -> None:
    text = gap.join(pieces)
    once = redact(text, regions=["ES"])
    assert redact(once, regions=["ES"]) == once
    tokens = sum(once.count(f"[{kind}]") - text.count(f"[{kind}]") for kind in KINDS)
    assert len(once) <= len(text) + max(tokens, 0)  # the shortest identifier has six characters, a token seven


HOSTILE = ["1", "@", "a", "a@", "a.", "1.", "a (at) ", "a at b dot ", " dot", ":", "a:", "(", "+", "DE89", "a-", "[at]"]
ROWS = ["1 ", "12 ", "06 ", "4111 ", "DE89 "]


@pytest.mark.parametrize("unit", [*HOSTILE, *ROWS])
def test_the_work_on_a_hostile_text_grows_with_its_length_only(unit: str) -> None:
    short, long = _work(unit * (2**12 // len(unit))), _work(unit * (2**13 // len(unit)))
    assert long <= 2.1 * short + 200


@pytest.mark.parametrize("unit", [*HOSTILE, "1a ", "x.co", "/"])
def test_a_megabyte_of_anything_comes_to_its_end(unit: str) -> None:
    """A pattern that tries every start again would take 10^12 steps, some hours."""
    assert redact(unit * (2**20 // len(unit)))


def _work(text: str) -> int:
    """Return how many functions redacting `text` calls."""
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        redact(text)
    finally:
        sys.setprofile(None)
    return calls


def test_a_pseudonym_is_the_same_for_the_same_author_source_and_key_only() -> None:
    name = pseudonym("reddit", "jane", KEY)
    assert name == pseudonym("reddit", "jane", KEY)
    others = {pseudonym("x", "jane", KEY), pseudonym("reddit", "Jane", KEY), pseudonym("reddit", "jane", "x" * 200)}
    assert len({name, *others}) == 4
    assert name.startswith("author-") and len(name) == 19


SAID = [
    Mention(
        source="test_privacy",
        native_id="4111111111111111",
        text="It is @Jane.D here, 06 12 34 56 78, not @jane.doe or @jane.dx",
        title="mail jane@example.com",
        reply_text="Dear @jane.d, call 555-123-4567",
        author="jane.d",
        url="https://site.example/jane.d/4111111111111111",
        parent_id="203.0.113.77",
        posted_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
]
REJECT = Reject("item 2", "ValueError: 'jane@example.com'", "{'author': 'jane.d', 'text': 'call 555-123-4567'}")


def _fetch(http: Http, cursor: Cursor) -> Iterator[Page]:
    yield Page(SAID, {"page": 1}, [REJECT], suspect="the first is by jane@example.com")


_fetch.__module__ = "connectors.source"  # where there is no recheck
FEED = Feed("said", Source("said", _fetch, "Said", "forum", "https://example.com", "-", {}, ()), "forum", None, {}, "x")


def a_config(folder: Path, privacy: str) -> Config:
    file = folder / "allears.toml"
    file.write_text(f'{privacy}\n[[feeds]]\nsource = "hackernews"\nquery = "x"\n')
    return load_config(file)


def kept(desk: Desk) -> tuple[Any, ...]:
    (row,) = desk.warehouse.rows("SELECT author, title, text, reply_text FROM mentions")
    return row


def test_nothing_of_it_is_in_the_warehouse_its_rejects_or_its_reports(tmp_path: Path) -> None:
    with open_desk(a_config(tmp_path, "")) as desk:
        report = collect(desk, FEED)
        desk.report.feeds = [report]
        keep_rejects(desk)
        text = "It is @Jane.D here, [phone], not @jane.doe or @jane.dx"
        assert kept(desk) == ("jane.d", "mail [email]", text, "Dear @jane.d, call [phone]")
        ids = desk.warehouse.rows("SELECT native_id, url, parent_id FROM mentions")
        assert ids == [(SAID[0].native_id, SAID[0].url, SAID[0].parent_id)]
        assert report.message == "the first is by [email]"
        desk.warehouse.checkpoint()
    stored = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"[phone]" in stored
    assert b"jane@example.com" not in stored and b"555-123-4567" not in stored


def test_authors_get_pseudonyms_or_go_and_their_handles_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLEARS_PSEUDONYM_KEY", KEY)
    name = pseudonym("test_privacy", "jane.d", KEY)
    for authors, author, shown in [("pseudonym", name, name), ("drop", None, "[author]")]:
        with open_desk(a_config(tmp_path, f'[privacy]\nauthors = "{authors}"')) as desk:
            collect(desk, FEED)
            assert kept(desk)[0] == author
            assert kept(desk)[2] == f"It is {shown} here, [phone], not @jane.doe or @jane.dx"
            assert "jane" not in str(desk.warehouse.rows("FROM ops.rejects"))
            desk.warehouse.write("DELETE FROM ops.rejects")


@pytest.mark.parametrize("privacy", ["", '[privacy]\nauthors = "pseudonym"', "[privacy]\nredact = false"])
def test_a_second_run_with_the_same_settings_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, privacy: str
) -> None:
    monkeypatch.setenv("ALLEARS_PSEUDONYM_KEY", KEY)
    config = a_config(tmp_path, privacy)
    assert [_collected(config) for _ in range(2)] == [(1, 0), (0, 0)]


def test_another_setting_changes_a_mention_once(tmp_path: Path) -> None:
    kept_plainly = a_config(tmp_path, "[privacy]\nredact = false")
    assert _collected(kept_plainly) == (1, 0)
    config = a_config(tmp_path, "")
    assert [_collected(config) for _ in range(2)] == [(0, 1), (0, 0)]


def _collected(config: Config) -> tuple[int, int]:
    with open_desk(config) as desk:
        report = collect(desk, FEED)
        return report.new, report.changed


def test_an_error_that_quotes_an_answer_is_redacted_too(tmp_path: Path) -> None:
    def broken(http: Http, cursor: Cursor) -> Iterator[Page]:
        """Quote what came."""
        yield Page([], {})
        raise Changed("said", "2 of 2 items are unreadable; ValueError: 'jane@example.com'", "update it")

    broken.__module__ = "connectors.source"
    card = Source("said", broken, "Said", "forum", "https://example.com", "-", {}, ())
    with open_desk(a_config(tmp_path, "")) as desk:
        report = collect(desk, Feed("said", card, "forum", None, {}, "x"))
    assert report.message == "said: 2 of 2 items are unreadable; ValueError: '[email]' (update it)"


@pytest.mark.parametrize(
    ("privacy", "message"),
    [
        ('authors = "pseudonym"', r"ALLEARS_PSEUDONYM_KEY is not set; make one: python -c"),
        ('authors = "pseudonym"\nkey = "env:SHORT"', r"SHORT has 5 characters of at least 16; make one"),
        ('key = "0123456789abcdef"', r'key must be "env:NAME"'),
        ('authors = "hide"', r"authors = 'hide': Input should be 'keep', 'pseudonym' or 'drop'"),
        ('redact = ["emial"]', r"'emial': Input should be 'email', 'phone', 'card', 'iban' or 'ip'"),
        ("redacted = true", r"unknown key 'redacted' \(did you mean 'redact'\?\)"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, privacy: str, message: str
) -> None:
    monkeypatch.delenv("ALLEARS_PSEUDONYM_KEY", raising=False)
    monkeypatch.setenv("SHORT", "short")
    with pytest.raises(ConfigError, match=message):
        a_config(tmp_path, f"[privacy]\n{privacy}")


def test_kinds_are_chosen_by_a_list(tmp_path: Path) -> None:
    assert a_config(tmp_path, '[privacy]\nredact = ["email", "ip"]').privacy.kinds == ("email", "ip")
    assert a_config(tmp_path, "").privacy.kinds == KINDS
