"""The one who writes the planned mentions down, in the order in which they appear."""

import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from demo import press, voices, writing
from demo.dice import Dice, by_share
from demo.events import STORY, STORY_HEADLINE, SYNDICATED, Event
from demo.item import BRANDS, OWN, SENTIMENTS, Brand, Item, Sentiment, named_in
from demo.oddities import LONG, Oddity
from demo.phrasebook import Phrasebook
from demo.places import Kind, Place
from demo.plan import AT_WORK, Slot
from demo.wire.mastodon import tags_of, uri_of
from demo.writing import Brief, Draft


def _moods(*shares: float) -> tuple[Sentiment, ...]:
    return by_share(zip(SENTIMENTS, shares, strict=True))


MOODS: Mapping[Kind, tuple[Sentiment, ...]] = {  # elsewhere people have their brand's own mood
    "hn": _moods(0.32, 0.38, 0.30),
    "forum": _moods(0.24, 0.38, 0.38),
    "support": _moods(0.60, 0.35, 0.05),
    "social": _moods(0.26, 0.24, 0.50),
    "blog": _moods(0.15, 0.35, 0.50),
}
BRAND_MOODS = {brand: _moods(*brand.mood) for brand in BRANDS}
RIVALS = {brand: [other.name for other in BRANDS if other is not brand] for brand in BRANDS}
DECK = [brand for brand in BRANDS for _ in range(round(10 * brand.share))]
STARS: Mapping[Sentiment, tuple[int, ...]] = {
    "negative": by_share([(1, 0.65), (2, 0.35)]),
    "neutral": by_share([(2, 0.1), (3, 0.8), (4, 0.1)]),
    "positive": by_share([(4, 0.3), (5, 0.7)]),
}
STARS_DISAGREE = 0.025  # people who take one star for the best, or press the wrong one
HOURS = {  # how much is said from midnight to midnight, UTC
    "leisure": by_share(enumerate((2, 1, 1, 1, 1, 2, 5, 9, 10, 8, 6, 6, 8, 7, 5, 5, 6, 8, 10, 11, 10, 8, 6, 4))),
    "work": by_share(enumerate((2, 1, 1, 1, 1, 3, 6, 8, 9, 9, 8, 7, 7, 8, 9, 9, 8, 7, 5, 4, 4, 3, 3, 2))),
}
LIKES: Mapping[Kind, int] = {"appstore": 9, "hn": 260, "social": 900}  # the most that one mention gets
HN_STORIES = 0.12  # the rest of Hacker News are comments
FILE_PREFIXES: Mapping[Kind, str] = {"survey": "R", "support": "T", "social": "P"}
HN_FIRST_ID, APPSTORE_FIRST_ID = 45_900_000, 11_400_000_000
ELSEWHERE = 0.5  # of the comments on Hacker News stand under a story about something else
MORE_ROOM = 3  # attempts at a text that nobody else wrote before it is made longer


class Thread(NamedTuple):
    """A story on Hacker News that people comment on."""

    story_id: str
    title: str
    brand: Brand | None


class Scribe:
    """Writes Items; remembers which texts, ids and threads there are already."""

    def __init__(self, seed: int) -> None:
        self._dice = Dice()
        self._seed = seed
        self._books: dict[str, Phrasebook] = {}
        self._typos: dict[str, dict[str, str]] = {}
        self._serials: dict[str, int] = {}
        self._decks: dict[Place, list[Brand]] = {}
        self._seen: set[int] = set()
        self._threads: deque[Thread] = deque(maxlen=30)

    def day(self, number: int, midnight: int, slots: Sequence[Slot]) -> list[Item]:
        """Return the items of one day in the order of their times; `midnight` in seconds since 1970."""
        self._dice.seed(f"{self._seed}/day {number}")
        timed = [(midnight + self._second(slot.place.kind), n, slot) for n, slot in enumerate(slots)]
        return [self._item(slot, posted_at) for posted_at, _, slot in sorted(timed)]

    def _second(self, kind: Kind) -> int:
        hours = HOURS["work" if kind in AT_WORK else "leisure"]
        return self._dice.pick(hours) * 3600 + int(self._dice.random() * 3600)

    def _item(self, slot: Slot, posted_at: int) -> Item:
        if slot.oddity:
            return self._odd(slot.place, slot.oddity, posted_at)
        if slot.event is SYNDICATED:
            return self._syndicated(slot.place, posted_at)
        if slot.place.kind == "news":
            return self._article(slot.place, slot.event, posted_at)
        return self._said(slot.place, slot.event, posted_at)

    def _said(self, place: Place, event: Event | None, posted_at: int) -> Item:
        """Write a review, comment, ticket or post."""
        brand = place.brand or (event.brand if event else self._dealt(place))
        language = self._dice.pick(place.languages)
        book = self._book(language, brand)
        sentiment = event.sentiment if event else self._dice.pick(MOODS.get(place.kind) or BRAND_MOODS[brand])
        topic = event.topic if event else self._dice.pick(writing.TOPICS[writing.TALK[place.kind]])
        story = place.kind == "hn" and self._dice.chance(HN_STORIES)
        about = event.name if event else None
        brief = Brief(place.kind, language, sentiment, topic, about, named=place.brand is None)
        draft = self._link(book, event) if story and self._dice.chance(0.5) else None
        if draft is None:
            draft = self._unheard(book, brief, brand.handle if place.source == "mastodon" else None)
            draft = draft._replace(title=writing.question(book, brief)) if story else draft
        item = self._signed(place, draft, posted_at, language=language, event=event)
        return self._threaded(item, brand, story=story) if place.kind == "hn" else item

    def _unheard(self, book: Phrasebook, brief: Brief, hashtag: str | None) -> Draft:
        """Return a text that nobody has written yet, as its author types it, with `hashtag` if there is one."""
        attempt = 0
        while True:
            draft = writing.write(book, brief, long=attempt >= MORE_ROOM)
            text = voices.spoken(
                draft.text, self._dice, kind=brief.kind, sentiment=brief.sentiment, typos=self._typos[brief.language]
            )
            text = _tagged(text, hashtag) if hashtag else text
            if self._is_new(text):
                return Draft(draft.title, text, draft.topic, draft.sentiment)
            attempt += 1

    def _link(self, book: Phrasebook, event: Event | None) -> Draft | None:
        """Return a story without text, a headline that links to an article; None if all are taken."""
        for _ in range(MORE_ROOM):
            story = press.draw_story(book, "en", event)
            title = press.headline(book, story)
            if story.name != "general" and self._is_new(title):
                return Draft(title, "", story.name, story.sentiment)
        return None

    def _article(self, place: Place, event: Event | None, posted_at: int) -> Item:
        brand = event.brand if event else self._dealt(place)
        language = self._dice.pick(place.languages)
        book = self._book(language, brand)
        story = press.draw_story(book, language, event)
        draft = press.article(book, story)
        while not self._is_new(draft.text):
            draft = press.article(book, story)
        return self._signed(place, draft, posted_at, language=language, event=event)._replace(author=book["person"])

    def _syndicated(self, place: Place, posted_at: int) -> Item:
        draft = Draft(f"{STORY_HEADLINE} - {place.title}", STORY, SYNDICATED.topic, SYNDICATED.sentiment)
        return self._signed(place, draft, posted_at, language="en", event=SYNDICATED)._replace(author="Agency")

    def _odd(self, place: Place, oddity: Oddity, posted_at: int) -> Item:
        text = (oddity.text * (LONG // len(oddity.text) + 1))[:LONG] if oddity.fill else oddity.text
        self._is_new(text)
        title = oddity.title or {"appstore": "Hm", "forum": "Re: Harbor Coffee", "support": "Question"}.get(place.kind)
        draft = Draft(title, text, "odd", oddity.sentiment)
        item = self._signed(place, draft, posted_at, language=oddity.language)
        item = item._replace(
            author=oddity.author or item.author,
            url=oddity.url or item.url,
            markup=oddity.markup,
            oddity=oddity.kind,
        )
        near_miss = oddity.kind == "near-miss"
        return self._threaded(item, None if near_miss else OWN, story=False) if place.kind == "hn" else item

    def _signed(self, place: Place, draft: Draft, posted_at: int, *, language: str, event: Event | None = None) -> Item:
        """Return `draft` as an item with an id, an author and what readers gave it."""
        native_id, url = self._address(place, posted_at)
        bound = [place.brand.name] if place.brand else []
        brands = dict.fromkeys([*bound, *named_in(f"{draft.title or ''}\n{draft.text}")])
        author = place.title if place.kind == "blog" else voices.author(self._dice, place.kind)
        liked = LIKES.get(place.kind, 0) * self._dice.random() ** 4  # most get nothing, a few get nearly everything
        return Item(
            place=place,
            native_id=native_id,
            posted_at=posted_at,
            title=draft.title,
            text=draft.text,
            author=author,
            language=language,
            sentiment=draft.sentiment,
            topic=event.topic if event else draft.topic,
            brands=tuple(brands),
            rating=self._rating(draft.sentiment) if place.kind in ("appstore", "survey") else None,
            likes=int(liked),
            replies=int(liked * self._dice.random() / 2),
            url=url,
            event=event.name if event else None,
        )

    def _address(self, place: Place, posted_at: int) -> tuple[str, str | None]:
        """Return a new id in the fashion of the place, and the link where there is one."""
        serial = self._serials[place.source] = self._serials.get(place.source, 0) + 1
        if place.source == "hackernews":
            return str(HN_FIRST_ID + 11 * serial), None
        if place.source == "appstore":
            return str(APPSTORE_FIRST_ID + 7 * serial), None
        if place.source == "mastodon":
            return uri_of(serial, posted_at), None
        if place.source == "file":
            return f"{FILE_PREFIXES[place.kind]}-{serial:07}", None
        day = datetime.fromtimestamp(posted_at, UTC)
        return f"{place.domain}:{serial}", f"https://{place.domain}/{day:%Y/%m/%d}/{serial}"

    def _threaded(self, item: Item, brand: Brand | None, *, story: bool) -> Item:
        """Return `item` as a story that opens a thread, or as a comment in one that names no other brand."""
        if story:
            self._threads.append(Thread(item.native_id, item.title or "", brand))
            return item._replace(url=None if item.text else f"https://cup-economics.example/{item.native_id}")
        own = [thread for thread in self._threads if thread.brand is brand and brand is not None]
        if not own or self._dice.chance(ELSEWHERE):
            title = self._book("en", brand or OWN).say("thread")
            thread = Thread(str(HN_FIRST_ID - 1 - zlib.crc32(title.encode()) % 90_000), title, None)
        else:
            thread = self._dice.pick(own)
        return item._replace(title=None, parent_id=thread.story_id, thread=(thread.story_id, thread.title))

    def _book(self, language: str, brand: Brand) -> Phrasebook:
        """Return the texts of `language`, with a brand and a rival set for one mention."""
        book = self._books.get(language)
        if book is None:
            book = self._books[language] = Phrasebook(language, self._dice)
            self._typos[language] = dict(line.split("=") for line in book.sections["typo"])
        book["brand"], book["handle"], book["whose"] = brand.name, brand.handle, brand.whose
        book["rival"] = self._dice.pick(RIVALS[brand])
        return book

    def _is_new(self, text: str) -> bool:
        """Return whether nobody has written `text`, and remember it; two texts with one checksum count as the same."""
        checksum = zlib.crc32(text.encode("utf-8", "surrogatepass"))
        if checksum in self._seen:
            return False
        self._seen.add(checksum)
        return True

    def _dealt(self, place: Place) -> Brand:
        """Return the brand that `place` speaks of next, dealt from a deck: no brand is forgotten for weeks."""
        deck = self._decks.setdefault(place, [])
        if not deck:
            deck.extend(self._dice.sample(DECK, len(DECK)))
        return deck.pop()

    def _rating(self, sentiment: Sentiment) -> int:
        if self._dice.chance(STARS_DISAGREE):
            return 5 if sentiment == "negative" else 1
        return self._dice.pick(STARS[sentiment])


def _tagged(text: str, hashtag: str) -> str:
    """Return `text` with its hashtag, by which alone it is found where there is no search for words."""
    return text if hashtag in tags_of(text) else f"{text} #{hashtag}"
