"""HyperKitty archives: the archive's order is not that of the dates in it."""

import json
from typing import Any

import httpx
import pytest

from connectors import mailinglist
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused
from connectors.web.settings import HttpSettings

EAGER = HttpSettings(per_host_per_s=1e9, attempts=1)
ARCHIVE = "https://lists.example.org/archives"
LIST = "users@lists.example.org"


class Archive:
    """An archive as HyperKitty serves it: mails are [hash, date, more], the last archived first."""

    def __init__(self, *mails: tuple[str, str, dict[str, Any]]) -> None:
        self.mails = list(mails)
        self.asked: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, params = request.url.path.removeprefix(f"/archives/api/list/{LIST}"), request.url.params
        self.asked.append(path)
        if path == "/":
            return httpx.Response(200, json={"name": LIST})
        if path == "/emails/":
            start = int(params["offset"])
            page = self.mails[start : start + int(params["limit"])]
            more = start + len(page) < len(self.mails)
            results = [{"message_id_hash": key} for key, *_ in page]
            return httpx.Response(
                200, json={"count": len(self.mails), "next": "x" if more else None, "results": results}
            )
        found = [mail for mail in self.mails if path == f"/email/{mail[0]}/"]
        if not found:
            return httpx.Response(404)
        key, date, more_fields = found[0]
        mail = {"message_id_hash": key, "date": date, "subject": "S", "content": f"words {key}", **more_fields}
        return httpx.Response(200, json=mail)

    def walk(self, cursor: Cursor | None = None) -> list[Page]:
        with Http("mailinglist", settings=EAGER, transport=httpx.MockTransport(self.answer)) as http:
            return list(mailinglist.fetch.walk(http, cursor or {}, url=f"{ARCHIVE}/", list=LIST))

    def ids(self, cursor: Cursor | None = None) -> tuple[set[str], Cursor]:
        pages = self.walk(cursor)
        return {m.native_id for page in pages for m in page.mentions}, json.loads(json.dumps(pages[-1].cursor))


def days(first: int, last: int, month: int = 11) -> list[tuple[str, str, dict[str, Any]]]:
    return [(f"{month}-{day}", f"2026-{month:02}-{day:02}T12:00:00Z", {}) for day in range(last, first - 1, -1)]


def only(pages: list[Page]) -> Mention:
    return pages[0].mentions[0]


def test_a_later_walk_asks_for_new_mails_and_two_pages_at_most() -> None:
    archive = Archive(*days(1, 30, 10), *days(1, 30, 9))
    found, cursor = archive.ids()
    assert len(found) == 60
    archive.mails = days(1, 2) + archive.mails
    archive.asked.clear()
    found, cursor = archive.ids(cursor)
    assert {"11-1", "11-2"} <= found
    assert archive.asked.count("/emails/") == 2 and len(archive.asked) == 52


def test_old_mails_that_a_moderator_lets_in_late_do_not_end_a_walk() -> None:
    archive = Archive(*days(1, 30, 10))
    _, cursor = archive.ids()
    held = [(f"held{n}", "2026-08-01T12:00:00Z", {}) for n in range(20)]
    archive.mails = [*held, *days(1, 20), *held[:0], *archive.mails]
    found, _ = archive.ids(cursor)
    assert {key for key, *_ in [*held, *days(1, 20)]} <= found


def test_a_mail_from_the_future_is_dated_by_its_collection_and_hides_nothing() -> None:
    archive = Archive(("late", "2031-01-01T00:00:00Z", {}), *days(1, 5))
    mention = only(archive.walk())
    assert not mention.posted_at_known and mention.posted_at.year < 2031
    _, cursor = archive.ids()
    archive.mails.insert(0, ("new", "2026-11-06T12:00:00Z", {}))
    assert "new" in archive.ids(cursor)[0]


def test_a_mail_is_read_without_quotes_and_addresses() -> None:
    fields = {
        "subject": "Re: Beans",
        "content": "Ann wrote:\n> Which?\n\nThe dark ones.\n\n-- \nTom",
        "sender_name": "tom@pier.example",
        "sender": {"address": "tom (a) pier.example"},
        "parent": f"{ARCHIVE}/api/list/{LIST}/email/PARENT/",
        "children": ["x", "y"],
        "votes": {"likes": 3, "dislikes": 1},
    }
    mention = only(Archive(("KEY", "2026-11-21T12:00:00+02:00", fields)).walk())
    assert (mention.native_id, mention.title, mention.text) == ("KEY", "Re: Beans", "The dark ones.")
    assert (mention.author, mention.parent_id, mention.replies, mention.likes) == (None, "PARENT", 2, 3)
    assert mention.url == f"{ARCHIVE}/list/{LIST}/message/KEY/" and mention.posted_at.hour == 10
    assert "pier.example" not in repr(mention)


def test_a_mail_of_nothing_but_quotes_has_its_subject_for_text() -> None:
    assert (
        only(Archive(("K", "2026-11-21T12:00:00Z", {"content": "> Which?", "subject": "Re: Beans"})).walk()).text
        == "Re: Beans"
    )


def test_an_unknown_list_is_refused() -> None:
    def answer(request: httpx.Request) -> httpx.Response:  # as HyperKitty does
        return httpx.Response(500 if request.url.path.endswith("/emails/") else 404)

    with Http("mailinglist", settings=EAGER, transport=httpx.MockTransport(answer)) as http, pytest.raises(Refused):
        list(mailinglist.fetch.walk(http, {}, url=ARCHIVE, list=LIST))


def test_a_recheck_tells_what_was_taken_out_of_the_archive() -> None:
    archive = Archive(*days(1, 2))
    with Http("mailinglist", settings=EAGER, transport=httpx.MockTransport(archive.answer)) as http:
        (page,) = mailinglist.fetch.walk_again(http, ["11-1", "gone", "11-2"], url=ARCHIVE, list=LIST)
    assert list(page.deleted) == ["gone"] and len(page.mentions) == 2
