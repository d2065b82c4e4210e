"""Dates as people and programs write them into tables, read without guessing."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = re.findall(r"\w+", "january february march april may june july august september october november december")
CLOCK = re.compile(
    r"[ T,]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(?:([ap])\.?m\.?)?\s*(z|utc|gmt|[+-]\d{2}:?\d{2})?$", re.I
)
FILLER = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+|(?<=\d)(?:st|nd|rd|th)\b|,", re.I)


def parse_date(value: object, date_format: str | None = None) -> datetime:
    """Return the moment that a cell names, in UTC; without a zone it is read as UTC.

    Reads ISO 8601, seconds, milli-, micro- and nanoseconds since 1970, and dates with the month in English
    letters or the year first. `date_format` is strptime's and rules out everything else. Raises ValueError,
    also for 3/4/2023, of which nobody can tell the day from the month.
    """
    if isinstance(value, datetime):
        return _utc(value)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    text = " ".join(str(value).split())
    if date_format:
        return _utc(datetime.strptime(text, date_format))  # noqa: DTZ007  _utc gives it a zone
    if number := re.fullmatch(r"(\d{8,10}|\d{12,13}|\d{15,16}|\d{18,19})(\.\d+)?", text):
        return _from_number(number[1])
    with suppress(ValueError):  # the most frequent form, ten times as fast as the patterns below
        return _utc(datetime.fromisoformat(text))
    clock = CLOCK.search(text)
    day = _day(FILLER.sub(" ", text[: clock.start()] if clock else text).strip())
    return _utc(datetime.combine(day, _time(clock) if clock else time()))


def from_epoch(seconds: float) -> datetime:
    """Return the moment `seconds` after 1970 in UTC; an absurd number raises OverflowError on every platform."""
    return EPOCH + timedelta(seconds=seconds)


def _utc(when: datetime) -> datetime:
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _from_number(digits: str) -> datetime:
    if len(digits) == 8:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC)
    # 9 or 10 digits are seconds from 1973 to 2286, each three more a thousandth
    return from_epoch(int(digits) / 10 ** (3 * ((len(digits) - 9) // 3)))


def _time(clock: re.Match[str]) -> time:
    hours, _, rest = clock[1].partition(":")
    zone = (clock[3] or "").upper().replace("UTC", "Z").replace("GMT", "Z")
    when = time.fromisoformat(f"{hours:0>2}:{rest}{zone}")
    if not clock[2]:
        return when
    if not 1 <= when.hour <= 12:
        raise ValueError(f"{clock[0].strip()} is no time of day")
    return when.replace(hour=when.hour % 12 + (12 if clock[2] in "pP" else 0))


def _day(text: str) -> date:
    if m := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", text):
        return date(int(m[1]), int(m[2]), int(m[3]))
    if m := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text):  # with dots the day comes first everywhere
        return date(int(m[3]), int(m[2]), int(m[1]))
    if m := re.fullmatch(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})", text):
        return _either_order(int(m[1]), int(m[2]), int(m[3]))
    if m := re.fullmatch(r"(\d{1,2})[ -]+([a-z]{3,9})\.?[ -]+(\d{4})", text, re.I):
        return date(int(m[3]), _month(m[2]), int(m[1]))
    if m := re.fullmatch(r"([a-z]{3,9})\.? +(\d{1,2}) +(\d{4})", text, re.I):
        return date(int(m[3]), _month(m[1]), int(m[2]))
    raise ValueError("no date that can be read; set date_format, for example '%d/%m/%Y'")


def _either_order(first: int, second: int, year: int) -> date:
    if first != second and max(first, second) <= 12:
        raise ValueError("day/month or month/day? set date_format, for example '%d/%m/%Y'")
    day, month = max(first, second), min(first, second)
    return date(year, month, day)


def _month(name: str) -> int:
    found = [number for number, month in enumerate(MONTHS, 1) if month.startswith(name.lower())]
    if not found:
        raise ValueError(f"{name!r} is no English month; set date_format")
    return found[0]
