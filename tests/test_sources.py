"""Feeds written down by command, and found for a brand."""

from functools import partial
from pathlib import Path

import httpx
import pytest

from connectors.http import Http
from connectors.source import Refused
from connectors.web.pace import Pace
from flows.config import ConfigError, load_config
from flows.discover import discover
from flows.sources import add_feed, append_feed, cards

FILE = 'version = 1\n\n# my brand\n[[brands]]\nname = "Harbor Coffee"\nquery = "harbor"\n'
FEED = (
    "<rss version='2.0'><channel><item><title>Harbor opens</title><guid>g1</guid>"
    "<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>"
)
PAGE = "<html><head><link rel='alternate' type='application/rss+xml' href='/news.xml'></head><body>Hi</body></html>"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "allears.toml"
    written.write_text(FILE)
    return written


def test_add_writes_a_feed_and_leaves_the_rest_as_it_is(file: Path) -> None:
    words = ["--app-id", "408709785", "--countries=us,gb", "--brand", "Harbor Coffee"]
    assert add_feed(file, "appstore", words).startswith("[[feeds]]")
    assert file.read_text().startswith(FILE)
    (feed,) = load_config(file).feeds
    assert feed.options == {"app_id": "408709785", "countries": ["us", "gb"]}
    assert feed.brand == "Harbor Coffee"
    add_feed(file, "file", ["--path", "a.csv", "--rating-max", "5", "--columns", '{"text": "Body"}'])
    assert load_config(file).feeds[1].options == {"path": "a.csv", "rating_max": 5, "columns": {"text": "Body"}}


@pytest.mark.parametrize(
    ("source", "words", "message"),
    [
        ("appstor", [], "'appstor' is no source; known are appstore"),
        ("appstore", ["--app", "1"], "--app-id, --countries, --api, --name, --brand, --kind"),
        ("appstore", ["408709785"], "'408709785' is no option of appstore"),
        ("appstore", ["--app-id"], "--app-id needs a value, such as --app-id 408709785"),
        ("appstore", [], "option 'app_id' is missing"),
        ("appstore", ["--app-id", "1", "--brand", "Habor"], "brand = 'Habor'"),
        ("file", ["--path", "a.csv", "--rating-max", "five"], "--rating-max 'five'"),
    ],
)
def test_a_feed_that_is_wrong_changes_nothing(file: Path, source: str, words: list[str], message: str) -> None:
    with pytest.raises((ConfigError, Refused), match=message):
        add_feed(file, source, words)
    assert file.read_text() == FILE
    assert [found.name for found in file.parent.iterdir()] == [file.name]


def test_a_secret_must_not_stand_in_the_file(file: Path) -> None:
    secret = [(card, name) for card in cards() for name in card["secrets"]]
    for card, name in secret:
        with pytest.raises(ConfigError, match=f"{name} is a secret and must not stand in the file"):
            append_feed(file, {"source": card["source"], name: "s3cr3t"})
    assert "s3cr3t" not in file.read_text()


def test_discover_proposes_what_holds_something_first() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "harbor.example":
            news = request.url.path == "/news.xml"
            return httpx.Response(200, text=FEED if news else PAGE, headers={"content-type": "text/html"})
        if request.url.host == "hn.algolia.com":
            return httpx.Response(200, json={"hits": [], "nbHits": 0, "hitsPerPage": 100})
        return httpx.Response(404)

    hasty = Pace(sleep=lambda _: None)
    found = discover(
        "Harbor Coffee", "harbor.example", open_http=partial(Http, transport=httpx.MockTransport(answer), pace=hasty)
    )
    assert (found[0].source, found[0].options, found[0].items) == (
        "feed",
        {"url": "https://harbor.example/news.xml"},
        1,
    )
    assert found[0].example == "Harbor opens Harbor opens"
    by_source = {proposal.source: proposal for proposal in found}
    assert by_source["hackernews"].message == "it answers, and holds nothing"
    assert "404" in str(by_source["appstore"].message)
