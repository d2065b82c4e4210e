"""Mails of a public mailing list, from its archive at a HyperKitty, the one of Mailman 3."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.formats.dates import parse_date
from connectors.formats.letter import own_words, person
from connectors.mention import Mention
from connectors.source import Cursor, Page, read_items, source
from connectors.walks.paging import Listing, newest_first
from connectors.walks.single import one_by_one

if TYPE_CHECKING:
    from connectors.http import Http
    from connectors.web.response import Response

PER_PAGE = 25  # the listing has no texts, each mail is a request of its own, so a page is not much more than a day
SKEW = timedelta(days=1)  # a mail's date is what its sender's clock said


@source(
    "Mailing list (HyperKitty)",
    kind="forum",
    terms="https://docs.mailman3.org/projects/hyperkitty/en/latest/",
    history="the whole archive",
    example={"url": "https://lists.example.org/archives", "list": "users@lists.example.org"},
    fills=("url", "title", "author", "parent_id", "likes", "replies"),
)
def fetch(http: "Http", cursor: Cursor, *, url: str, list: str) -> Iterator[Page]:  # noqa: A002  the user's word
    """Yield the list's mails, the last archived first, each with its writer's own words and without address.

    `url` is the archive's first page, mostly …/archives or …/hyperkitty. The archive sorts by arrival and shows only
    what senders' clocks said, so a walk ends at a page on which every mail is old.
    """
    archive = url.rstrip("/")
    api = f"{archive}/api/list/{list}"
    if "since" not in cursor:
        http.json("GET", f"{api}/")  # says 404 of an unknown list, of which the listing says 500

    def read(item: Any) -> Mention:
        mail = http.json("GET", f"{api}/email/{item['message_id_hash']}/")
        return _mention(http, mail, f"{archive}/list/{list}")

    def ask(place: Any) -> Listing:
        answer, offset = http.json("GET", f"{api}/emails/", limit=PER_PAGE, offset=place or 0), place or 0
        mentions, rejects = read_items(answer["results"], read, drift=0.5)  # half of them can be anybody's nonsense
        newest = [max(mention.posted_at.timestamp() for mention in mentions)] if mentions else []
        following = offset + len({item["message_id_hash"] for item in answer["results"]}) if answer["next"] else None
        return Listing(mentions, following, rejects, newest)

    yield from newest_first(http, cursor, ask)


def recheck(http: "Http", native_ids: Sequence[str], *, url: str, list: str) -> Iterator[Page]:  # noqa: A002
    """Yield the mails with their likes and replies as they are now, and the ids of those that were taken out."""
    archive = url.rstrip("/")

    def ask(native_id: str) -> "Response":
        return http.send("GET", f"{archive}/api/list/{list}/email/{native_id}/", reads=(404,))

    yield from one_by_one(http, native_ids, ask, lambda mail: _mention(http, mail, f"{archive}/list/{list}"))


def _mention(http: "Http", mail: dict[str, Any], pages: str) -> Mention:
    sent_at, now = parse_date(mail["date"]), http.now()
    subject, known = mail["subject"], sent_at <= now + SKEW
    return Mention(
        source="mailinglist",
        native_id=mail["message_id_hash"],
        text=own_words(mail["content"], subject) or subject,
        posted_at=sent_at if known else now,
        posted_at_known=known,
        url=f"{pages}/message/{mail['message_id_hash']}/",
        title=subject or None,
        author=person(mail.get("sender_name")),
        parent_id=mail["parent"].rstrip("/").rpartition("/")[2] if mail.get("parent") else None,
        likes=(mail.get("votes") or {}).get("likes"),
        replies=len(mail.get("children") or ()),
    )
