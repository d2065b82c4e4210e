"""Phone numbers, told from dates, prices, orders and models by their form, their country and the words before."""

import re
from collections.abc import Sequence
from functools import lru_cache

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    format_number,
    is_possible_number,
    is_valid_number,
    parse,
)

# Countries that write a trunk 0 before national numbers: with it, in groups, no hint is needed.
TRUNK = ("DE", "GB", "FR", "NL", "IT", "CH", "AT", "BE", "AU", "IN", "JP", "SE", "PL", "TR", "ZA")
SPOKEN_OF = ("US", "GB", "DE", "FR", "ES", "IT", "PT", "BR", "MX", "IN", "NL", "PL", "AU")  # after "call me at"
NORTH_AMERICAN = re.compile(r"(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}")
BRAZILIAN = re.compile(r"\(\d{2}\) ?9?\d{4}-\d{4}")
LOCAL = re.compile(r"\d{3}[.-]\d{4}")

DATE = re.compile(
    r"\d{1,2}[./ -]+\d{1,2}[./ -]+(?:19|20)\d{2}|\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})(?:[ \t-]+\d.*)?"
    r"|(?:19|20)\d{2}([./ -])\d{1,2}\2\d{1,2}.*"
)
YEARS = re.compile(r"(?:19|20)\d{2}(?:[ ./-]+(?:19|20)\d{2})*")
THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}(?:\.\d{3})*|[1-9]\d? \d{3} \d{3}")
SPACED = re.compile(r"\d{2,5}(?: \d{2,8}){1,4}")
ISBN = re.compile(r"97[89][ -]?\d{1,5}[ -]?\d{1,7}[ -]?\d{1,7}[ -]?\d|97[89]\d{10}")
QUAD = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
LIMITS = re.compile("2147483647|4294967295")  # of 32 bits; the first is valid in Dallas
PAIR = re.compile(r"[1-9]\d*/\d+")
MONEY = re.compile(r"(?:USD|EUR|GBP|CHF|Rs|R\$|kr|US\$|CA\$|AU\$)\.?[ \t]?$|[$€£¥₹][ \t]?$")
UNIT = re.compile(
    r"[ \t]?(?:[%€$£¥₹°]|(?:USD|EUR|GBP|euros?|dollars?|pounds?|km|kg|ml|mm|cm|GB|MB|TB|px|views|users|downloads)\b)"
)

CALL = re.compile(
    r"\b(?:tele?(?:ph?|f)[oóô]+n\w*|tel|tlf|phones?|phoned|ph|call|calls|called|calling|dial|dialled|ring|sms"
    r"|text (?:me|us)|mobile|mob|cell|cellphone|handy|what'?s ?app|fax|hotline|helpline|viber|reach (?:me|us)|contact"
    r"|tél|cel|celular|m[oó]vil|port[aá]vel|gsm|ll[aá]m\w+|appel\w*|anruf\w*|rufnummer|ruf|chiam\w+"
    r"|lig(?:ue|ar|uem)|bel|zadzwo\w+"
    r"|(?:my|our|his|her|their|meine?|unsere|mi|mon|mio|meu|minha|notre|nuestro)"
    r" (?:number|nummer|n[uú]mero|num[eé]ro))\b|тел|звон|电话|手机|電話|携帯|전화|هاتف",
    re.IGNORECASE,
)
OTHER = re.compile(
    r"\b(?:orders?|ticket|case|invoice|tracking|track|parcel|ref|reference|serial|model|part|item|sku|isbn|ean|imei"
    r"|account|acct|customer|booking|reservation|confirmation|issue|commit|version|build|id|article|asin|vin|policy"
    r"|member(?:ship)?|receipt|code|pin|grievance|complaint|incident|claim|request|flights?|flts?"
    r"|bestell\w*|auftrag\w*|rechnung\w*|kunden\w*|sendung\w*|commande|facture|pedido|factura|fattura|ordine)\b",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]")
CLAUSE = re.compile(r"(?<!\bno)(?<!\bnr)[.!?;,][ \t]")


def is_phone(written: str, before: str, after: str, regions: Sequence[str], *, is_alone: bool) -> bool:
    """Say whether `written`, as a whole, is a phone number.

    `before` and `after` stand around it; `regions` are the likely countries; `is_alone` says that it is no part of a
    longer row of numbers. Without an international prefix it takes one of: a form that only phones have, a likely
    country in which it is valid and written in its groups, or a word such as "call" before it.
    """
    kind, plain = _spoken_of(before), written.lstrip("(")
    is_foreign = plain.startswith("+") or (plain.startswith("00") and kind != "other")
    if not (is_foreign or kind == "call" or (kind is None and is_alone)):
        return False
    if not 7 <= sum(map(str.isdigit, written)) <= 17 or written.count("(") != written.count(")"):
        return False
    if UNIT.match(after) or MONEY.search(before):
        return False
    if is_foreign and _is_international(plain, kind):
        return True
    if _is_something_else(written):
        return False
    return _is_called(written, regions) if kind == "call" else kind is None and _has_its_form(written, regions)


def _is_international(written: str, kind: str | None) -> bool:
    has_plus = written.startswith("+")
    number = _parsed("+" + written.removeprefix("+" if has_plus else "00"), "ZZ")
    if number is None or not is_possible_number(number):
        return False
    return is_valid_number(number) or kind == "call" or (has_plus and len(_groups(written)) > 2)


def _is_something_else(written: str) -> bool:
    shapes = (DATE, YEARS, THOUSANDS, ISBN, QUAD, LIMITS, PAIR)
    return any(shape.fullmatch(written) for shape in shapes)


@lru_cache(maxsize=64)  # every piece of a row that begins at one place asks the same
def _spoken_of(before: str) -> str | None:
    """Return "call" or "other" by the last word before that says what the number is, None where no word does."""
    if not WORD.search(before):
        return None
    call = max((match.end() for match in CALL.finditer(before)), default=0)
    clause = max((match.end() for match in CLAUSE.finditer(before)), default=0)
    other = max((match.end() for match in OTHER.finditer(before, clause)), default=0)
    return None if call == other else "call" if call > other else "other"


def _is_called(written: str, regions: Sequence[str]) -> bool:
    if LOCAL.fullmatch(written) or NORTH_AMERICAN.fullmatch(written):
        return True
    return any(_valid(written, region) for region in (*regions, *SPOKEN_OF))


def _has_its_form(written: str, regions: Sequence[str]) -> bool:
    if NORTH_AMERICAN.fullmatch(written) or BRAZILIAN.fullmatch(written):
        return True
    groups = _groups(written)
    if len(groups) > 1 and written.lstrip("(").startswith("0"):
        return any(_valid(written, region) for region in (*regions, *TRUNK))
    if len(groups) == 1 and not written.startswith("0"):
        return False
    if [len(group) for group in groups[-3:]] == [3, 3, 4] and _valid(written, "US"):
        return True
    return any(_is_written_as_in(region, written, groups) for region in regions)


def _is_written_as_in(region: str, written: str, groups: Sequence[str]) -> bool:
    number = _valid(written, region)
    if number is None:
        return False
    if len(groups) == 1 or (SPACED.fullmatch(written) and sum(map(len, groups)) >= 9):  # everyone groups differently
        return True
    return _groups(format_number(number, PhoneNumberFormat.NATIONAL)) == list(groups)


def _groups(written: str) -> list[str]:
    return re.findall(r"\d+", written)


@lru_cache(maxsize=4_096)
def _valid(written: str, region: str) -> PhoneNumber | None:
    number = _parsed(written, region)
    return number if number and is_valid_number(number) else None


def _parsed(written: str, region: str) -> PhoneNumber | None:
    try:
        return parse(written, region)
    except NumberParseException:
        return None
