"""Google's batchexecute, by which its web pages call its servers: one call, and the lists that it answers with."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.source import Changed, Refused, Unavailable
from connectors.web.response import Response

if TYPE_CHECKING:
    from connectors.http import Http

INVALID, NOT_FOUND = 3, 5  # of google.rpc.Code


def call(http: "Http", url: str, name: str, asked: Any, **params: Any) -> Any:
    """Return what the server says to the call `name` with the arguments `asked`; [] if it finds nothing.

    Raises Refused where it does not understand them, an old page token among them, and Unavailable where it wants
    to be asked less often.
    """
    envelope = [[[name, json.dumps(asked, separators=(",", ":")), None, "generic"]]]
    params = {"rpcids": name, **params}
    response = http.send("POST", url, params=params, form={"f.req": json.dumps(envelope, separators=(",", ":"))})
    # after a line against script inclusion come frames, in one list or in several, each on a line of its own
    lines = [line for line in response.content.splitlines() if line.startswith(b"[")]
    frames = [frame for line in lines for frame in replace(response, content=line).json()]
    frame = next((frame for frame in frames if frame[:2] == ["wrb.fr", name]), None)
    if frame and frame[2] is not None:
        return replace(response, content=frame[2].encode("utf-8", "surrogatepass")).json()
    return _nothing(http, response, name, frame)


def _nothing(http: "Http", response: Response, name: str, frame: Any) -> Any:
    status = at(frame, 5, 0)
    if b"PlayGatewayError" in response.content:
        http.rest(60)
        raise Unavailable(http.source, "Google wants to be asked less often", "the next run goes on")
    if status is None:
        raise Changed(http.source, f"there is no answer to {name}", f"update connectors/{http.source}.py")
    if status == INVALID:
        raise Refused(http.source, "Google does not understand the request", "check this feed's options")
    if status != NOT_FOUND:
        raise Unavailable(http.source, f"Google answers with error {status}", "the next run asks again")
    return []


def at(values: Any, *path: int) -> Any:
    """Return what stands there, None if nothing does: Google leaves out what would be empty at the end of a list."""
    for index in path:
        if values is None or index >= len(values):
            return None
        values = values[index]
    return values


def text_at(values: Any, *path: int) -> str | None:
    """Return the text that stands there, None for "" and for nothing; without names, a shift shows in types alone."""
    found = at(values, *path)
    if not isinstance(found, str | None):
        raise TypeError(f"a text was expected at {path}, not {found!r:.100}")
    return found or None
