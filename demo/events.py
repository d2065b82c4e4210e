"""What happens in the town: planted stories with a brand, days and a size, to check a run against."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from demo.item import BLUEBIRD, OWN, Brand, Sentiment
from demo.places import Kind

SILENT_AFTER = 9  # the silent feed's last item is this many days before today


@dataclass(frozen=True, eq=False)
class Event:
    """Something that makes people talk for some days.

    `first` counts the days before today on which it begins; `profile` is the part of its mentions
    on each of its days. `share` is its part of all mentions, `where` the kinds of places and their
    parts. `size` is for an event whose number of mentions does not grow with the town.
    """

    name: str
    brand: Brand
    first: int
    profile: tuple[float, ...]
    sentiment: Sentiment
    topic: str
    what: str
    share: float = 0.0
    size: int | None = None
    where: Mapping[Kind, float] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """Return how many days before today it ends."""
        return self.first - len(self.profile) + 1

    def mentions(self, total: int) -> int:
        """Return its size in a town of `total` mentions: at least as many as it has days."""
        return self.size or max(len(self.profile), round(self.share * total))


OUTAGE = Event(
    "outage",
    OWN,
    first=6,
    profile=(0.10, 0.11, 0.14, 0.18, 0.22, 0.25),
    sentiment="negative",
    topic="app",
    what="The app is down, logins fail and payments are taken twice; ratings fall with it.",
    share=0.075,
    where={"appstore": 0.48, "hn": 0.12, "news": 0.05, "forum": 0.08, "survey": 0.1, "support": 0.1, "social": 0.07},
)
PRICE_RISE = Event(
    "price-rise",
    OWN,
    first=35,
    profile=(0.32, 0.27, 0.19, 0.13, 0.09),
    sentiment="negative",
    topic="price",
    what="Prices go up overnight and regulars are angry.",
    share=0.02,
    where={"appstore": 0.4, "hn": 0.15, "news": 0.08, "forum": 0.1, "survey": 0.1, "support": 0.05, "social": 0.12},
)
LAUNCH = Event(
    "cold-brew-launch",
    OWN,
    first=20,
    profile=(0.22, 0.26, 0.19, 0.14, 0.11, 0.08),
    sentiment="positive",
    topic="subscription",
    what="A cold brew subscription is launched and praised.",
    share=0.02,
    where={"appstore": 0.35, "hn": 0.15, "news": 0.12, "forum": 0.13, "survey": 0.1, "social": 0.15},
)
RECALL = Event(
    "competitor-recall",
    BLUEBIRD,
    first=50,
    profile=(0.34, 0.27, 0.18, 0.12, 0.09),
    sentiment="negative",
    topic="quality",
    what="Mould is found in a competitor's beans, which it had kept quiet about.",
    share=0.025,
    where={"news": 0.35, "forum": 0.25, "hn": 0.15, "social": 0.15, "appstore": 0.1},
)
SYNDICATED = Event(
    "syndicated-story",
    OWN,
    first=12,
    profile=(0.75, 0.25),
    sentiment="neutral",
    topic="company",
    what="One agency story appears word for word in 12 outlets, each with its own name behind the headline.",
    size=12,
)
EVENTS = (RECALL, PRICE_RISE, LAUNCH, SYNDICATED, OUTAGE)

STORY_HEADLINE = "Harbor Coffee to roast all its beans in a former tram depot"
STORY = """\
Harbor Coffee will move its roasting to the former tram depot in Northquay and close its three smaller roasteries \
by the end of next year, the company told its suppliers on Thursday.

The depot, a listed building of 1911, has stood empty since the last line was closed. The company has leased it for \
twenty years and plans to keep the tracks in the floor. Visitors will be able to watch the roasting from a gallery.

About 140 people work in the three roasteries today. All of them have been offered a place in the depot, works \
council and management said in a joint statement. Two of the sites are less than an hour away by train.

The first beans are to be roasted there in the summer. Neither side gave figures for the cost of the conversion."""
