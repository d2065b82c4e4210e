"""A login to a server of the AT protocol, on which Bluesky runs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.source import Refused
from connectors.web.errorbody import error_body, problem
from connectors.web.response import Response

if TYPE_CHECKING:
    from connectors.http import Http

SERVICE = "https://bsky.social"
ERRORS = (400, 401)  # where it names the error in the body
APP_PASSWORD = "make an app password under Settings, Privacy and security, and name it as app_password"  # noqa: S105
HINTS = {
    "AuthFactorTokenRequired": f"this account wants a code by e-mail with its own password: {APP_PASSWORD}",
    "AuthenticationRequired": f"check handle, and {APP_PASSWORD}",
    "AccountTakedown": "the account is suspended: take another handle",
    "ExpiredToken": "the server ends each login at once: look at its clock, or set service to the account's own server",
}


class Session:
    """A login, made when it is first needed; it lasts some two hours and is then made anew."""

    def __init__(self, http: "Http", service: str, handle: str, app_password: str) -> None:
        self._http, self._service = http, service.rstrip("/")
        self._handle, self._password = handle.removeprefix("@"), app_password
        self._token = ""

    def ask(self, method: str, **params: Any) -> Any:
        """Return the JSON that the query `method` answers; raises Refused with what the server says is wrong."""
        answer = self._get(method, params)
        if answer.status in ERRORS and error_body(answer).get("error") == "ExpiredToken":
            self._token = ""
            answer = self._get(method, params)
        return self._good(answer).json()

    def _get(self, method: str, params: Mapping[str, Any]) -> Response:
        self._token = self._token or self._login()
        headers = {"Authorization": f"Bearer {self._token}"}
        return self._http.send("GET", f"{self._service}/xrpc/{method}", params=params, headers=headers, reads=ERRORS)

    def _login(self) -> str:
        url = f"{self._service}/xrpc/com.atproto.server.createSession"
        body = {"identifier": self._handle, "password": self._password}
        return str(self._good(self._http.send("POST", url, body=body, reads=ERRORS)).json()["accessJwt"])

    def _good(self, answer: Response) -> Response:
        if answer.status not in ERRORS:
            return answer
        body = error_body(answer)
        error, message = body.get("error"), body.get("message")
        words = f"{error}: {message}" if error else None
        raise Refused(
            self._http.source,
            problem(answer, words, self._password),
            HINTS.get(str(error), "check this feed's options"),
        )
