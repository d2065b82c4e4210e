"""Mails to a brand's own mailbox, over IMAP: what customers write to support@…"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.formats.dates import from_epoch
from connectors.formats.imapwords import Raw
from connectors.formats.mailbox import CAP, Account, Mailbox, Tls, opened
from connectors.formats.mime import read_mail
from connectors.mention import EARLIEST, Mention
from connectors.source import Cursor, Page, read_items, source
from connectors.walks.paging import Listing, oldest_first

if TYPE_CHECKING:
    from connectors.http import Http

SKEW = timedelta(days=1)  # between a sender's clock and the server's; a later date is a mistake
PORTS = {"implicit": 993, "starttls": 143, "none": 143}


@source(
    "Mailbox (IMAP)",
    kind="own",
    terms="https://www.rfc-editor.org/rfc/rfc3501",
    history="every mail in the folder",
    example={
        "host": "imap.example.com",
        "user": "support@example.com",
        "password": "env:IMAP_PASSWORD",
        "folder": "INBOX",
    },
    fills=("title", "author", "parent_id"),
    key="the mailbox's password, or an app password",
    rate="the mail server's own",
    secrets=("password",),
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    host: str,
    user: str,
    password: str,
    folder: str = "INBOX",
    tls: Tls = "implicit",
    port: int | None = None,
) -> Iterator[Page]:
    """Yield the folder's mails in the order in which they came, each with its writer's own words and without address.

    The folder is opened read-only, flags stay as they are, and attachments are not opened. `tls` "none" is for a
    server on this computer. A mail is known by its Message-ID, so a folder whose UIDs start anew adds nothing.
    A mail that the server lists and cannot give is a reject.
    """
    account = Account(host, port or PORTS[tls], tls, user, password)
    begun = from_epoch(cursor["span"][0]) - SKEW if "span" in cursor else None
    with opened(http, account, folder) as box:

        def ask(mark: Any) -> Listing:
            validity, last = mark or (box.validity, 0)
            uids = box.uids_after(last if validity == box.validity else 0, begun)
            if not uids:
                return Listing([], None)
            mails, now = box.mails(uids), http.now()
            # a mail is anybody's, so no share of empty ones makes them our bug
            mentions, rejects = read_items(uids, lambda uid: _mention(box, uid, mails[uid], now), drift=1.0)
            return Listing(mentions, [box.validity, uids[-1]], rejects, more=uids[-1] < box.highest)

        yield from oldest_first(cursor, ask)


def _mention(box: Mailbox, uid: int, raw: Raw, now: datetime) -> Mention:
    mail = read_mail(raw.content)
    if not mail.text and raw.size > CAP:  # some programs put the pictures before the words
        mail = mail._replace(text=read_mail(raw.content + b"\r\n" + box.end_of(uid, raw)).text)
    arrived = raw.arrived or now
    dated = mail.sent_at is not None and EARLIEST <= mail.sent_at <= arrived + SKEW
    return Mention(
        source="imap",
        native_id=mail.key,
        text=mail.text or mail.subject,
        posted_at=mail.sent_at if dated and mail.sent_at else arrived,
        posted_at_known=dated or raw.arrived is not None,
        title=mail.subject or None,
        author=mail.name,
        parent_id=mail.parent,
    )
