"""Payment card numbers: an issuer's first digits, its length, the way cards are printed, and the Luhn digit."""

import re

SHAPE = re.compile(r"\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5}")
ISSUED = re.compile(
    r"4\d{15}"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    r"|62\d{14}(?:\d{3})?"  # UnionPay
    r"|(?:50|5[678]|6[37])\d{14}"  # Maestro
)
ORDER = re.compile(  # a plain row of digits after such a word is no card, though one in ten passes the Luhn test
    r"(?:order|tracking|parcel|ticket|invoice|serial|imei|case|id|reference|ref)"
    r"[ \t]*(?:number|no\.?|nr\.?|id|code)?[ \t]*(?:is|was)?[ \t:]*$",
    re.IGNORECASE,
)
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # the sum of the digits of twice the digit


def is_card(written: str, before: str) -> bool:
    """Say whether `written`, as a whole, is a payment card's number; `before` is what stands in front of it."""
    if not SHAPE.fullmatch(written) or (written.isdigit() and ORDER.search(before)):
        return False
    digits = re.sub("[ -]", "", written)
    return bool(ISSUED.fullmatch(digits)) and _is_luhn(digits)


def _is_luhn(digits: str) -> bool:
    plain = sum(map(int, digits[-1::-2]))
    return (plain + sum(DOUBLED[int(digit)] for digit in digits[-2::-2])) % 10 == 0
