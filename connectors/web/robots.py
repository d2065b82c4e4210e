"""What sites allow programs to read, as their robots.txt says it."""

from collections.abc import Callable
from typing import NamedTuple

from protego import Protego


class Permit(NamedTuple):
    """Whether a page may be read, and how many seconds to leave between two."""

    is_allowed: bool
    delay_s: float


class Robots:
    """The rules of every site that one client has asked; `agent` is the name that it goes by."""

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._sites: dict[object, Protego] = {}

    def permit(self, site: object, url: str, fetch: Callable[[], str]) -> Permit:
        """Return what `site` says of `url`; `fetch` returns its robots.txt, "" if it has none, and is called once."""
        if site not in self._sites:
            self._sites[site] = Protego.parse(fetch())
        rules = self._sites[site]
        return Permit(rules.can_fetch(url, self._agent), float(rules.crawl_delay(self._agent) or 0))
