"""What a server says of an error in the body of its answer."""

import json
from typing import Any

from connectors.web.response import Response
from connectors.web.wire import shown


def error_body(answer: Response, inside: str | None = None) -> dict[str, Any]:
    """Return the JSON object that explains an error, {} where there is none, as in a proxy's page.

    With `inside` it is the object under that name of the body.
    """
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    if inside and isinstance(body, dict):
        body = body.get(inside)
    return body if isinstance(body, dict) else {}


def problem(answer: Response, words: object, secret: str) -> str:
    """Return what was answered and from where, with the server's own `words`, out of which `secret` is taken."""
    said = " ".join(str(words or "").replace(secret or "\0", "…").split())[:200]
    where = f"{answer.status} from {shown(answer.url)}"
    return f"{where}: {said}" if said else where
