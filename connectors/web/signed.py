"""Logins at Apple and Google: what is signed or exchanged before anything is read, and what a refusal means."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from connectors.source import MISSHAPEN, Refused, Unavailable
from connectors.web.response import Response
from connectors.web.wire import shown

if TYPE_CHECKING:
    from connectors.http import Http

GOOGLE = "https://oauth2.googleapis.com/token"
SIGNED_S = 600  # Apple takes nothing that is valid for more than 20 minutes, Google for more than 60
EARLY_S = 60  # an access token is renewed before the request that would find it expired
KNOWN_REASON = re.compile(  # of RFC 6749 and Google's own; anything else could be an echo of what was sent
    rb'"error"\s*:\s*"(access_denied|admin_policy_enforced|deleted_client|disabled_client|invalid_client|invalid_grant'
    rb'|invalid_request|invalid_scope|org_internal|unauthorized_client|unsupported_grant_type)"'
)
SPENT = re.compile(rb"LimitExceeded|quotaExceeded|RATE_LIMIT_EXCEEDED")  # Google may say 403 where it means 429


class Session:
    """The way into an API whose login does not last.

    `headers()` gives the headers that open it right now, `hint` says what the user can do about a 403.
    """

    def __init__(self, http: "Http", headers: Callable[[], Mapping[str, str]], hint: str) -> None:
        self._http, self._headers, self._hint = http, headers, hint

    def get(self, url: str, *, reads: Collection[int] = (), **params: Any) -> Response:
        """GET `url`, as Http.send does; a 403 is Refused, or Unavailable where it says that a quota is spent."""
        answer = self._http.send("GET", url, params=params, headers=self._headers(), reads=(403, *reads))
        if answer.status != 403:
            return answer
        problem = f"403 from {shown(url)}"
        if SPENT.search(answer.content):
            raise Unavailable(self._http.source, f"{problem}: the quota is spent", "the next run goes on from here")
        raise Refused(self._http.source, problem, self._hint)


def as_team(http: "Http", *, key_id: str, issuer_id: str, private_key: str, hint: str) -> Session:
    """Return the session of a team's key for App Store Connect; `private_key` is the text of its .p8 file."""
    claims = {"iss": issuer_id, "aud": "appstoreconnect-v1"}

    def headers() -> dict[str, str]:  # signed for every request, because a long walk outlives the 20 minutes
        token = _signed(http, claims, private_key, option="private_key", algorithm="ES256", key_id=key_id)
        return {"Authorization": f"Bearer {token}"}

    return Session(http, headers, hint)


def as_service(http: "Http", key_file: str, *, scope: str, hint: str) -> Session:
    """Return the session of a Google service account; `key_file` is the text of its key, option service_account."""
    email = pem = ""
    with suppress(*MISSHAPEN, RecursionError):
        key = json.loads(key_file, strict=False)  # shells turn the \n within it into line breaks
        email, pem = str(key["client_email"]), str(key["private_key"])
    if not (email and pem):
        how = "it takes the whole text of the JSON file that Google Cloud gives for a new key of a service account"
        raise Refused(http.source, "option service_account holds no service account's key", how)

    def grant() -> dict[str, str]:
        claims = {"iss": email, "scope": scope, "aud": GOOGLE}
        assertion = _signed(http, claims, pem, option="service_account", algorithm="RS256")
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}

    mend = "make a new key for the service account, and see that this machine's clock is right"
    return Session(http, _Token(http, grant, mend).headers, hint)


def as_user(http: "Http", *, client_id: str, client_secret: str, refresh_token: str, hint: str) -> Session:
    """Return the session of a Google user who has granted `refresh_token` to the OAuth client."""
    form = {"client_id": client_id, "client_secret": client_secret, "refresh_token": refresh_token}
    mend = (
        "log in again for a new refresh_token: one lasts 7 days while the OAuth app is in testing; check the client too"
    )
    return Session(http, _Token(http, lambda: {"grant_type": "refresh_token", **form}, mend).headers, hint)


class _Token:
    """Google's access token, for which `grant()` is exchanged, and again before it ends."""

    def __init__(self, http: "Http", grant: Callable[[], Mapping[str, str]], hint: str) -> None:
        self._http, self._grant, self._hint = http, grant, hint
        self._headers: dict[str, str] = {}
        self._until = 0.0

    def headers(self) -> Mapping[str, str]:
        now = self._http.now().timestamp()
        if now >= self._until:
            answer = self._granted()
            self._headers = {"Authorization": "Bearer " + answer["access_token"]}
            self._until = now + float(answer.get("expires_in") or 0) - EARLY_S
        return self._headers

    def _granted(self) -> Any:
        answer = self._http.send("POST", GOOGLE, form=self._grant(), reads=(400, 401, 403))
        if answer.status < 400:
            return answer.json()
        reason = KNOWN_REASON.search(answer.content)
        problem = f"{answer.status} from {GOOGLE}" + (f": {reason[1].decode()}" if reason else "")
        raise Refused(self._http.source, problem, self._hint)


def _signed(
    http: "Http", claims: Mapping[str, str], key: str, *, option: str, algorithm: str, key_id: str | None = None
) -> str:
    """Return `claims`, dated now, as a JWT signed with the PEM text `key`."""
    import jwt  # 90 ms, of no use to other sources
    from cryptography.exceptions import UnsupportedAlgorithm

    now = int(http.now().timestamp())
    headers = {"kid": key_id} if key_id else None
    with suppress(*MISSHAPEN, jwt.PyJWTError, UnsupportedAlgorithm):  # not chained: what they hold can be the key
        pem = key.replace("\\n", "\n").strip()  # files of environment variables write a line break as \n
        return jwt.encode({**claims, "iat": now, "exp": now + SIGNED_S}, pem, algorithm, headers)
    hint = "it takes the whole PEM text from -----BEGIN to -----END, line breaks and all"
    raise Refused(http.source, f"option {option} holds no private key for {algorithm}", hint)
