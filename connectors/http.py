"""HTTP for connectors, with limits and manners; the only file that imports httpx."""

import json
import logging
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from ssl import SSLContext
from typing import Any, NamedTuple, cast

import httpx
import stamina
from protego import Protego
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from connectors.source import Changed, Refused, Unavailable
from connectors.wire import Guard, Pace, retry_after, shown, unzipped

log = logging.getLogger(__name__)
for chatty in ("httpx", "httpcore"):  # their lines show queries and headers, where keys and tokens stand
    logging.getLogger(chatty).setLevel(logging.WARNING)
PACE = Pace()

REDIRECTS = 5  # browsers allow 20; no feed that works needs more than three
LONGEST_WAIT_S = 30.0  # a longer Retry-After is the next run's business, not a thread's
PASSING = frozenset({408, 425, 429})  # with every 5xx: the same request may succeed later
HINTS = {
    401: "check this feed's credentials",
    403: "check this feed's credentials, and whether the site lets programs in",
    404: "nothing is there: check this feed's options",
    410: "it is gone for good: remove this feed",
}
TRAVELS = frozenset({"Accept", "Accept-Language", "If-Modified-Since", "If-None-Match"})  # no secret is among them


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """The [http] table of the configuration.

    `allow_private` names the user's own servers, by host or address: they may be private, and are not throttled.
    `timeout_s` is for each wait within an answer, `deadline_s` for all of it; `wait_s`, before a retry, doubles.
    """

    allow_private: tuple[str, ...] = ()
    per_host_per_s: float = 5
    max_mb: int = 20
    timeout_s: float = 30
    deadline_s: float = 120
    attempts: int = 4
    wait_s: float = 0.5
    user_agent: str = "Allears/0.1 (social listening; reads public feeds)"


DEFAULTS = HttpSettings()


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


class _Ask(NamedTuple):
    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    body: Any = None


class _Passing(Unavailable):
    """A failure worth another attempt, `after` seconds if the server said so."""

    after: float | None = None


class Http:
    """The way out for one feed, used by one thread at a time; `requests` and `bytes` count what crossed the wire.

    Its methods raise Unavailable, Refused or Changed and nothing else. No error or log line shows a URL's query.
    """

    def __init__(
        self,
        source_name: str,
        *,
        settings: HttpSettings = DEFAULTS,
        base_dir: Path = Path(),
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.requests = 0
        self.bytes = 0
        self._source = source_name
        self._settings = settings
        self._base_dir = base_dir
        self._guard = Guard(source_name, settings.allow_private)
        self._robots: dict[tuple[str, bytes], Protego] = {}
        pause = settings.wait_s
        self._insist = stamina.RetryingCaller(
            settings.attempts, timeout=None, wait_initial=pause, wait_max=LONGEST_WAIT_S, wait_jitter=pause
        )
        self._client = httpx.Client(
            transport=transport,
            verify=_tls(),
            trust_env=False,
            timeout=settings.timeout_s,
            headers={"User-Agent": settings.user_agent, "Accept-Encoding": "gzip"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # keeps none, sends none
        )

    def __enter__(self) -> "Http":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, **params: Any) -> Response:
        """GET `url`; a parameter that is None is left out, a list is repeated."""
        return self._good(self._answer(self._ask("GET", url, headers, params)))

    def json(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: Any = None, **params: Any
    ) -> Any:
        """Return the JSON that `url` answers; `body`, if any, is sent as JSON."""
        return self._good(self._answer(self._ask(method, url, headers, params)._replace(body=body))).json()

    def conditional(self, url: str, validators: Mapping[str, Any]) -> Response | None:
        """GET `url` if it has changed since the answer that had these `validators`; None if it has not."""
        asked = {"If-None-Match": validators.get("etag"), "If-Modified-Since": validators.get("last_modified")}
        headers = {name: value for name, value in asked.items() if value}
        response = self._answer(self._ask("GET", url, headers))
        return None if headers and response.status == 304 else self._good(response)

    def page(self, url: str) -> Response:
        """GET a web page made for people; raises Refused where the site's robots.txt forbids it."""
        return self._good(self._answer(self._ask("GET", url), polite=True))

    def local(self, path: str) -> Path:
        """Return where the file lies that the configuration calls `path`."""
        return self._base_dir / path

    def now(self) -> datetime:
        """Return the time of collection, for items that carry no date."""
        return datetime.now(UTC)

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, params: Mapping[str, Any] | None = None
    ) -> _Ask:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            parsed = httpx.URL(url)
            # without parameters the query stays as it is written: a signed URL breaks when it is re-encoded
            return _Ask(method, parsed.copy_merge_params(given) if given else parsed, headers or {})
        except httpx.InvalidURL as error:
            raise Refused(self._source, f"{shown(url)}: {error}", "correct this feed's url") from None

    def _answer(self, ask: _Ask, *, polite: bool = False) -> Response:
        """Return what the last redirect leads to, whatever its status."""
        start = shown(str(ask.url))
        for _ in range(1 + REDIRECTS):
            if polite:
                self._obey_robots(ask.url)
            response = self._insist(_pause, self._send, ask)
            target = response.headers.get("location")
            if response.status not in (301, 302, 303, 307, 308) or not target:
                return response
            try:
                ask = _onward(ask, response.status, target)
            except httpx.InvalidURL:
                break
        problem = f"{start} redirects more than {REDIRECTS} times, or to no valid address"
        raise Changed(self._source, problem, "open the address in a browser and see where it leads")

    def _obey_robots(self, url: httpx.URL) -> None:
        site = (url.scheme, url.netloc)
        if site not in self._robots:
            answer = self._answer(_Ask("GET", url.join("/robots.txt"), {}))
            rules = answer.content.decode("utf-8", "replace") if answer.status == 200 else ""
            self._robots[site] = Protego.parse(rules)
        if not self._robots[site].can_fetch(str(url), self._settings.user_agent.partition("/")[0]):
            problem = f"the site's robots.txt forbids {shown(str(url))}"
            raise Refused(self._source, problem, "use its feed or API, or ask its owner")

    def _send(self, ask: _Ask) -> Response:
        where, host = shown(str(ask.url)), ask.url.host
        if ask.url.scheme not in ("http", "https") or not host:
            raise Refused(self._source, f"{where or 'an empty url'} is not a web address", "write it as https://…")
        self._guard.check(host)
        if not self._guard.owns(host):
            PACE.wait(host, self._settings.per_host_per_s)
        self.requests += 1
        with self._guard.deadline(self._settings.deadline_s) as late:
            try:
                request = self._client.build_request(ask.method, ask.url, headers=ask.headers, json=ask.body)
                request.extensions["trace"] = partial(self._guard.connected, host)
                with closing(self._client.send(request, stream=True)) as answer:
                    response = self._read(answer, where)
                if not late.is_set():
                    return response
                error: Exception = TimeoutError()
            except (httpx.LocalProtocolError, UnicodeError):  # their text shows the header, and so the credential
                hint = "look for line breaks and foreign characters in the address and the credential"
                raise Refused(self._source, f"{where}: the host name or a header is not valid", hint) from None
            except (httpx.RequestError, zlib.error, OSError) as caught:
                error = caught
        if late.is_set():
            problem = f"{where} took longer than {self._settings.deadline_s:g} s"
            raise Unavailable(self._source, problem, "the next run asks again")
        raise _Passing(self._source, f"{where}: {error or type(error).__name__}", "the next run asks again") from error

    def _read(self, answer: httpx.Response, where: str) -> Response:
        status, cap = answer.status_code, self._settings.max_mb * 1_000_000
        if status in PASSING or status >= 500:
            raise self._passing(answer, where)
        content = bytearray()
        for piece in self._unpacked(answer, where):
            content += piece
            if len(content) > cap:
                problem = f"{where} is larger than {self._settings.max_mb} MB"
                raise Changed(self._source, problem, "raise max_mb under [http] if that is right")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(self._source, status, str(answer.url), headers, bytes(content))

    def _unpacked(self, answer: httpx.Response, where: str) -> Iterator[bytes]:
        coding = answer.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "", "gzip", "x-gzip"):  # nested codings multiply a bomb's power
            problem = f"{where} is packed as {coding}; only gzip was offered"
            raise Changed(self._source, problem, "the server breaks HTTP here; ask its owner")
        return unzipped(self._counted(answer)) if "gzip" in coding else self._counted(answer)

    def _counted(self, answer: httpx.Response) -> Iterator[bytes]:
        for piece in cast("Iterable[bytes]", answer.stream):
            self.bytes += len(piece)
            yield piece

    def _passing(self, answer: httpx.Response, where: str) -> Unavailable:
        hint, now = "the next run asks again", self.now()
        after = retry_after(answer.headers.get("retry-after"), now)
        if after is not None:
            hint = f"the server wants to be left alone until {now + timedelta(seconds=after):%Y-%m-%d %H:%M} UTC"
        error = _Passing(self._source, f"{answer.status_code} from {where}", hint)
        error.after = after
        return error

    def _good(self, response: Response) -> Response:
        if 200 <= response.status < 300:
            return response
        status, problem = response.status, f"{response.status} from {shown(response.url)}"
        if 400 <= status < 500:
            raise Refused(self._source, problem, HINTS.get(status, "check this feed's options"))
        raise Changed(self._source, problem, f"update connectors/{self._source}.py")


def _onward(ask: _Ask, status: int, target: str) -> _Ask:
    url = ask.url.join(target)
    if (url.scheme, url.netloc) != (ask.url.scheme, ask.url.netloc):
        return _Ask("GET", url, {name: value for name, value in ask.headers.items() if name.title() in TRAVELS})
    return ask._replace(url=url) if status in (307, 308) else _Ask("GET", url, ask.headers)


@cache
def _tls() -> SSLContext:
    return httpx.create_ssl_context()  # 20 ms, shared by all feeds


def _pause(error: Exception) -> bool | float:
    if not isinstance(error, _Passing) or (error.after or 0) > LONGEST_WAIT_S:
        return False
    return True if error.after is None else error.after


def _report(details: RetryDetails) -> None:
    log.warning("%s; attempt %d follows in %.1f s", details.caused_by, details.retry_num + 1, details.wait_for)


set_on_retry_hooks([_report])
