"""News: articles of a headline, paragraphs and a closing quote, each telling one story."""

from typing import NamedTuple

from demo.dice import by_share
from demo.events import Event
from demo.item import Sentiment
from demo.phrasebook import Phrasebook
from demo.writing import SIGNS, Draft


class Story(NamedTuple):
    """What an article is about: its name in the texts, its tone, and the languages that have it."""

    name: str
    sentiment: Sentiment
    languages: tuple[str, ...] = ("en",)
    share: float = 1.0


STORIES = (
    Story("openings", "neutral", ("en", "de", "es", "fr"), 1.6),
    Story("results", "neutral", ("en", "de", "es", "fr"), 1.4),
    Story("partner", "neutral", share=1.2),
    Story("app", "neutral", share=1.0),
    Story("prize", "positive", share=1.3),
    Story("trouble", "negative", share=0.8),
    Story("general", "neutral", share=0.9),  # names no brand
)
TOLD = ("city", "street", "person", "beans", "branches", "percent", "days", "firm")  # the same all through an article

STORIES_IN = {
    language: by_share((story, story.share) for story in STORIES if language in story.languages)
    for language in ("en", "de", "es", "fr")
}


def draw_story(book: Phrasebook, language: str, event: Event | None) -> Story:
    """Return what the next article in `language` is about: the event, if there is one."""
    return Story(event.name, event.sentiment) if event else book.dice.pick(STORIES_IN[language])


def article(book: Phrasebook, story: Story) -> Draft:
    """Return an article of two to five paragraphs, told in the words of `book`."""
    sign = SIGNS[story.sentiment]
    book.update({slot: book.say(f"slot {slot}") for slot in TOLD if f"slot {slot}" in book.sections})
    number = book.dice.randrange(len(book.sections[f"headline {story.name} {sign}"]))
    more = book.several(f"more {story.name}", 1 + int(book.dice.random() * 3))
    paragraphs = [book.line(f"first {story.name}", number), *more]
    if book.dice.chance(0.6):
        paragraphs.append(book.say(f"quote {sign}"))
    draft = Draft(
        book.line(f"headline {story.name} {sign}", number), "\n\n".join(paragraphs), story.name, story.sentiment
    )
    for slot in TOLD:
        book.pop(slot, None)
    return draft


def headline(book: Phrasebook, story: Story) -> str:
    """Return the headline alone, as a link on Hacker News carries it."""
    return book.say(f"headline {story.name} {SIGNS[story.sentiment]}")
