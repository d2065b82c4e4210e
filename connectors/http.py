"""HTTP for connectors, with limits and manners; the only file that imports httpx."""

import logging
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from ssl import SSLContext
from typing import Any, Literal, NamedTuple, cast

import httpx

from connectors.source import Changed, Refused, Unavailable
from connectors.web.pace import Ledger, Pace, allowance, quota, retry_after
from connectors.web.response import HINTS, Response
from connectors.web.retry import PASSING, Passing, pause, retrying
from connectors.web.robots import Robots
from connectors.web.settings import DEFAULTS, HttpSettings
from connectors.web.wire import Guard, shown, unzipped

for chatty in ("httpx", "httpcore"):  # their lines show queries and headers, where keys and tokens stand
    logging.getLogger(chatty).setLevel(logging.WARNING)
PACE = Pace()

REDIRECTS = 5  # browsers allow 20; no feed that works needs more than three
LONGEST_HOLD_S = 900.0  # the longest window of the limits that servers announce: X has 15 minutes, Reddit 10
TRAVELS = frozenset({"Accept", "Accept-Language", "If-Modified-Since", "If-None-Match"})  # no secret is among them


class _Ask(NamedTuple):
    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    body: Any = None
    form: Mapping[str, str] | None = None


class Http:
    """The way out for one feed, used by one thread at a time; `requests` and `bytes` count what crossed the wire.

    `quota_left` is what the source last said, or the ledger knows, to be still allowed; None where nobody knows.
    Its methods raise Unavailable, Refused or Changed and nothing else. No error or log line shows a URL's query.
    """

    def __init__(
        self,
        source_name: str,
        *,
        settings: HttpSettings = DEFAULTS,
        base_dir: Path = Path(),
        transport: httpx.BaseTransport | None = None,
        pace: Pace = PACE,
        ledger: Ledger | None = None,
    ) -> None:
        self.source = source_name
        self.requests = self.bytes = 0
        self.quota_left: int | None = None
        self._settings = settings
        self._pace = pace
        self._per_s = settings.per_host_per_s
        self._ledger = ledger or Ledger()
        self._last_host = ""
        self._base_dir = base_dir
        self._guard = Guard(source_name, settings.allow_private)
        self._robots = Robots(settings.user_agent.partition("/")[0])
        self._insist = retrying(settings)
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
        return self.send("GET", url, params=params, headers=headers)

    def json(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: Any = None, **params: Any
    ) -> Any:
        """Return the JSON that `url` answers; `body`, if any, is sent as JSON."""
        return self.send(method, url, params=params, headers=headers, body=body).json()

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        reads: Collection[int] = (),
    ) -> Response:
        """Return the answer of `url`, to which `body` is sent as JSON or `form` as a form.

        An answer whose status is in `reads` is returned too: the connector reads the error in it.
        """
        answer = self._answer(self._ask(method, url, headers, params)._replace(body=body, form=form))
        return answer if answer.status in reads else self._good(answer)

    def conditional(self, url: str, validators: Mapping[str, Any]) -> Response | None:
        """GET `url` if it has changed since the answer that had these `validators`; None if it has not."""
        asked = {"If-None-Match": validators.get("etag"), "If-Modified-Since": validators.get("last_modified")}
        headers = {name: value for name, value in asked.items() if value}
        response = self._answer(self._ask("GET", url, headers))
        return None if headers and response.status == 304 else self._good(response)

    def page(self, url: str) -> Response:
        """GET a web page made for people; raises Refused where the site's robots.txt forbids it."""
        return self._good(self._answer(self._ask("GET", url), polite=True))

    @property
    def guard(self) -> Guard:
        """Return what watches this feed's connections, for a connector that opens one of its own."""
        return self._guard

    def local(self, path: str) -> Path:
        """Return where the file lies that the configuration calls `path`."""
        return self._base_dir / path

    def now(self) -> datetime:
        """Return the time of collection, for items that carry no date."""
        return datetime.now(UTC)

    def slow_to(self, per_minute: float) -> None:
        """Ask no host more often than `per_minute` from now on; the configured pace stays if it is slower."""
        self._per_s = min(self._per_s, per_minute / 60)

    def rest(self, seconds: float) -> None:
        """Leave the host that answered last alone for so long: some say it in their answers, not in headers."""
        self._pace.hold(self._last_host, seconds)

    def spend(
        self,
        what: str,
        amount: float,
        *,
        limit: float,
        per: Literal["day", "month"] = "day",
        key: str = "",
        known: float = 0.0,
    ) -> float:
        """Count `amount` of a quota before it is used, and return what is then spent in this day or month (UTC).

        It is kept across runs, and counted for each `key` by itself; `known` is what the caller knows to be spent.
        Raises Unavailable when `limit` would be passed.
        """
        bucket = quota(self.source, what, key, self.now(), per)
        total = self._ledger.spend(bucket, amount, limit, known)
        if total is None:
            self.quota_left = 0
            raise Unavailable(self.source, f"the {limit:g} {what} of this {per} are spent", f"it goes on next {per}")
        self.quota_left = int(limit - total)
        return total

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, params: Mapping[str, Any] | None = None
    ) -> _Ask:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            parsed = httpx.URL(url)
            # without parameters the query stays as it is written: a signed URL breaks when it is re-encoded
            return _Ask(method, parsed.copy_merge_params(given) if given else parsed, headers or {})
        except httpx.InvalidURL as error:
            raise Refused(self.source, f"{shown(url)}: {error}", "correct this feed's url") from None

    def _answer(self, ask: _Ask, *, polite: bool = False) -> Response:
        """Return what the last redirect leads to, whatever its status."""
        start = shown(str(ask.url))
        for _ in range(1 + REDIRECTS):
            if polite:
                self._obey_robots(ask.url)
            response = self._insist(pause, self._send, ask)
            target = response.headers.get("location")
            if response.status not in (301, 302, 303, 307, 308) or not target:
                return response
            try:
                ask = _onward(ask, response.status, target)
            except httpx.InvalidURL:
                break
        problem = f"{start} redirects more than {REDIRECTS} times, or to no valid address"
        raise Changed(self.source, problem, "open the address in a browser and see where it leads")

    def _obey_robots(self, url: httpx.URL) -> None:
        def rules() -> str:
            answer = self._answer(_Ask("GET", url.join("/robots.txt"), {}))
            return answer.content.decode("utf-8", "replace") if answer.status == 200 else ""

        permit = self._robots.permit((url.scheme, url.netloc), str(url), rules)
        if not permit.is_allowed:
            problem = f"the site's robots.txt forbids {shown(str(url))}"
            raise Refused(self.source, problem, "use its feed or API, or ask its owner")
        if permit.delay_s:
            self.slow_to(60 / permit.delay_s)

    def _send(self, ask: _Ask) -> Response:
        where, host = shown(str(ask.url)), ask.url.host
        if ask.url.scheme not in ("http", "https") or not host:
            raise Refused(self.source, f"{where or 'an empty url'} is not a web address", "write it as https://…")
        self._guard.check(host)
        with self._turn(host), self._guard.deadline(self._settings.deadline_s) as late:
            self.requests += 1
            try:
                request = self._client.build_request(
                    ask.method, ask.url, headers=ask.headers, json=ask.body, data=ask.form
                )
                request.extensions["trace"] = partial(self._guard.connected, host)
                with closing(self._client.send(request, stream=True)) as answer:
                    response = self._read(answer, where)
                if not late.is_set():
                    return response
                error: Exception = TimeoutError()
            except (httpx.LocalProtocolError, UnicodeError):  # their text shows the header, and so the credential
                hint = "look for line breaks and foreign characters in the address and the credential"
                raise Refused(self.source, f"{where}: the host name or a header is not valid", hint) from None
            except (httpx.RequestError, zlib.error, OSError) as caught:
                error = caught
        if late.is_set():
            problem = f"{where} took longer than {self._settings.deadline_s:g} s"
            raise Unavailable(self.source, problem, "the next run asks again")
        raise Passing(self.source, f"{where}: {error or type(error).__name__}", "the next run asks again") from error

    def _turn(self, host: str) -> AbstractContextManager[None]:
        held_s = self._pace.held_s(host)
        if held_s > LONGEST_HOLD_S:
            until = f"{self.now() + timedelta(seconds=held_s):%Y-%m-%d %H:%M}"
            raise Unavailable(self.source, f"{host} allows no more requests until {until} UTC", "the next run goes on")
        self._last_host = host
        return self._pace.turn(host, None if self._guard.owns(host) else self._per_s)

    def _read(self, answer: httpx.Response, where: str) -> Response:
        status, cap = answer.status_code, self._settings.max_mb * 1_000_000
        headers = {name.lower(): value for name, value in answer.headers.items()}
        left = allowance(headers, self.now())
        if left:
            self.quota_left = left.remaining
            if left.remaining == 0:
                self._pace.hold(self._last_host, left.reset_s)
        # GitHub and others say 403 where they mean 429
        limited = status == 403 and ((left and left.remaining == 0) or "retry-after" in headers)
        if status in PASSING or status >= 500 or limited:
            raise self._passing(answer, where)
        content = bytearray()
        for piece in self._unpacked(answer, where):
            content += piece
            if len(content) > cap:
                problem = f"{where} is larger than {self._settings.max_mb} MB"
                raise Changed(self.source, problem, "raise max_mb under [http] if that is right")
        return Response(self.source, status, str(answer.url), headers, bytes(content))

    def _unpacked(self, answer: httpx.Response, where: str) -> Iterator[bytes]:
        coding = answer.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "", "gzip", "x-gzip"):  # nested codings multiply a bomb's power
            problem = f"{where} is packed as {coding}; only gzip was offered"
            raise Changed(self.source, problem, "the server breaks HTTP here; ask its owner")
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
        return Passing(self.source, f"{answer.status_code} from {where}", hint, after)

    def _good(self, response: Response) -> Response:
        if 200 <= response.status < 300:
            return response
        status, problem = response.status, f"{response.status} from {shown(response.url)}"
        if 400 <= status < 500:
            raise Refused(self.source, problem, HINTS.get(status, "check this feed's options"))
        raise Changed(self.source, problem, f"update connectors/{self.source}.py")


def _onward(ask: _Ask, status: int, target: str) -> _Ask:
    url = ask.url.join(target)
    if (url.scheme, url.netloc) != (ask.url.scheme, ask.url.netloc):
        return _Ask("GET", url, {name: value for name, value in ask.headers.items() if name.title() in TRAVELS})
    return ask._replace(url=url) if status in (307, 308) else _Ask("GET", url, ask.headers)


@cache
def _tls() -> SSLContext:
    return httpx.create_ssl_context()  # 20 ms, shared by all feeds
