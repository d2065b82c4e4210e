"""The one record that every source produces: a public statement about a brand or product."""

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)  # outside: a parsing error
DATES = ("posted_at", "posted_at_known", "replied_at")
COUNTS, RATINGS = ("reach", "likes", "replies"), ("rating", "rating_max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One post, comment, review or article, as its source published it.

    `posted_at` is aware; where the source gives no date it is the time of collection and
    `posted_at_known` is False. `rating` is on the source's own scale, 0 to `rating_max`.
    `text` and `title` are plain text, without mark-up; `text` is "" only for a rating without words.
    `reach` is how many people the source says can have seen it. What a source does not give is None.
    Raises ValueError for a naive or impossible date, a rating off its scale, or an empty item, and TypeError for a
    list or an object where a text belongs.
    """

    source: str
    native_id: str
    text: str
    posted_at: datetime
    posted_at_known: bool = True
    url: str | None = None
    title: str | None = None
    author: str | None = None
    language: str | None = None
    country: str | None = None
    rating: float | None = None
    rating_max: float | None = None
    parent_id: str | None = None
    reach: int | None = None
    likes: int | None = None
    replies: int | None = None
    reply_text: str | None = None
    replied_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and name not in DATES and (kept := _as_kept(name, value)) is not value:
                object.__setattr__(self, name, kept)
        if self.url is not None and urlsplit(self.url).scheme not in ("http", "https"):
            object.__setattr__(self, "url", None)  # javascript: and data: links never reach a page or Slack
        self._check()

    def _check(self) -> None:
        if not self.native_id:
            raise ValueError("native_id is empty")
        for name in ("posted_at", "replied_at"):
            when = getattr(self, name)
            if when is not None and (when.tzinfo is None or not EARLIEST <= when < LATEST):
                raise ValueError(f"{name} is {when.isoformat()}; it needs a time zone and a year from 1990 to 2099")
        if self.rating is not None and not (
            self.rating_max is not None and math.isfinite(self.rating) and 0 <= self.rating <= self.rating_max
        ):
            raise ValueError(f"rating is {self.rating} of {self.rating_max}")
        if not (self.text.strip() or (self.title or "").strip() or self.rating is not None):
            raise ValueError("there is no text, title or rating")

    @property
    def mention_id(self) -> int:
        """Return the 64-bit BLAKE2b of (source, native_id): the same for every fetch of the same item."""
        return mention_id(self.source, self.native_id)


def mention_id(source: str, native_id: str) -> int:
    """Return the id under which the item `native_id` of `source` is kept."""
    key = f"{_storable(source)}\x1f{_storable(native_id)}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")


def _as_kept(name: str, value: Any) -> Any:
    """Return `value` as the column `name` keeps it; a site that writes 7 as "7" from one day to the next means 7."""
    if name in COUNTS:
        count = int(value)
        if abs(count) >= 2**63:
            raise ValueError(f"{name} is {value}")
        return count
    if name in RATINGS:
        return float(value)
    if not isinstance(value, str | int):
        raise TypeError(f"{name} is a {type(value).__name__}")
    return _storable(str(value))


def _storable(value: str) -> str:
    """Return `value` without NUL bytes and lone surrogates, which neither Arrow nor DuckDB can keep."""
    if value.isascii() and "\0" not in value:  # nearly all, in a tenth of the time
        return value
    return value.replace("\0", "").encode("utf-8", "replace").decode()
