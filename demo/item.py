"""What the town is made of: three brands, and the mentions that its people publish about them."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from demo.places import Place

Sentiment: TypeAlias = Literal["negative", "neutral", "positive"]

SENTIMENTS: tuple[Sentiment, ...] = ("negative", "neutral", "positive")


@dataclass(frozen=True, eq=False)
class Brand:
    """A brand of the town; `mood` is its usual share of negative, neutral and positive reviews."""

    name: str
    app_id: str
    competitor: bool
    share: float
    mood: tuple[float, float, float]

    @cached_property
    def phrase(self) -> str:
        """Return the name as it is searched: "harbor coffee"."""
        return self.name.lower()

    @cached_property
    def handle(self) -> str:
        """Return the name as it stands in hashtags: "harborcoffee"."""
        return self.phrase.replace(" ", "")

    @cached_property
    def whose(self) -> str:
        """Return the name as an owner's: "Bluebird Roasters'"."""
        return f"{self.name}'" if self.name.endswith("s") else f"{self.name}'s"

    @cached_property
    def slug(self) -> str:
        """Return the name as it stands in feed names: "harbor-coffee"."""
        return self.phrase.replace(" ", "-")


OWN = Brand("Harbor Coffee", "1000001", False, 0.5, (0.18, 0.22, 0.60))
BLUEBIRD = Brand("Bluebird Roasters", "1000002", True, 0.3, (0.25, 0.25, 0.50))
NINE_LIVES = Brand("Nine Lives Coffee", "1000003", True, 0.2, (0.22, 0.23, 0.55))
BRANDS = (OWN, BLUEBIRD, NINE_LIVES)

_SIGNS = tuple((brand.phrase, brand.handle, brand.name) for brand in BRANDS)


class Item(NamedTuple):
    """One mention as it was meant: what the wire formats carry, and what a reader should find in it.

    `posted_at` is in seconds since 1970; `text` is plain, paragraphs parted by blank lines, and
    `markup` is its HTML where that is more than paragraphs. `brands` are those that it names or
    whose own feed it stands in. `parent_id` and `thread` (id and title) are Hacker News' own.
    """

    place: "Place"
    native_id: str
    posted_at: int
    title: str | None
    text: str
    author: str
    language: str
    sentiment: Sentiment
    topic: str
    brands: tuple[str, ...]
    rating: int | None = None
    likes: int = 0
    replies: int = 0
    parent_id: str | None = None
    thread: tuple[str, str] | None = None
    url: str | None = None
    markup: str | None = None
    event: str | None = None
    oddity: str | None = None


def named_in(text: str) -> list[str]:
    """Return the names of the brands that `text` names, as the queries of the written config do."""
    low = text.lower()
    return [name for phrase, handle, name in _SIGNS if phrase in low or handle in low]
