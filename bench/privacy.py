"""How much of what identifies people is found, how much else is taken for it, and how fast; beside presidio."""

import argparse
import json
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.machine import CommandFailed, note, print_machine, print_table
from nlp.privacy.redact import KINDS, redact

PEER = "presidio-analyzer==2.2.366"  # with an empty spaCy pipeline: all five kinds are patterns and checks there
PEER_SCRIPT = Path(__file__).with_name("privacy_peer.py")
# d is any digit, n one from 2 to 9, of ten countries; each with the country that a store would give
PHONES = {
    "US": ("(212) n55-dddd", "646-n55-dddd", "+1 310 n55 dddd", "1-800-n55-dddd", "415.n55.dddd", "917 n55 dddd"),
    "GB": ("07911 1ddddd", "020 7946 0ddd", "+44 7911 1ddddd", "+44 (0)20 7946 0ddd", "0161 496 0ddd"),
    "DE": ("0171 nddddddd"[:-1], "030/2nddddd", "+49 170 nddddddd"[:-1], "0049 30 2nddddd", "0160-nd dd ddd"),
    "FR": ("06 12 dd dd dd", "+33 6 12 dd dd dd", "01.42.dd.dd.dd", "0612dddddd"),
    "ES": ("612 ddd ddd", "+34 612 dd dd dd", "91 5dd dd dd", "654dddddd"),
    "IT": ("347 nddddddd"[:-1], "+39 347 nddddddd"[:-1], "06 6982 dddd", "02 7200dddd"),
    "NL": ("06-12dddddd", "+31 6 12dddddd", "020 62d dddd", "0612dddddd"),
    "BR": ("(11) 9nddd-dddd", "+55 11 9nddd-dddd", "(21) 2ndd-dddd", "11 9nddd-dddd"),
    "IN": ("+91 98dddddddd", "98ddd ddddd", "98dddddddd", "022 2ndd dddd"),
    "AU": ("0412 ddd ddd", "+61 412 ddd ddd", "(02) 9nd1 dddd", "1800 ddd ddd"),
}
CARDS = ("4ddd dddd dddd ddd", "53dd-dddd-dddd-ddd", "34dddddddddddd", "6011ddddddddddd", "3530 dddd dddd ddd")
IBANS = {"DE": 18, "FR": 23, "ES": 20, "NL": 14, "GB": 18, "IT": 23, "PL": 24, "BE": 12, "AT": 16, "CH": 17}
EMAILS = (
    "{}.{}@example.com",
    "{}_{}dd@mail.example.co.uk",
    "{}+{}@example.org",
    "{}.{} (at) example dot com",
    "{}{}[at]example[dot]de",
    "{}.{} at gmail dot com",
)
NAMES = ("jane", "amit", "maria", "jürgen", "chloe", "pedro", "wei", "olga", "femi", "yuki")
SENTENCES = (
    "I have waited for two weeks now, please answer: {}. The shop itself is fine.",
    "Worst support ever!!! Here it is again {} so nobody can say I did not try",
    "2 stars. The driver left a note with {} on it and drove off at 10:30.",
    "{} is what you find on the invoice from 2023-04-12, and nobody is there",
    "My details for the refund ({}), thanks",
)
ASKING = {"phone": ("call me at {} after 6 pm", "WhatsApp {}", "my number is {}, ask for the manager")}
NEGATIVES = (
    "Order 112-ddddddd-ddddddd was sent on 1d.0n.2023 and cost 1.2nd,dd EUR",
    "order number 4ddddddddddddddd is lost, ticket #ddddddddd too",
    "version 1.n.d.dd breaks it, v2.0.n.d worked, firmware 1d.n.d.1n is worse",
    "iPhone 15 Pro 256 for $1,ndd.00 beats the Galaxy S23 128 and the 1dd 000 km of my car",
    "ISBN 978-3-16-1484nd-n is a good read, pages 1dd-2dd",
    "it was 21-19 15-21 21-1d in 2023-0n-1d at 1d:3d:5d",
    "see https://github.example/a/b/issues/ddddd and https://x.example/s/1ddddddddddddddddd?t=4ddddddddddddddd",
    "commit 3fdddddac1n, 550e8400-e29b-41d4-a716-4466554nnddd, sku ABC-ndddddd-d",
    "I bought it at amazon dot com, at this point I give it n/10; 10 20 30 40 50 60 70",
    "tracking 1Zdddd0nddddddd0dd, flight LH ndd on 1d/0n/2023, seat 12A, 2019-2023",
    "@jane_dd and @jane@mastodon.example say icon@2x.png and react@18.n.d are fine, 127.0.0.1:8080",
    "1 ndd ddd views, population ndd.ddd.ddd, timestamp 17dddddddd, error 0x80070nnd",
    "model WH-1000XM5 / RTX 40n0 / 55n8-dddd, serial ndddddddddddd, part no. dddd-dddd-dd",
)


class Case(NamedTuple):
    """A text, what was planted in it, of which kind, and the country that its source gives."""

    text: str
    kind: str | None
    planted: str
    country: str


def main(argv: Sequence[str] | None = None) -> None:
    """Plant identifiers of every kind in sentences, beside sentences that hold none, and count what is found."""
    parser = argparse.ArgumentParser("python -m bench.privacy", description=__doc__)
    parser.add_argument("--each", type=int, default=500, help="texts of each kind; as many without any for each kind")
    cases = list(_cases(random.Random(7), parser.parse_args(argv).each))
    print_machine("phonenumberslite")
    texts = [case.text for case in cases]
    redact("call 0171 1234567")  # its tables are read on first use
    begun = time.process_time()
    plain = [redact(text) for text in texts]
    seconds = time.process_time() - begun
    told = [redact(case.text, regions=[case.country]) for case in cases]
    columns = ("kind", "planted", "recall", "recall, country known", "precision", f"{PEER}: recall", "precision")
    peer, peer_s = _peer(texts)
    rows = [_row(kind, cases, plain, told, peer) for kind in KINDS]
    print_table(
        f"{len(cases):,} texts; ours must replace exactly what was planted, the peer only name the kind", columns, rows
    )
    speeds: list[list[object]] = [["ours", len(texts) / seconds], [PEER, len(texts) / peer_s if peer_s else None]]
    print_table("Speed, one thread", ("", "texts a CPU-second"), speeds)


def _cases(dice: random.Random, each: int) -> Iterator[Case]:
    for kind in KINDS:
        for _ in range(each):
            planted, country = _planted(kind, dice)
            yield Case(dice.choice(SENTENCES + ASKING.get(kind, ())).format(planted), kind, planted, country)
            yield Case(_filled(dice.choice(NEGATIVES), dice), None, "", dice.choice(list(PHONES)))


def _planted(kind: str, dice: random.Random) -> tuple[str, str]:
    country = dice.choice(list(PHONES))
    if kind == "phone":
        return _filled(dice.choice(PHONES[country]), dice), country
    if kind == "email":
        first, second = dice.sample(NAMES, 2)
        return dice.choice(EMAILS).format(first, second).replace("dd", str(dice.randrange(10, 99))), country
    if kind == "ip":
        return _address(dice), country
    return _card(dice) if kind == "card" else _iban(dice), country


def _filled(shape: str, dice: random.Random) -> str:
    """Return `shape` with its d and n as digits, wherever they are not part of a word."""
    signs = list(shape)
    for place, sign in enumerate(signs):
        around = "".join(signs[max(place - 1, 0) : place] + list(shape[place + 1 : place + 2]))
        if sign in "dn" and not any(c.isalpha() and c not in "dn" for c in around):
            signs[place] = str(dice.randrange(2 if sign == "n" else 0, 10))
    return "".join(signs)


def _card(dice: random.Random) -> str:
    start = _filled(dice.choice(CARDS), dice)
    digits = [int(sign) for sign in start if sign.isdigit()]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[::-2])
    return f"{start}{-(doubled + sum(digits[-2::-2])) % 10}"


def _iban(dice: random.Random) -> str:
    country = dice.choice(list(IBANS))
    account = "".join(str(dice.randrange(10)) for _ in range(IBANS[country]))
    check = 98 - int("".join(str(int(char, 36)) for char in f"{account}{country}00")) % 97
    whole = f"{country}{check:02}{account}"
    return " ".join(whole[at : at + 4] for at in range(0, len(whole), 4)) if dice.random() < 0.5 else whole


def _address(dice: random.Random) -> str:
    if dice.random() < 0.7:
        return ".".join(str(dice.randrange(40, 126)) for _ in range(4))
    groups = [f"{dice.randrange(2**16):x}" for _ in range(6)]
    return f"2001:db8:{':'.join(groups)}" if dice.random() < 0.5 else f"2001:db8::{':'.join(groups[:3])}"


def _row(
    kind: str, cases: Sequence[Case], plain: Sequence[str], told: Sequence[str], peer: Sequence[Sequence[str]]
) -> list[object]:
    token, size = f"[{kind}]", sum(case.kind == kind for case in cases)

    def found(redacted: Sequence[str]) -> int:
        whole = zip(cases, redacted, strict=True)
        return sum(case.kind == kind and text == case.text.replace(case.planted, token) for case, text in whole)

    wrong = sum(case.kind != kind and token in text for case, text in zip(cases, told, strict=True))
    theirs = sum(case.kind == kind and kind in kinds for case, kinds in zip(cases, peer, strict=False))
    their_wrong = sum(case.kind != kind and kind in kinds for case, kinds in zip(cases, peer, strict=False))
    ours = (found(plain) / size, found(told) / size, found(told) / max(found(told) + wrong, 1))
    beside = (theirs / size, theirs / max(theirs + their_wrong, 1)) if peer else (None, None)
    return [kind, size, *(f"{share:.1%}" if share is not None else None for share in (*ours, *beside))]


def _peer(texts: Sequence[str]) -> tuple[list[list[str]], float]:
    """Return the kinds that the peer finds in each text, and its seconds; nothing where it cannot be had."""
    note(f"installing and asking {PEER}")
    command = ["uv", "tool", "run", "--from", PEER, "python", str(PEER_SCRIPT)]
    done = subprocess.run(command, input=json.dumps(texts), text=True, capture_output=True, check=False)
    if done.returncode:
        note(str(CommandFailed(f"{PEER} cannot be had: {done.stderr[-500:]}")))
        return [], 0.0
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["kinds"], answer["seconds"]


if __name__ == "__main__":
    main()
