"""The configuration with which Allears listens to the town, and the exported files beside it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from demo.item import BRANDS, OWN, Brand, Item
from demo.places import COUNTRIES, PLACES, Place
from demo.town import Town
from demo.wire.files import WRITERS

HEAD = """\
# {own} listens to itself and to two competitors, in the demo town of {size} mentions:
# seed {seed}, {days} days up to the day before {today}. Written by `python -m demo --write-config`.
version = 1

# A query holds words, "phrases", AND OR NOT ( ), word*, NEAR/5, title: author: site: lang: source:
"""
BRAND = """\
[[brands]]
name = "{name}"
query = '"{phrase}" OR {handle}'
competitor = {competitor}

"""
HTTP = """\
[http]
allow_private = ["127.0.0.1"]  # the town is on this machine; a private address is refused otherwise

# One search per brand. A post that names two brands is found twice and kept once.
"""
HACKERNEWS = """\
[[feeds]]
name = "hn-{slug}"
source = "hackernews"
query = "{name}"
api = "{base}/hn/api/v1/search_by_date"

"""
APPSTORE = """\
[[feeds]]
name = "appstore-{slug}"
source = "appstore"
app_id = "{app_id}"
countries = [{countries}]
api = "{base}/itunes"
brand = "{name}"  # everything in it counts, whether the text names the brand or not

"""
MASTODON = """\
# Posts with a brand's hashtag, on a server of the fediverse.
[[feeds]]
name = "mastodon"
source = "mastodon"
tags = [{tags}]
instances = ["{base}/mastodon"]

"""
FEED = """\
[[feeds]]
name = "{feed}"
source = "feed"
url = "{base}{path}"

"""
FILES = """\
# Exports of other tools: `columns` says which of their columns is which of ours.
[[feeds]]
name = "survey"
source = "file"
path = "survey.csv"
columns = {{ native_id = "ResponseId", posted_at = "SubmittedAt", rating = "Stars", text = "Comment", \
author = "Respondent", language = "Locale" }}
rating_max = 5
brand = "{own}"

[[feeds]]
name = "support"
source = "file"
path = "support.jsonl"
columns = {{ native_id = "ticket", posted_at = "opened", author = "requester", title = "subject", text = "body", \
language = "locale" }}
brand = "{own}"

# Bound to no brand: posts count for the brands that they name.
[[feeds]]
name = "social"
source = "file"
path = "social.jsonl"
columns = {{ native_id = "post", posted_at = "published", author = "account", text = "message", \
language = "language", likes = "hearts", replies = "comments", reach = "impressions" }}
"""


def write_config(path: Path, base_url: str, town: Town) -> None:
    """Write the configuration for `town`, served at `base_url`, to `path`, and its three exports beside it.

    A file that is already there is replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_exports(path.parent, town.mentions())
    head = HEAD.format(own=OWN.name, size=town.size, seed=town.seed, days=town.days, today=town.today)
    path.write_text("".join([head, *_sections(base_url)]), encoding="utf-8")


def _write_exports(folder: Path, mentions: Iterable[Item]) -> None:
    exported: dict[str, list[Item]] = {name: [] for name in WRITERS}
    for item in mentions:
        if item.place.source == "file":
            exported[item.place.path].append(item)
    for name, lines_of in WRITERS.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines_of(exported[name]))


def _sections(base: str) -> Iterator[str]:
    for brand in BRANDS:
        yield BRAND.format(
            name=brand.name, phrase=brand.phrase, handle=brand.handle, competitor=str(brand.competitor).lower()
        )
    yield HTTP
    for brand in BRANDS:
        yield HACKERNEWS.format(slug=brand.slug, name=brand.name, base=base)
    for brand in BRANDS:
        yield _appstore(brand, base)
    tags = ", ".join(f'"{brand.handle}"' for brand in BRANDS)
    yield MASTODON.format(tags=tags, base=base)
    yield "# News, blogs and a forum. One of the blogs fell silent: the run says so.\n"
    for place in PLACES:
        if place.source == "feed":
            yield _feed(place, base)
    yield FILES.format(own=OWN.name)


def _appstore(brand: Brand, base: str) -> str:
    countries = ", ".join(f'"{country}"' for country in COUNTRIES)
    return APPSTORE.format(slug=brand.slug, app_id=brand.app_id, countries=countries, base=base, name=brand.name)


def _feed(place: Place, base: str) -> str:
    return FEED.format(feed=place.feed, base=base, path=place.path)
