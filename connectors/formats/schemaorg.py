"""Reviews as web pages mark them up for search engines, with schema.org's words in JSON-LD or microdata."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urljoin

from connectors.formats.dates import parse_date
from connectors.formats.markup import plain
from connectors.formats.webpage import Item, open_page
from connectors.source import Reject

Trace: TypeAlias = tuple[str, str]  # the letters of the author, and the first ones of the text

KINDS = frozenset({"Review", "UserReview", "CriticReview", "EmployerReview", "Recommendation"})
WRAPPED = re.compile(r"[\s\ufeff]*(?:<!--)?\s*(?:/[/*]\s*)?(?:<!\[CDATA\[)?\s*(?:\*/)?\s*")
JSON = json.JSONDecoder(strict=False)  # line breaks stand in the strings of many pages
NUMBER = r"-?\d{1,9}(?:[.,]\d{1,9})?"
SCORE = re.compile(rf"\s*({NUMBER})\s*(?:/\s*({NUMBER})|(%))?")
LANGUAGE = re.compile(r"([a-z]{2})(?:[-_]|$)", re.I)
LONGEST_KEY = 500  # a longer one is no id
LETTERS, FIRST_LETTERS = 40, 12  # by which reviews are told apart


class Review(NamedTuple):
    """One review as a page gives it; `key` is its own id. What is missing is "" or None."""

    key: str | None
    text: str
    title: str
    author: str
    posted_at: datetime | None
    rating: float | None
    rating_max: float | None
    url: str | None
    language: str | None


class Reviews(NamedTuple):
    """The reviews of a page, each once, and the address of the next page, if there is one.

    `rejects` are blocks that speak of reviews and cannot be read.
    """

    found: list[Review]
    rejects: list[Reject]
    next: str | None


def read_reviews(content: bytes, address: str, charset: str | None = None) -> Reviews:
    """Return the reviews that the page `content`, found at `address`, marks up; its headers give the `charset`."""
    page = open_page(content, address, charset)
    objects, rejects = _parsed(page.blocks)
    known = {item["@id"]: item for item in objects if len(item) > 1 and isinstance(item.get("@id"), str)}
    written = [_review(item, known, address) for item in objects if _is_review(item)]
    marked = [_review(item, {}, address) for item in page.items if _is_review(item)]
    return Reviews(_with_own_keys([*written, *_beyond(written, marked)]), rejects, page.next)


def _parsed(blocks: Iterable[str]) -> tuple[list[Item], list[Reject]]:
    objects: list[Item] = []
    rejects = []
    for number, block in enumerate(blocks, 1):
        try:
            # raw_decode, because what follows the object, such as ";" or the end of a comment, does no harm
            objects += _objects(JSON.raw_decode(block, WRAPPED.match(block).end())[0])  # type: ignore[union-attr]
        except (ValueError, RecursionError) as error:
            if "Review" in block:
                rejects.append(Reject(f"JSON-LD block {number}", f"{type(error).__name__}: {error}", block[:10_000]))
    return objects, rejects


def _objects(value: Any) -> Iterator[Item]:
    """Yield all objects in `value`, in the order of the document; without recursion, as deep as it may go."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting += reversed(found.values())
        elif isinstance(found, list):
            waiting += reversed(found)


def _is_review(item: Item) -> bool:
    given = item.get("@type")
    kinds = given if isinstance(given, list) else [given]
    return any(isinstance(kind, str) and re.split(r"[/#:]", kind)[-1] in KINDS for kind in kinds)


def _review(item: Item, known: Mapping[str, Item], address: str) -> Review:
    rating, rating_max = _rating(item, known)
    language = LANGUAGE.match(_words(item.get("inLanguage")))
    return Review(
        key=_key(item),
        text=_words(item.get("reviewBody")) or _words(item.get("description")) or _words(item.get("text")),
        title=_words(item.get("headline")) or _words(item.get("name")),
        author=_words(_meant(item.get("author"), known)),
        posted_at=_date(_words(item.get("datePublished")) or _words(item.get("dateCreated"))),
        rating=rating,
        rating_max=rating_max,
        url=_link(address, _words(item.get("url"))),
        language=language[1].lower() if language else None,
    )


def _link(address: str, url: str) -> str | None:
    with suppress(ValueError):  # brackets that are no IPv6 address; the review is good without its link
        return urljoin(address, url) if url else None
    return None


def _key(item: Item) -> str | None:
    keys = (_words(item.get(name)) for name in ("@id", "identifier"))
    return next((key for key in keys if key and len(key) <= LONGEST_KEY and not _is_place(key)), None)


def _is_place(key: str) -> bool:
    """Say whether `key` counts: "#review-2" is another review's as soon as there is a new one."""
    _, mark, fragment = key.rpartition("#")
    return key.startswith("_:") or bool(mark and re.fullmatch(r"\D*\d{0,2}", fragment))


def _rating(item: Item, known: Mapping[str, Item]) -> tuple[float | None, float | None]:
    """Return the rating and the best there is, turned round where the lower is the better one."""
    given = _meant(item.get("reviewRating") or item.get("ratingValue"), known)
    scale = given if isinstance(given, dict) else {"ratingValue": given}
    score = SCORE.match(_words(scale.get("ratingValue")))
    if not score:
        return None, None
    rating = _number(score[1])
    best = 100.0 if score[3] else _number(score[2] or _words(scale.get("bestRating")), 5.0)
    worst = _number(_words(scale.get("worstRating")))
    if best < worst:  # as in German marks, where 1 is the best and 6 the worst
        rating, best = worst - rating, worst - best
    elif worst < 0:
        rating, best = rating - worst, best - worst
    return (rating, best) if 0 <= rating <= best and best else (None, None)


def _number(text: str, default: float = 0.0) -> float:
    number = re.match(rf"\s*({NUMBER})", text)
    return float(number[1].replace(",", ".")) if number else default


def _date(text: str) -> datetime | None:
    with suppress(ValueError, OverflowError):
        return parse_date(text) if text else None
    return None


def _first(value: Any) -> Any:
    while isinstance(value, list):
        value = next((each for each in value if each not in (None, "", [])), None)
    return value


def _meant(value: Any, known: Mapping[str, Item]) -> Any:
    """Return the object that `value` names by its id, or its own first one."""
    found = _first(value)
    name = found.get("@id") if isinstance(found, dict) else None
    return known.get(name, found) if isinstance(name, str) else found


def _words(value: Any) -> str:
    """Return what `value` says as text: itself, or the value or name of the object that it is."""
    found = _first(value)
    if isinstance(found, dict):
        found = next(filter(None, (_first(found.get(name)) for name in ("@value", "value", "name"))), None)
    # twice, because many sites escape their mark-up before they write it as JSON
    return plain(plain(str(found))).strip() if isinstance(found, str | int | float) else ""


def _beyond(written: Sequence[Review], marked: Sequence[Review]) -> list[Review]:
    """Return those of `marked` that `written` lacks: many pages give the same reviews in both ways."""
    is_named = all(review.author for review in (*written, *marked))
    # microdata may end in "Read more" or be cut, but an author begins two reviews of a page in two ways
    for letters in (LETTERS, FIRST_LETTERS) if is_named else (LETTERS,):
        traces = [[_trace(review, letters, is_named) for review in reviews] for reviews in (written, marked)]
        twins = Counter(traces[0]) & Counter(traces[1])
        written, marked = _without(written, traces[0], twins), _without(marked, traces[1], twins)
    return list(marked)


def _without(reviews: Sequence[Review], traces: Sequence[Trace], twins: Counter[Trace]) -> list[Review]:
    left, kept = Counter(twins), []
    for review, trace in zip(reviews, traces, strict=True):
        if left[trace]:
            left[trace] -= 1
        else:
            kept.append(review)
    return kept


def _trace(review: Review, letters: int = LETTERS, is_named: bool = True) -> Trace:
    said = (review.text or review.title)[: 10 * letters]
    return readable(review.author) if is_named else "", readable(said)[:letters]


def readable(text: str) -> str:
    """Return what can be read of `text`, by which it is known again."""
    return "".join(filter(str.isalnum, text.casefold()))


def _with_own_keys(reviews: Sequence[Review]) -> list[Review]:
    """Return the reviews without keys that several share: sites give them the product's, or all the same."""
    sharers: dict[str | None, set[Trace]] = defaultdict(set)
    for review in reviews:
        sharers[review.key].add(_trace(review))
    return [review._replace(key=None) if len(sharers[review.key]) > 1 else review for review in reviews]
