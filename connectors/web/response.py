"""One answer of a server, and where it says the next one is."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from connectors.source import Changed
from connectors.web.wire import shown

NEXT = re.compile(r"<([^<>]*)>(?=[^<>,]*;\s*rel=\"?next\"?)", re.I)  # of a Link header, RFC 8288

HINTS = {
    401: "check this feed's credentials",
    403: "check this feed's credentials, and whether the site lets programs in",
    404: "nothing is there: check this feed's options",
    410: "it is gone for good: remove this feed",
}


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: the URL after redirects, header names in lower case, the body unpacked."""

    source: str
    status: int
    url: str
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """Return the body read as JSON; raises Changed if it is anything else."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            problem = f"{shown(self.url)} did not answer with JSON but with {self.headers.get('content-type')}"
            raise Changed(self.source, problem, f"update connectors/{self.source}.py and its fixture") from None

    @property
    def validators(self) -> dict[str, str]:
        """Return what `Http.conditional` needs to ask whether this answer is still the newest."""
        return {
            name.replace("-", "_"): self.headers[name] for name in ("etag", "last-modified") if self.headers.get(name)
        }

    @property
    def next(self) -> str | None:
        """Return the URL of the next page that the Link header names, or None; see `onward`."""
        match = NEXT.search(self.headers.get("link", ""))
        return self.onward(match[1]) if match else None

    def onward(self, url: str) -> str:
        """Return `url`, which may be relative, as an absolute one; raises Changed if it leads to another host.

        A connector that sends credentials must not follow where an answer points without asking here.
        """
        target = urljoin(self.url, url)
        if urlsplit(target)[:2] != urlsplit(self.url)[:2]:
            problem = f"{shown(self.url)} says that its next page is on another host: {shown(target)}"
            raise Changed(self.source, problem, f"update connectors/{self.source}.py and its fixture")
        return target
