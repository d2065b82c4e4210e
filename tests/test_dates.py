"""Dates in tables: read as they are written, and never guessed."""

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats.dates import parse_date

DAY = datetime(2023, 11, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "when"),
    [
        ("2023-11-19", DAY),
        ("20231119", DAY),
        ("2023/11/19", DAY),
        ("19.11.2023", DAY),
        ("11/19/2023", DAY),
        ("19/11/2023", DAY),
        ("19th November 2023", DAY),
        ("1st Sept. 2023", datetime(2023, 9, 1, tzinfo=UTC)),
        ("Nov 19, 2023", DAY),
        ("19-Nov-2023", DAY),
        ("Sunday, November 19, 2023", DAY),
        ("05/05/2023", datetime(2023, 5, 5, tzinfo=UTC)),
        ("2023-11-19T08:30:00Z", DAY.replace(hour=8, minute=30)),
        ("2023-11-19 10:30:00.123456789+02:00", DAY.replace(hour=8, minute=30, microsecond=123456)),
        ("2023-11-19 08:30 UTC", DAY.replace(hour=8, minute=30)),
        ("Sun, 19 Nov 2023 03:30:00 -0500", DAY.replace(hour=8, minute=30)),
        ("November 19, 2023 8:30 AM", DAY.replace(hour=8, minute=30)),
        ("19.11.2023, 8:30 p.m.", DAY.replace(hour=20, minute=30)),
        ("2023-11-19 12:00 am", DAY),
        ("1700352000", DAY),
        (1700352000, DAY),
        (1700352000.0, DAY),
        ("1700352000000", DAY),
        ("1700352000000000000", DAY),
        (date(2023, 11, 19), DAY),
        (datetime(2023, 11, 19), DAY),  # noqa: DTZ001  spreadsheets have no zones
    ],
)
def test_dates_are_read_as_they_are_written(value: object, when: datetime) -> None:
    assert parse_date(value) == when


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "11/12/2023",
        "1-2-2023",
        "19/11/23",
        "2023",
        "45249",
        "32.01.2023",
        "19 Brumaire 2023",
        "2023-11-19 25:00",
        "19.11.2023 13:00 pm",
    ],
)
def test_a_date_that_could_be_another_is_not_guessed(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_date(value)


def test_a_date_format_settles_it() -> None:
    assert parse_date("11/12/2023", "%d/%m/%Y") == datetime(2023, 12, 11, tzinfo=UTC)
    with pytest.raises(ValueError, match="date_format"):
        parse_date("11/12/2023")


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers()))
def test_any_cell_is_a_date_or_an_error(value: object) -> None:
    with suppress(ValueError, OverflowError):
        assert parse_date(value).tzinfo is UTC
