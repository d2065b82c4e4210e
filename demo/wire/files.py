"""Exports as the tools of a company write them: a survey in CSV, tickets and social posts in JSON lines."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from demo.item import Item

SURVEY_COLUMNS = ("ResponseId", "SubmittedAt", "Stars", "Comment", "Respondent", "Locale")
BAD_ROWS = (  # what people do to a CSV file: none of these can become a mention
    ("R-BAD-DATE", "2026-13-45 at noon", "4", "The date of this answer does not exist", "", "en"),
    ("R-BAD-STARS", "2026-10-01T08:00:00Z", "11", "Eleven of five stars", "", "en"),
    ("R-BAD-EMPTY", "2026-10-02T08:00:00Z", "", "", "", "en"),
)


def survey_csv(items: Sequence[Item]) -> Iterator[str]:
    """Yield the lines of survey.csv: the header, an answer each, and the BAD_ROWS spread among them."""
    yield _csv_line(SURVEY_COLUMNS)
    step = len(items) // (len(BAD_ROWS) + 1) + 1
    for number, item in enumerate(items, 1):
        yield _csv_line((item.native_id, _when(item), str(item.rating), item.text, item.author, item.language))
        if number % step == 0:
            yield _csv_line(BAD_ROWS[number // step - 1])


def support_jsonl(items: Iterable[Item]) -> Iterator[str]:
    """Yield the lines of support.jsonl: a ticket each."""
    for item in items:
        yield _json_line(
            ticket=item.native_id,
            opened=_when(item),
            requester=item.author,
            subject=item.title,
            body=item.text,
            locale=item.language,
        )


def social_jsonl(items: Iterable[Item]) -> Iterator[str]:
    """Yield the lines of social.jsonl: a post each, with what its audience did."""
    for item in items:
        yield _json_line(
            post=item.native_id,
            published=_when(item),
            account=item.author,
            message=item.text,
            language=item.language,
            hearts=item.likes,
            comments=item.replies,
            impressions=90 + 41 * item.likes + item.posted_at % 37,
        )


WRITERS: Mapping[str, Callable[[Sequence[Item]], Iterator[str]]] = {
    "survey.csv": survey_csv,
    "support.jsonl": support_jsonl,
    "social.jsonl": social_jsonl,
}


def _csv_line(values: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def _json_line(**fields: Any) -> str:
    return json.dumps(fields) + "\n"


def _when(item: Item) -> str:
    return datetime.fromtimestamp(item.posted_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
