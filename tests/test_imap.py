"""Mailboxes: nothing lost or taken twice whatever a server does, no trace left, no attachment opened."""

import base64
import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import imap
from connectors.formats.imapwords import answers, raw_of, utf7
from connectors.formats.mailbox import CAP
from connectors.formats.mime import read_mail
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Changed, Cursor, Page, Refused, SourceError, Unavailable
from connectors.web.settings import HttpSettings
from tests.imapserver import PASSWORD, USER, Folder, serving

OWN = HttpSettings(allow_private=("127.0.0.1", "localhost"))
CORPUS = Path(__file__).parents[2] / "shared/fixtures/huginn"


def mail(number: int, body: str = "words", **headers: str) -> bytes:
    given = {"Message-ID": f"<m{number}@pier.example>", "From": "Ann <ann@pier.example>", "Subject": f"S{number}"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"{lines}\r\n{body}".encode()


def walk(
    folder: Folder, cursor: Cursor | None = None, http_settings: HttpSettings = OWN, **options: Any
) -> Iterator[Page]:
    with serving(folder) as (host, port), Http("imap", settings=http_settings) as http:
        asked = {"host": host, "port": port, "user": USER, "password": PASSWORD, "tls": "none", **options}
        yield from imap.fetch.walk(http, cursor or {}, **asked)


def ids(pages: list[Page]) -> list[str]:
    return [mention.native_id for page in pages for mention in page.mentions]


def only(raw: bytes) -> Mention:
    ((mention,),) = (page.mentions for page in walk(Folder({1: raw})))
    return mention


def kept(page: Page) -> Cursor:
    found: Cursor = json.loads(json.dumps(page.cursor))
    return found


FULL = Folder({uid: mail(uid) for uid in range(3, 363, 3)})


def test_a_folder_is_read_in_batches_and_left_as_it_was() -> None:
    folder = Folder(FULL.mails)
    pages = list(walk(folder))
    assert [len(page.mentions) for page in pages] == [50, 50, 20]
    assert ids(pages) == [f"m{uid}@pier.example" for uid in FULL.mails]
    verbs = {command.split()[0] if command[:3] != "UID" else command.split()[1] for command in folder.commands}
    assert verbs == {"CAPABILITY", "AUTHENTICATE", "EXAMINE", "FETCH", "SEARCH", "LOGOUT"}
    assert all("BODY.PEEK" in command for command in folder.commands if "BODY" in command)


def test_a_walk_cut_after_any_page_goes_on_and_the_next_one_brings_what_is_new() -> None:
    pages = list(walk(FULL))
    for cut in range(1, len(pages) + 1):
        rest = list(walk(FULL, kept(pages[cut - 1])))
        assert ids(pages[:cut]) + ids(rest) == ids(pages)
    more = Folder(FULL.mails | {400: mail(400)})
    assert ids(list(walk(more, kept(pages[-1])))) == ["m400@pier.example"]


def test_uids_that_begin_anew_are_read_from_the_first_and_count_once() -> None:
    before = list(walk(FULL))
    moved = Folder(dict(enumerate(FULL.mails.values(), 1)) | {900: mail(900)}, validity=2)
    after = list(walk(moved, kept(before[-1])))
    assert set(ids(after)) - set(ids(before)) == {"m900@pier.example"}
    assert after[-1].cursor == {"mark": [2, 900]}


def test_mails_that_come_or_go_while_the_folder_is_read_are_not_lost() -> None:
    folder = Folder(dict(FULL.mails))

    def meanwhile(command: str) -> None:
        if "BODY" in command:
            folder.mails[max(folder.mails) + 1] = mail(max(folder.mails) + 1)
            folder.mails.pop(30, None)

    folder.before = meanwhile
    pages = list(walk(folder))
    rest = list(walk(folder, kept(pages[-1])))
    rest += walk(folder, kept(rest[-1]))
    assert {f"m{uid}@pier.example" for uid in FULL.mails if uid != 30} <= set(ids(pages + rest))
    assert [reject.raw for page in pages for reject in page.rejects] == ["30"]
    assert {int(i[1:].partition("@")[0]) for i in ids(pages + rest)} >= set(range(361, 364))


@pytest.mark.parametrize("seed", range(40))
def test_a_connection_that_drops_anywhere_is_nobodys_fault_and_costs_nothing(seed: int) -> None:
    folder = Folder(FULL.mails, cut=random.Random(seed).randrange(20_000))
    pages: list[Page] = []
    cursor: Cursor = {}
    with pytest.raises(Unavailable):
        for page in walk(folder):
            pages.append(page)
            cursor = kept(page)
    assert ids(pages) + ids(list(walk(FULL, cursor))) == ids(list(walk(FULL)))


def test_large_gaps_between_uids_take_few_commands() -> None:
    folder = Folder({1: mail(1), 4_000_000_000: mail(2)})
    assert len(ids(list(walk(folder)))) == 2 and len(folder.commands) < 40


def test_an_empty_folder_gives_nothing_and_no_mark() -> None:
    assert [page.cursor for page in walk(Folder({}))] == [{}]


def test_a_mail_that_the_server_lists_and_cannot_give_is_a_reject() -> None:
    folder = Folder({uid: mail(uid) for uid in range(1, 6)}, unreadable=frozenset({3}))
    (page,) = walk(folder)
    assert len(page.mentions) == 4 and [reject.raw for reject in page.rejects] == ["3"]
    with pytest.raises(Unavailable, match="none of the 1 mails"):
        list(walk(Folder({1: mail(1)}, unreadable=frozenset({1}))))


def test_a_backfill_leaves_out_mails_from_before_its_span() -> None:
    folder = Folder({1: mail(1)})
    list(walk(folder, {"span": [1_795_000_000, 1_796_000_000]}))
    assert "UID SEARCH UID 1:1000 SINCE 17-Nov-2026" in folder.commands


@contextmanager
def raises(error: type[SourceError], words: str) -> Iterator[None]:
    with pytest.raises(error, match=words) as caught:
        yield
    assert PASSWORD not in str(caught.value) and "pass w" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("NO [AUTHENTICATIONFAILED] pass word is wrong", Refused),
        ("NO pass word is wrong", Refused),
        ("BAD what is pass word", Refused),
        ("NO [UNAVAILABLE] later", Unavailable),
        ("NO [LIMIT] too many connections", Unavailable),
    ],
)
def test_a_login_that_fails_says_who_must_act_and_never_shows_the_password(
    answer: str, error: type[SourceError]
) -> None:
    with raises(error, "does not let this user in"):
        list(walk(Folder({}, answers={"AUTHENTICATE": f"TAG {answer}\r\n".encode()})))


def test_a_server_without_plain_login_gets_the_old_command() -> None:
    folder = Folder({1: mail(1)}, capabilities="IMAP4rev1")
    assert len(ids(list(walk(folder)))) == 1
    assert f'LOGIN "{USER}" "{PASSWORD}"' in folder.commands


def test_a_line_break_in_a_credential_never_becomes_a_command() -> None:
    folder = Folder({})
    with raises(Refused, "control character"):
        list(walk(folder, user="a\r\nA1 DELETE INBOX"))
    assert not any("DELETE" in command for command in folder.commands)


@pytest.mark.parametrize(
    ("folder", "error", "words"),
    [
        (Folder({}, answers={"EXAMINE": b"TAG NO [NONEXISTENT] no\r\n"}), Refused, "NONEXISTENT"),
        (Folder({}, answers={"EXAMINE": b"TAG NO [INUSE] no\r\n"}), Unavailable, "INUSE"),
        (Folder({}, answers={"EXAMINE": b"* 1 EXISTS\r\nTAG OK done\r\n"}), Changed, "UIDVALIDITY"),
        (Folder({1: b""}, answers={"UID SEARCH": b"TAG NO [SERVERBUG] no\r\n"}), Unavailable, "SERVERBUG"),
        (Folder({1: b""}, answers={"UID SEARCH": b"TAG BAD no\r\n"}), Changed, "not IMAP"),
        (Folder({}, answers={"greeting": b"HTTP/1.1 400 Bad Request\r\n"}), Changed, "unexpected response"),
        (Folder({}, answers={"greeting": b"* BYE too busy\r\n"}), Unavailable, "127.0.0.1"),
        (Folder({1: b""}, answers={"UID SEARCH": b"* BYE shutting down\r\n"}), Unavailable, "127.0.0.1"),
        (Folder({1: b""}, answers={"UID SEARCH": b"* SEARCH x\r\nTAG OK done\r\n"}), Changed, "invalid literal"),
    ],
)
def test_every_failure_is_one_of_ours(folder: Folder, error: type[SourceError], words: str) -> None:
    with raises(error, words):
        list(walk(folder))


@pytest.mark.parametrize(
    "flood",
    [
        b"* 1 FETCH (UID 1 BODY[]<0> {4000000000}\r\n",
        b"* 1 FETCH (UID 1 BODY[]<0> {99999999999999999999}\r\n",
        b"* SEARCH " + b"1 " * 600_000 + b"\r\n",
        b"* 1 FETCH (FLAGS ())\r\n" * 300_000,
    ],
    ids=["literal", "absurd literal", "line", "lines"],
)
def test_a_hostile_server_meets_a_limit(flood: bytes) -> None:
    begun = time.monotonic()
    with raises(Changed, "more than"):
        list(walk(Folder({1: mail(1)}, answers={"UID SEARCH": flood + b"TAG OK done\r\n"})))
    assert time.monotonic() - begun < 20


def test_a_private_address_is_refused_unless_it_is_named() -> None:
    folder = Folder({1: mail(1)})
    for host in ("127.0.0.1", "localhost"):
        with raises(Refused, "allow_private"):
            list(walk(folder, http_settings=HttpSettings(), host=host))
    assert not folder.commands
    assert len(list(walk(folder, host="localhost"))) == 1


def test_a_server_that_is_not_there_is_nobodys_fault() -> None:
    with raises(Unavailable, "127.0.0.1"):
        list(walk(Folder({}), port=1))


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_without_tls_where_it_is_wanted_no_password_is_sent(tls: str) -> None:
    folder = Folder({1: mail(1)})
    with raises(Refused, "TLS"):
        list(walk(folder, tls=tls))
    assert not any(command.startswith(("AUTH", "LOGIN")) for command in folder.commands)


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_must_be_trusted_and_for_this_name(tls: str, tmp_path: Path, monkeypatch: Any) -> None:
    folder = Folder({1: mail(1)}, capabilities="IMAP4rev1 AUTH=PLAIN STARTTLS")
    folder.certificate, folder.is_wrapped = _certificate(tmp_path), tls == "implicit"
    with raises(Refused, "certificate"):
        list(walk(folder, tls=tls, host="localhost"))
    assert not any(command.startswith("AUTH") for command in folder.commands)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder.certificate))
    assert len(list(walk(folder, tls=tls, host="localhost"))) == 1
    with raises(Refused, "certificate"):
        list(walk(folder, tls=tls, host="127.0.0.1"))


def _certificate(folder: Path) -> Path:
    """Return a file with a key and a certificate for localhost, signed by itself."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    signed = built.add_extension(names, critical=True).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    place = folder / "both.pem"
    place.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return place


def test_a_mail_is_read_whole() -> None:
    raw = mail(
        1,
        "Good.\r\n\r\n> How?\r\n",
        From='"Buoy, Ann" <ann@pier.example>',
        Subject="=?utf-8?b?UmU6IENhZsOp?= time",
        Date="Sun, 22 Nov 2026 07:00:00 +0200",
        In_Reply_To="<q1@pier.example>",
        References="<q0@pier.example> <q1@pier.example>",
    )
    mention = only(raw)
    assert (mention.native_id, mention.parent_id, mention.author) == ("m1@pier.example", "q1@pier.example", "Buoy, Ann")
    assert (mention.title, mention.text, mention.posted_at.hour) == ("Re: Café time", "Good.", 5)
    assert "ann@" not in repr(mention)


@pytest.mark.parametrize(
    "sender", ["ann@pier.example", '"ann@pier.example" <ann@pier.example>', "<ann@pier.example>", ""]
)
def test_a_sender_without_a_name_has_none(sender: str) -> None:
    assert only(mail(1, From=sender)).author is None


@pytest.mark.parametrize(
    "date", ["", "soon", "Sun, 22 Nov 2099 07:00:00 +0200", "Mon, 1 Jan 1900 00:00:00 +0000", "1 Jan"]
)
def test_a_mail_without_a_date_that_can_be_is_dated_by_its_arrival(date: str) -> None:
    mention = only(mail(1, Date=date))
    assert mention.posted_at.isoformat() == "2026-11-22T06:00:00+00:00" and mention.posted_at_known


def test_a_mail_without_message_id_is_known_by_its_headers() -> None:
    first, other = mail(1, Message_ID=""), mail(2, Message_ID="")
    assert only(first).native_id == only(first).native_id != only(other).native_id
    assert only(mail(1, Message_ID="bare@pier.example")).native_id == "bare@pier.example"


def multipart(*parts: tuple[str, str], kind: str = "mixed") -> bytes:
    body = "".join(f"--b\r\n{head}\r\n\r\n{content}\r\n" for head, content in parts)
    return mail(1, f"{body}--b--\r\n", Content_Type=f'multipart/{kind}; boundary="b"')


HTML = ("Content-Type: text/html", "<p>in <b>HTML</b></p>")


@pytest.mark.parametrize(
    ("parts", "kind", "text"),
    [
        ([("Content-Type: text/plain", "plain"), HTML], "alternative", "plain"),
        ([("Content-Type: text/plain", " \r\n"), HTML], "alternative", "in HTML"),
        ([HTML], "related", "in HTML"),
        ([("Content-Type: text/plain", "one"), ("Content-Type: text/plain", "two")], "mixed", "one\ntwo"),
        (
            [
                ("Content-Type: text/plain", "own"),
                ("Content-Type: text/plain\r\nContent-Disposition: attachment", "no"),
            ],
            "mixed",
            "own",
        ),
        ([("Content-Type: text/plain", "own"), ('Content-Type: text/csv; name="a.csv"', "no")], "mixed", "own"),
        ([("Content-Type: text/plain", "own"), ('Content-Type: text/plain; name="a.txt"', "no")], "mixed", "own"),
        (
            [("Content-Type: text/plain", "own"), ("Content-Type: message/rfc822", "Subject: x\r\n\r\nno")],
            "mixed",
            "own",
        ),
        ([("Content-Type: image/png\r\nContent-Transfer-Encoding: base64", "iVBORw==")], "mixed", "S1"),
    ],
)
def test_the_text_is_the_mail_and_never_what_is_attached(parts: list[tuple[str, str]], kind: str, text: str) -> None:
    assert only(multipart(*parts, kind=kind)).text == text


def test_words_behind_a_huge_picture_are_found_and_the_picture_is_not_fetched() -> None:
    picture = base64.encodebytes(random.Random(1).randbytes(3_000_000)).decode().replace("\n", "\r\n")
    folder = Folder({1: multipart(("Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64", picture), HTML)})
    with serving(folder) as (host, port), Http("imap", settings=OWN) as http:
        options = {"host": host, "port": port, "user": USER, "password": PASSWORD, "tls": "none"}
        (page,) = imap.fetch.walk(http, {}, **options)
        assert http.bytes < 3 * CAP
    assert page.mentions[0].text == "in HTML"


def test_a_huge_mail_is_read_up_to_the_cap() -> None:
    assert 100_000 < len(only(mail(1, "word " * 2_000_000)).text) <= CAP
    assert only(mail(1, "é" * CAP, Content_Type="text/plain; charset=utf-8")).text.strip("é") == ""


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("utf-8", "Café".encode(), "Café"),
        ("iso-8859-1", "Café".encode("latin-1"), "Café"),
        ("iso-8859-1", "“Café”".encode("cp1252"), "“Café”"),
        ("us-ascii", "Café".encode(), "Café"),
        ("", "Café".encode("latin-1"), "Café"),
        ("no-such", "Café".encode(), "Café"),
        ("base64", "Café".encode(), "Café"),
        ("unicode_escape", "Café".encode(), "Café"),
        ("utf-8", "Café".encode("latin-1"), "Café"),
        ("iso-2022-jp", "コーヒー".encode("iso-2022-jp"), "コーヒー"),
        ("gb2312", "联通".encode("gbk"), "联通"),
        ("koi8-r", "Кофе".encode("koi8-r"), "Кофе"),
    ],
)
def test_letters_are_read_in_the_charset_they_are_in(charset: str, body: bytes, text: str) -> None:
    kind = f"text/plain; charset={charset}" if charset else ""
    assert only(mail(1, "", Content_Type=kind) + body).text == text


@pytest.mark.parametrize(
    "subject", ["Café".encode(), "Café".encode("latin-1"), b"=?utf-8?q?Caf=C3=A9?=", b"=?latin-1?q?Caf=E9?="]
)
def test_a_header_with_bytes_it_should_not_have_is_read(subject: bytes) -> None:
    assert only(mail(1, Subject="XX").replace(b"XX", subject)).title == "Café"


@pytest.mark.parametrize(
    "raw",
    [
        mail(1, "words", Content_Type="multipart/mixed"),
        mail(1, "words", Content_Type='multipart/mixed; boundary=""'),
        mail(1, "--b\r\nContent-Type: text/plain\r\n\r\nwords", Content_Type="multipart/mixed; boundary=b"),
        mail(1, "words", Content_Type=";;;", Content_Transfer_Encoding="x-none"),
        mail(1, "!!! not base64 !!!", Content_Transfer_Encoding="base64"),
        mail(1, "=ZZ=", Content_Transfer_Encoding="quoted-printable"),
        mail(1, "words", Subject="=?utf-8?b?!!!?= =?x-none?q?a?="),
        mail(1, "words", Content_Type="text/plain; charset*0*=x''%FF; charset*1=y"),
        b"no headers at all\n\nwords",
        b"Subject: only headers",
        b"\xff\xfe\x00\x01 \r\nSubject: \x00a\r\n\r\n\x00\xff",
    ],
)
def test_a_broken_mail_is_read_as_far_as_it_goes(raw: bytes) -> None:
    read = read_mail(raw)
    assert read.key and isinstance(read.text, str)


@pytest.mark.parametrize(
    "raw",
    [
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2_000))
        + b"a\n" * 40_000,
        b"Content-Type: message/rfc822\n\n" * 4_000,
        b"Subject: " + b"=?a?q?" * 20_000,
        b"From: " + b'"\\' * 60_000 + b"\n\n",
        b"From: " + b"(" * 100_000 + b"\n\n",
        b"References: " + b"<" * 100_000 + b"\n\n",
        b"Content-Type: text/plain; " + b"a*0*=b; " * 12_000 + b"\n\nx",
        b"A: b\n" * 25_000 + b"\n",
        b"Content-Type: text/plain; charset=punycode\n\n" + b"a-b" * 40_000,
        b"Content-Type: text/html\n\n" + b"<blockquote>" * 10_000,
    ],
    ids=range(10),
)
def test_a_mail_made_to_be_slow_is_read_in_seconds(raw: bytes) -> None:
    begun = time.process_time()
    read_mail(raw[: 2 * CAP])
    assert time.process_time() - begun < 5


PIECES = (
    "Content-Type: |multipart/mixed; boundary=b|text/plain|text/html; charset=|utf-8|\r\n|--b|\r\n\r\n|message/rfc822"
    "|Content-Transfer-Encoding: |base64|quoted-printable|x-uuencode|begin 644 a\n|From: |Subject: |=?utf-8?q?|?="
    '|Message-ID: <|>|@|"|Date: |22 Nov 2026'
)
WORDS = st.sampled_from([piece.encode() for piece in PIECES.split("|")])


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS | st.binary(max_size=8), max_size=40).map(b"".join))
def test_no_bytes_whatever_raise_anything_of_their_own(raw: bytes) -> None:
    read = read_mail(raw)
    assert read.key and "@" not in (read.name or "")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.binary(max_size=30) | st.tuples(st.binary(max_size=30), st.binary(max_size=9)) | st.none(), max_size=9)
)
def test_no_answer_to_fetch_whatever_raises(data: list[Any]) -> None:
    assert all(found is None or found[0] >= 0 for found in map(raw_of, answers(data)))


def test_answers_are_read_in_each_form_that_servers_use() -> None:
    data = [
        (b'1 (UID 7 RFC822.SIZE 3 INTERNALDATE " 2-Nov-2026 06:00:00 +0000" BODY[]<0> {3}', b"abc"),
        b")",
        (b"2 (BODY[]<0> {3}", b"def"),
        b" UID 8 RFC822.SIZE 3)",
        b'3 (UID 9 BODY[]<0> "g \\"h\\" UID 5" RFC822.SIZE 11)',
        b"4 (UID 10 BODY[]<0> NIL)",
        b"5 (FLAGS (\\Seen))",
    ]
    found = dict(filter(None, map(raw_of, answers(data))))
    assert {uid: raw.content for uid, raw in found.items()} == {7: b"abc", 8: b"def", 9: b'g "h" UID 5', 10: b""}
    assert found[7].arrived and found[7].arrived.day == 2 and found[8].arrived is None


def test_flags_that_somebody_else_sets_meanwhile_do_not_empty_a_mail() -> None:
    flags = b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n"
    body = b"* 1 FETCH (UID 1 RFC822.SIZE 9 BODY[]<0> {%d}\r\n%b)\r\n" % (len(mail(1)), mail(1))
    folder = Folder({1: mail(1)}, answers={"UID FETCH 1 ": flags + body + flags + b"TAG OK done\r\n"})
    assert ids(list(walk(folder))) == ["m1@pier.example"]


@pytest.mark.parametrize(
    ("folder", "spelt"),
    [("INBOX", "INBOX"), ("Büro & Co", "B&APw-ro &- Co"), ("日本語", "&ZeVnLIqe-"), ("a\r\nb", "a&AA0ACg-b")],
)
def test_a_folder_is_named_as_imap_spells_it(folder: str, spelt: str) -> None:
    assert utf7(folder) == spelt


@pytest.mark.skipif(not CORPUS.exists(), reason="the recorded mails are not here")
def test_recorded_mails_are_read() -> None:
    first, second = (read_mail(path.read_bytes()) for path in sorted(CORPUS.glob("imap*.eml")))
    assert first.text and second.text and first.name and "@" not in first.name
    assert second.subject == f"Re: {first.subject}" and second.key != first.key
