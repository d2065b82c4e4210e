"""How fast answers become mentions, feedparser beside us, and what fifty slow hosts cost when asked at once."""

import argparse
import io
import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from statistics import median

import feedparser
from prefect import flow

from bench.machine import note, print_machine, print_table
from bench.slowhost import slow_hosts
from connectors.source import Source, SourceError, all_sources
from demo.town import Town
from flows.collect import collect
from flows.config import Config, load_config
from flows.daily import collect_feeds
from flows.desk import open_desk
from flows.steps import RUNNER
from tests.test_connectors import recorded, replay, walk
from tests.test_feed import fetch as fetch_feed

AT_LEAST_S = 1.0  # of CPU for each source, so that the clock's grain does not count
HOSTS, PAGES = 50, 5
DELAYS_S = (0.010, 1.0)  # of the fastest and the slowest host, for each page


def main(argv: Sequence[str] | None = None) -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser("python -m bench.collect", description=__doc__)
    parser.add_argument("--feeds", type=Path, default=Path("../shared/fixtures/feeds"), help="a folder of feed files")
    parser.add_argument("--hosts", type=int, default=HOSTS)
    options = parser.parse_args(argv)
    print_machine("feedparser", "httpx", "prefect")
    sources = [card for card in all_sources().values() if recorded(card)["calls"]]
    rows = [_walked(card) for card in sources]
    print_table("Answers into mentions, on one core", ("source", "kind", "mentions a CPU second"), rows)
    feeds = {"a feed of 100 items from the town": [_town_feed()] * 20, **_corpus(options.feeds)}
    rows = [_beside_feedparser(name, bodies) for name, bodies in feeds.items()]
    columns = ("feeds", "files", "items", "feedparser, CPU s", "ours, CPU s", "ratio")
    print_table("Feeds into mentions, feedparser alone beside", columns, rows)
    _fan_out(options.hosts)


def _walked(card: Source) -> list[object]:
    found, begun = 0, time.process_time()
    while (spent := time.process_time() - begun) < AT_LEAST_S:
        found += sum(len(page.mentions) for page in walk(card, replay(card)))
    return [card.name, card.kind, found / spent]


def _beside_feedparser(name: str, bodies: Sequence[bytes]) -> list[object]:
    def alone() -> int:
        parsed = (feedparser.parse(io.BytesIO(b), sanitize_html=False, resolve_relative_uris=False) for b in bodies)
        return sum(len(feed.entries) for feed in parsed)

    def ours() -> int:
        return sum(map(_mentions, bodies))

    rounds = [(_cpu_s(alone), _cpu_s(ours)) for _ in range(3)]
    theirs, own = (median(side) for side in zip(*rounds, strict=True))
    return [name, len(bodies), alone(), theirs, own, own / theirs]


def _mentions(body: bytes) -> int:
    try:
        return sum(len(page.mentions) for page in fetch_feed(body))
    except SourceError:
        return 0


def _cpu_s(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _town_feed() -> bytes:
    item = "<item><title>{t}</title><guid>{g}</guid><pubDate>{d}</pubDate><description>{b}</description></item>"
    day = format_datetime(datetime(2026, 1, 1, tzinfo=UTC))
    texts = [mention.text for mention in Town(300, 1, datetime(2026, 1, 1, tzinfo=UTC).date()).mentions()][:100]
    items = (item.format(t=f"Item {n}", g=f"https://a.example/{n}", d=day, b=_escaped(t)) for n, t in enumerate(texts))
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{"".join(items)}</channel></rss>'.encode()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _corpus(folder: Path) -> dict[str, list[bytes]]:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix in (".xml", ".rss", ".atom")]
    return {f"{folder.name} of {folder.parent.name}": [file.read_bytes() for file in files]} if files else {}


def _fan_out(hosts: int) -> None:
    logging.disable(logging.INFO)  # a line for every task
    low, high = DELAYS_S
    delays_s = [low * (high / low) ** (n / max(1, hosts - 1)) for n in range(hosts)]
    with slow_hosts(delays_s, PAGES) as urls:
        note(f"{hosts} hosts, each {PAGES} pages, one after the other")
        alone_s = _collected(urls[-1:], threads=1)
        sequential_s = _collected(urls, threads=1)
        note("all at once")
        threads_s = _collected(urls, threads=hosts)
        flow_s = _collected(urls, threads=None)
    rows = [
        ("the slowest host alone", alone_s, alone_s / alone_s),
        ("all, one after the other", sequential_s, sequential_s / alone_s),
        ("all at once, by threads", threads_s, threads_s / alone_s),
        ("all at once, as the daily run does it, in Prefect tasks", flow_s, flow_s / alone_s),
    ]
    title = f"{hosts} hosts that need {low * 1000:.0f} ms to {high:g} s for a page, {PAGES} pages each"
    print_table(title, ("what", "seconds", "times the slowest"), rows)


def _collected(urls: Sequence[str], *, threads: int | None) -> float:
    """Return the seconds in which all is collected, by so many threads or by the daily run's own step."""
    with _configured(urls) as config, open_desk(config) as desk:
        if threads is None:
            seconds: list[float] = []

            @flow(task_runner=RUNNER, validate_parameters=False)
            def timed() -> None:
                begun = time.monotonic()
                collect_feeds(desk, config.feeds)
                seconds.append(time.monotonic() - begun)

            timed()
            spent = seconds[0]
        else:
            begun = time.monotonic()
            with ThreadPoolExecutor(threads) as pool:
                desk.report.feeds = list(pool.map(lambda feed: collect(desk, feed), config.feeds))
            spent = time.monotonic() - begun
        expected = len(urls) * PAGES * 100
        ((found,),) = desk.warehouse.rows("SELECT count(*) FROM mentions")
        if found != expected:
            raise SystemExit(f"{found} mentions instead of {expected}: {[r.message for r in desk.report.feeds]}")
    return spent


@contextmanager
def _configured(urls: Sequence[str]) -> Iterator[Config]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        own = [url.split("/")[2].partition(":")[0] for url in urls]
        feeds = "".join(
            f'[[feeds]]\nname = "f{n}"\nsource = "hackernews"\nquery = "f{n}"\napi = "{url}"\n'
            for n, url in enumerate(urls)
        )
        (folder / "allears.toml").write_text(f"[http]\nallow_private = {json.dumps(own)}\n{feeds}")
        yield load_config(folder / "allears.toml")


if __name__ == "__main__":
    main()
