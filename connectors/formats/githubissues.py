"""GitHub issues and comments as mentions."""

import re
from collections.abc import Mapping
from typing import Any

from connectors.formats.dates import parse_date
from connectors.mention import Mention
from connectors.source import read_items
from connectors.walks.changes import Changes
from connectors.web.response import Response

PULL = re.compile(r"/pull/\d+")
COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.S)  # issue templates hide their instructions in these


def read_changes(response: Response, items: Any, *, pulls: bool) -> Changes:
    """Return the page that shows `items`; pull requests, and comments on them, only count with `pulls`."""
    if not isinstance(items, list):
        raise TypeError("there is no list of issues in it")
    mentions, rejects = read_items([item for item in items if pulls or not PULL.search(item["html_url"])], read_issue)
    moments = [parse_date(item["updated_at"]).timestamp() for item in items]
    return Changes(mentions, rejects, moments, response.next is not None)


def read_issue(item: Mapping[str, Any]) -> Mention:
    """Return an issue, or a comment on one; the ids are web addresses, so a search gives the same ones."""
    native_id = item["html_url"].partition("://")[2].lower()
    body = COMMENT.sub("", item["body"] or "").replace("\r\n", "\n").strip()
    return Mention(
        source="github_issues",
        native_id=native_id,
        text=body or item.get("title") or item["body"],  # a comment may hold nothing but a hidden one
        posted_at=parse_date(item["created_at"]),
        url=item["html_url"],
        title=item.get("title"),
        author=(item.get("user") or {}).get("login"),
        parent_id=native_id.partition("#")[0] if "#" in native_id else None,
        likes=(item.get("reactions") or {}).get("total_count"),
        replies=item.get("comments"),
    )
