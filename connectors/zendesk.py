"""Tickets that customers opened at a company's own Zendesk."""

import base64
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from connectors.formats.dates import parse_date
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, read_items, source
from connectors.walks.paging import Listing, oldest_first

if TYPE_CHECKING:
    from connectors.http import Http

RATINGS = {"good": 1.0, "bad": 0.0}  # others say whether anybody was asked
WITHHELD_S = 60  # tickets of the last minute are not given, and a later start is refused


@source(
    "Zendesk",
    kind="own",
    terms="https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/",
    history="every ticket",
    example={"subdomain": "harborcoffee", "email": "admin@example.com", "token": "env:ZENDESK_TOKEN"},
    fills=("url", "title", "rating", "rating_max"),
    key="API token of an admin",
    rate="10 requests a minute",
    secrets=("token",),
    per_minute=10,
)
def fetch(
    http: "Http", cursor: Cursor, *, subdomain: str, email: str, token: str, api: str | None = None
) -> Iterator[Page]:
    """Yield tickets in the order of their last change: title and first message, and the customer's rating as 1 or 0.

    A ticket that changes comes again; one that was deleted is reported so. Who wrote it is not collected.
    """
    if not re.fullmatch(r"[a-z0-9-]+", subdomain, re.I):
        raise Refused("zendesk", f"subdomain {subdomain!r}", "it is the word before .zendesk.com in your address")
    host = f"https://{subdomain}.zendesk.com"
    login = base64.b64encode(f"{email}/token:{token}".encode()).decode()
    begun = cursor.get("span", (0, 0))[0]
    start = int(min(begun, http.now().timestamp() - 2 * WITHHELD_S))

    def ask(mark: Any) -> Listing:
        where = {"cursor": mark} if mark else {"start_time": start}
        answer = http.json(
            "GET",
            f"{api or host}/api/v2/incremental/tickets/cursor.json",
            headers={"Authorization": f"Basic {login}"},
            **where,
        )
        gone = [ticket for ticket in answer["tickets"] if ticket["status"] == "deleted"]
        kept = [ticket for ticket in answer["tickets"] if ticket["status"] != "deleted"]
        mentions, rejects = read_items(kept, lambda ticket: _mention(ticket, subdomain.lower(), host))
        deleted = [f"{subdomain.lower()}:{ticket['id']}" for ticket in gone]
        changed = [float(ticket.get("generated_timestamp") or 0) for ticket in answer["tickets"]]
        return Listing(mentions, answer["after_cursor"], rejects, changed, deleted, more=not answer["end_of_stream"])

    yield from oldest_first(cursor, ask)


def _mention(ticket: dict[str, Any], subdomain: str, host: str) -> Mention:
    subject = ticket.get("subject") or ""
    rating = RATINGS.get((ticket.get("satisfaction_rating") or {}).get("score") or "")
    return Mention(
        source="zendesk",
        native_id=f"{subdomain}:{ticket['id']}",
        text=(ticket["description"] or "").strip() or subject,
        posted_at=parse_date(ticket["created_at"]),
        url=f"{host}/agent/tickets/{ticket['id']}",
        title=subject or None,
        rating=rating,
        rating_max=None if rating is None else 1.0,
    )
