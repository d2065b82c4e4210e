"""How a mention is put together from the lines of a phrasebook: reviews, comments, tickets, posts and articles."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from demo.dice import Dice, by_share
from demo.item import Sentiment
from demo.phrasebook import Phrasebook
from demo.places import Kind

Shape: TypeAlias = Literal["short", "medium", "long", "essay"]

SIGNS: Mapping[Sentiment, str] = {"negative": "-", "neutral": "0", "positive": "+"}
SHAPES: Mapping[Kind, tuple[Shape, ...]] = {
    "appstore": by_share([("short", 0.16), ("medium", 0.54), ("long", 0.25), ("essay", 0.05)]),
    "survey": by_share([("short", 0.22), ("medium", 0.56), ("long", 0.20), ("essay", 0.02)]),
    "support": by_share([("medium", 0.55), ("long", 0.45)]),
    "social": by_share([("medium", 0.85), ("long", 0.15)]),
    "forum": by_share([("medium", 0.5), ("long", 0.4), ("essay", 0.1)]),
    "hn": by_share([("medium", 0.45), ("long", 0.4), ("essay", 0.15)]),
    "blog": ("essay",),
}
TOPICS: Mapping[str, tuple[str, ...]] = {  # the more often a topic stands here, the more often it comes up
    "app": ("app", "app", "login", "payment", "points", "subscription", "delivery", "price", "staff", "taste"),
    "counter": ("taste", "staff", "staff", "price", "wifi", "hours", "taste", "points", "app"),
    "desk": ("delivery", "delivery", "payment", "login", "points", "subscription", "subscription", "app"),
    "talk": ("taste", "delivery", "subscription", "price", "app", "wifi", "staff", "points", "hours"),
    "tech": ("tech", "tech", "tech", "app", "login", "payment", "subscription", "price", "wifi"),
}
TALK: Mapping[Kind, str] = {
    "appstore": "app",
    "survey": "counter",
    "support": "desk",
    "hn": "tech",
    "forum": "talk",
    "blog": "talk",
    "social": "talk",
}
JOINS = {
    "en": (", and", " -", "...", ";", ", plus"),
    "de": (", und", " -", "...", ";"),
    "es": (" y", " -", "...", ";"),
    "fr": (" et", " -", "...", " ;"),
}
AFTER_LEAD = (":", " -", "...", ",")
LINKS = ("https://cup-economics.example/notes/{}", "https://status-history.example/incidents/{}")


class Brief(NamedTuple):
    """What is to be said: `event` is the event's name; where `named`, the brand must be in it."""

    kind: Kind
    language: str
    sentiment: Sentiment
    topic: str
    event: str | None
    named: bool

    @property
    def sign(self) -> str:
        """Return the mark under which the texts keep this sentiment."""
        return SIGNS[self.sentiment]


class Draft(NamedTuple):
    """A text, its headline, and what it turned out to say."""

    title: str | None
    text: str
    topic: str
    sentiment: Sentiment


def write(book: Phrasebook, brief: Brief, *, long: bool = False) -> Draft:
    """Return a text of its own for everything but news; `long` asks for one with more room for variety."""
    shape = "long" if long else book.dice.pick(SHAPES[brief.kind])
    if shape == "short" and not (brief.event or brief.named):
        clauses = book.say(f"short {brief.sign}").split(". ")
        return Draft(_title(book, brief), _prose(clauses, book.dice, brief), "general", brief.sentiment)
    paragraphs = _paragraphs(book, brief, shape)
    text = "\n\n".join(_prose(paragraph, book.dice, brief) for paragraph in paragraphs)
    if brief.kind == "support":
        text = f"{book.say('hello')},\n\n{text}\n\n{book.say('bye')}"
    elif brief.kind == "social" and book.dice.chance(0.4):
        text = f"{text} {book.say('tag')}"
    elif brief.kind == "hn" and book.dice.chance(0.08):
        text = f"{text}\n\n{book.dice.pick(LINKS).format(book.dice.randrange(9000))}"
    return Draft(_title(book, brief), text, "app" if brief.topic == "tech" else brief.topic, brief.sentiment)


def question(book: Phrasebook, brief: Brief) -> str:
    """Return the title of a text that is put to everybody on Hacker News."""
    return _about(book, brief, "ask")


def _about(book: Phrasebook, brief: Brief, section: str) -> str:
    """Return a line of `section` that says what the text is about."""
    book["matter"] = book.say(f"matter {brief.event or brief.topic}")
    return _capital(book.say(section))


def _title(book: Phrasebook, brief: Brief) -> str | None:
    if brief.kind in ("survey", "social", "hn"):
        return None
    if brief.kind == "blog":
        return _about(book, brief, "blog")
    if brief.kind == "forum":
        return ("Re: " if book.dice.chance(0.6) else "") + _about(book, brief, "forum")
    if brief.event:
        return book.say(f"title {brief.event}")
    return book.say(f"title {brief.sign}")


def _paragraphs(book: Phrasebook, brief: Brief, shape: Shape) -> list[list[str]]:
    start = _start(book, brief)
    if shape == "essay":
        return _essay(book, brief, start)
    clauses = start + _claims(book, brief, 1 if shape == "short" or book.dice.chance(0.45) else 2)
    if shape == "long":
        clauses.insert(len(start) + 1, book.say(f"tale {brief.sign}"))
        clauses += _aside(book, brief) if book.dice.chance(0.5) else []
    elif shape == "medium" and book.dice.chance(0.25):
        clauses.append(book.say(f"tale {brief.sign}"))
    if book.dice.chance(0.65 if shape == "long" else 0.3):
        clauses.append(_closer(book, brief))
    return [clauses]


def _start(book: Phrasebook, brief: Brief) -> list[str]:
    if brief.named:
        return [book.say("lead social" if brief.kind == "social" else "lead")]
    if brief.kind != "support" and book.dice.chance(0.4):
        return [book.say(f"opener {brief.sign}")]
    return [book.say("lead")] if book.dice.chance(0.1) else []


def _claims(book: Phrasebook, brief: Brief, count: int) -> list[str]:
    if not brief.event:
        if brief.sentiment == "negative" and book.dice.chance(0.03):
            return [book.say("sarcasm -")]
        return book.several(f"claim {brief.topic} {brief.sign}", count)
    return book.several(f"event {brief.event} {brief.sign}", count)


def _aside(book: Phrasebook, brief: Brief) -> list[str]:
    """Return a word on another topic in the same mood."""
    topic = book.dice.pick(TOPICS[TALK[brief.kind]])
    return [] if topic == brief.topic else [book.say(f"claim {topic} {brief.sign}")]


def _closer(book: Phrasebook, brief: Brief) -> str:
    """Return a last word: to the readers of a discussion, or to the brand itself."""
    talk = "talk " if brief.kind in ("hn", "forum", "blog") else ""
    return book.say(f"closer {talk}{brief.sign}")


def _essay(book: Phrasebook, brief: Brief, start: list[str]) -> list[list[str]]:
    """Return three to six paragraphs: the matter itself, other matters, and a verdict."""
    tales = book.several(f"tale {brief.sign}", 4)
    claims = _claims(book, brief, 3)
    first = [*start, *claims[:2], tales[0]]
    others = [topic for topic in dict.fromkeys(TOPICS[TALK[brief.kind]]) if topic != brief.topic]
    middles = [
        [*book.several(f"claim {topic} {brief.sign}", 2), tale]
        for topic, tale in zip(book.dice.sample(others, 3), tales[1:], strict=False)
    ]
    last = [*claims[2:], _closer(book, brief)]
    return [first, *middles[: 1 + int(book.dice.random() * 3)], last]


def _prose(clauses: Sequence[str], dice: Dice, brief: Brief) -> str:
    """Return `clauses` as sentences, some of them joined by a comma, a dash or dots."""
    text = ""
    for number, clause in enumerate(clauses):
        if text.endswith(":"):
            text += f" {clause}"
        elif number == 1 and brief.kind == "social":
            text += f"{dice.pick(AFTER_LEAD)} {clause}"
        elif number > 1 and text[-1] not in "?!" and clause[-1] != "?" and dice.chance(0.16):
            text += f"{dice.pick(JOINS[brief.language])} {clause}"
        else:
            text += _end(text, dice, brief) + _capital(clause)
    return text + _end(text, dice, brief).rstrip()


def _end(text: str, dice: Dice, brief: Brief) -> str:
    if not text or text[-1] in "?!.":
        return " " if text else ""
    return "! " if brief.sentiment != "neutral" and dice.chance(0.13) else ". "


def _capital(clause: str) -> str:
    start = 1 if clause[0] in "¿¡" else 0
    return clause[:start] + clause[start].upper() + clause[start + 1 :]
