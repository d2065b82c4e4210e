"""The sources against real servers on loopback: .ci/servers.sh installs them, the scripts in servers/ start them."""

import importlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, Source
from connectors.web.settings import HttpSettings
from tests.servers.running import Server, running, until
from tests.servers.seeds import BEGIN, PASSWORD, Account, Blog, arrive, edit_wiki, letter, mailbox

pytestmark = pytest.mark.servers

LATER = datetime(2026, 11, 10, 8, tzinfo=UTC)
OWN = HttpSettings(allow_private=("127.0.0.1", "localhost"))


@pytest.fixture(scope="module")
def wordpress() -> Iterator[Server]:
    with running("wordpress") as server:
        yield server


@pytest.fixture(scope="module")
def mediawiki() -> Iterator[Server]:
    with running("mediawiki") as server:
        yield server


@pytest.fixture(scope="module")
def hyperkitty() -> Iterator[Server]:
    with running("hyperkitty") as server:
        yield server


@pytest.fixture(scope="module")
def bluesky() -> Iterator[Server]:
    with running("bluesky") as server:
        yield server


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Server]:
    with running("dovecot") as server:
        yield server


def card(name: str) -> Source:
    found: Source = importlib.import_module(f"connectors.{name}").fetch
    return found


def walk(name: str, cursor: Cursor, **options: Any) -> list[Page]:
    with Http(name, settings=OWN) as http:
        return list(card(name).walk(http, json.loads(json.dumps(cursor)), **options))


def read(name: str, cursor: Cursor | None = None, **options: Any) -> tuple[dict[str, Mention], Cursor]:
    """Return by id what a walk from `cursor` yields, and where the next begins; a walk cut after a page goes on."""
    pages = walk(name, cursor or {}, **options)
    assert not any(list(page.rejects) or page.suspect for page in pages)
    for cut in range(1, len(pages)):
        resumed = walk(name, pages[cut - 1].cursor, **options)
        assert by_id([*pages[:cut], *resumed]).keys() == by_id(pages).keys(), f"cut after page {cut}"
    return by_id(pages), pages[-1].cursor if pages else cursor or {}


def again(name: str, native_ids: list[str], **options: Any) -> tuple[dict[str, Mention], set[str]]:
    """Return what became of `native_ids`: the mentions as they are now, and the ids of those that are gone."""
    with Http(name, settings=OWN) as http:
        pages = list(card(name).walk_again(http, native_ids, **options))
    return by_id(pages), {native_id for page in pages for native_id in page.deleted}


def by_id(pages: list[Page]) -> dict[str, Mention]:
    return {mention.native_id: mention for page in pages for mention in page.mentions}


def texts(mentions: dict[str, Mention]) -> set[str]:
    return {mention.text for mention in mentions.values()}


def test_a_wordpress_feed_is_read_once_and_then_answers_304(wordpress: Server) -> None:
    url = wordpress.url + "/?feed=rss2"
    found, cursor = read("feed", url=url)
    (post,) = found.values()
    assert post.title == "Harbor Coffee opens at the pier"
    assert post.text == "Harbor Coffee roasts its beans & opens on Monday."
    assert (post.author, post.language, post.replies) == ("admin", "en", 0)
    assert post.posted_at == datetime(2026, 9, 1, 8, tzinfo=UTC)
    assert cursor.keys() == {"etag", "last_modified"}
    assert walk("feed", cursor, url=url) == []


def test_a_wordpress_comment_feed_shows_a_new_comment_after_a_304(wordpress: Server) -> None:
    url, blog = wordpress.url + "/?feed=comments-rss2", Blog(wordpress)
    blog.say("The flat white at Harbor Coffee is <b>great</b> &amp; cheap", LATER)
    before, cursor = read("feed", url=url)
    assert "The flat white at Harbor Coffee is great & cheap" in texts(before)
    assert walk("feed", cursor, url=url) == []
    blog.say("Harbor Coffee was closed today", LATER + timedelta(hours=1))
    after, _ = read("feed", cursor, url=url)
    assert texts(after) - texts(before) == {"Harbor Coffee was closed today"}
    assert before.keys() < after.keys()


def test_wordpress_comments_are_read_once_across_the_hour_that_comes_twice(wordpress: Server) -> None:
    blog, options = Blog(wordpress), {"url": wordpress.url}
    begin = datetime(2026, 10, 31, 13, 10, tzinfo=UTC)  # page 1 ends in the first of New York's two 1 o'clocks
    first = blog.say("Harbor Coffee, cup 0", begin)
    for number in range(1, 205):
        blog.say(f"Harbor Coffee, cup {number}", begin + timedelta(minutes=10 * number), parent=first)
    held = blog.say("Harbor Coffee, cup 205", begin + timedelta(days=1), status="hold")
    found, cursor = read("wordpress_comments", **options)
    assert len(found) == blog.total
    assert {f"Harbor Coffee, cup {number}" for number in range(205)} <= texts(found)
    assert "Harbor Coffee, cup 205" not in texts(found)
    dates = {mention.text: mention.posted_at for mention in found.values()}
    assert dates["Harbor Coffee, cup 99"] == begin + timedelta(minutes=990)
    parent = next(native_id for native_id, mention in found.items() if mention.text == "Harbor Coffee, cup 0")
    assert sum(mention.parent_id == parent for mention in found.values()) == 204
    blog.say("Harbor Coffee, one cup more", LATER + timedelta(hours=2))
    blog.change(held, status="approve")
    after, _ = read("wordpress_comments", cursor, **options)
    assert texts(after) - texts(found) == {"Harbor Coffee, one cup more", "Harbor Coffee, cup 205"}
    assert len({**found, **after}) == blog.total


def test_an_edited_and_a_deleted_wordpress_comment_are_told_by_a_recheck(wordpress: Server) -> None:
    blog, options = Blog(wordpress), {"url": wordpress.url}
    _, edited, deleted = (blog.say(f"Harbor Coffee, {word}", LATER) for word in ("kept", "edited", "deleted"))
    before, _ = read("wordpress_comments", **options)
    ids = {mention.text: native_id for native_id, mention in before.items()}
    blog.change(edited, content="Harbor Coffee, better now")
    blog.delete(deleted)
    now, gone = again("wordpress_comments", list(before), **options)
    assert gone == {ids["Harbor Coffee, deleted"]}
    assert now[ids["Harbor Coffee, edited"]].text == "Harbor Coffee, better now"
    assert now[ids["Harbor Coffee, kept"]] == before[ids["Harbor Coffee, kept"]]
    assert now.keys() | gone == before.keys()


def test_every_edit_of_a_wiki_page_is_an_item_of_the_feed_of_recent_changes(mediawiki: Server) -> None:
    url = mediawiki.url + "/api.php?action=feedrecentchanges&feedformat=atom"
    before, cursor = read("feed", url=url)
    edit_wiki(mediawiki, "Harbor Coffee", "Harbor Coffee roasts at the pier")
    edit_wiki(mediawiki, "Harbor Coffee", "Harbor Coffee roasts in the old mill")
    after, _ = read("feed", cursor, url=url)
    new = [mention for native_id, mention in after.items() if native_id not in before]
    assert [mention.title for mention in new] == ["Harbor Coffee"] * 2
    assert "the old mill" in new[0].text and "at the pier" in new[1].text
    assert (new[0].author, new[0].language) == ("127.0.0.1", "en")


def test_the_feed_of_a_hyperkitty_list_gives_its_messages(hyperkitty: Server) -> None:
    news = "news@example.com"
    arrive(hyperkitty, news, letter(0, "Harbor Coffee opens today, who comes along?"))
    arrive(hyperkitty, news, letter(1, "I do: the cake is good", parent=0))
    url = f"{hyperkitty.url}/hyperkitty/list/{news}/feed/"
    before, cursor = read("feed", url=url)
    assert texts(before) == {"Harbor Coffee opens today, who comes along?", "I do: the cake is good"}
    assert {mention.author for mention in before.values()} == {"Ann Miller"}
    assert BEGIN in {mention.posted_at for mention in before.values()}
    arrive(hyperkitty, news, letter(2, "Harbor Coffee is closed on Sunday"))
    after, _ = read("feed", cursor, url=url)
    assert texts(after) - texts(before) == {"Harbor Coffee is closed on Sunday"}


def test_a_hyperkitty_list_is_read_mail_by_mail_and_a_late_one_with_an_old_date_is_found(hyperkitty: Server) -> None:
    coffee = "coffee@example.com"
    options = {"url": f"{hyperkitty.url}/hyperkitty", "list": coffee}
    hints = [f"Harbor Coffee, hint {number}" for number in range(1, 52)]  # the connector takes 25 mails at a time
    arrive(hyperkitty, coffee, letter(0, "Where is Harbor Coffee?"))
    for number, hint in enumerate(hints, 1):
        text = f"On Thursday Ann wrote:\r\n> Where is Harbor Coffee?\r\n\r\n{hint}\r\n\r\n-- \r\nAnn"
        arrive(hyperkitty, coffee, letter(number, text, parent=0))
    found, cursor = read("mailinglist", **options)
    assert texts(found) == {"Where is Harbor Coffee?", *hints}
    assert {mention.author for mention in found.values()} == {"Ann Miller"}
    assert {mention.posted_at for mention in found.values()} == {BEGIN + timedelta(hours=n) for n in range(52)}
    question = next(mention for mention in found.values() if mention.replies == 51)
    assert sum(mention.parent_id == question.native_id for mention in found.values()) == 51
    arrive(hyperkitty, coffee, letter(-500, "Harbor Coffee, held by a moderator for weeks"))
    after, _ = read("mailinglist", cursor, **options)
    assert texts(after) - texts(found) == {"Harbor Coffee, held by a moderator for weeks"}


def test_an_unknown_hyperkitty_list_is_refused(hyperkitty: Server) -> None:
    with pytest.raises(Refused, match="404"):
        walk("mailinglist", {}, url=f"{hyperkitty.url}/hyperkitty", list="nobody@example.com")


def account(server: Server, user: str) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": server.port, "tls": "none", "user": user, "password": PASSWORD}


def test_an_imap_folder_is_read_whole_then_only_what_is_new_and_no_flag_is_touched(dovecot: Server) -> None:
    box, options = mailbox(dovecot, "many"), account(dovecot, "many")
    for number in range(120):  # the connector takes 50 at a time
        box.append("INBOX", None, None, letter(number, f"Harbor Coffee, order {number}", parent=number - 1 or None))
    found, cursor = read("imap", **options)
    assert texts(found) == {f"Harbor Coffee, order {number}" for number in range(120)}
    assert len(found) == 120
    assert {mention.author for mention in found.values()} == {"Ann Miller"}
    assert {mention.posted_at for mention in found.values()} == {BEGIN + timedelta(hours=n) for n in range(120)}
    assert len(found.keys() & {mention.parent_id for mention in found.values()}) == 118
    box.append("INBOX", None, None, letter(120, "Harbor Coffee, where is my order?"))
    assert texts(read("imap", cursor, **options)[0]) == {"Harbor Coffee, where is my order?"}
    box.select("INBOX", readonly=True)
    assert not any(b"\\Seen" in flags for flags in box.uid("FETCH", "1:*", "(FLAGS)")[1])


def test_an_imap_folder_that_was_made_anew_is_read_again_and_adds_only_what_is_new(dovecot: Server) -> None:
    box, options = mailbox(dovecot, "anew"), account(dovecot, "anew") | {"folder": "Böxes & Beans"}
    folder = '"B&APY-xes &- Beans"'
    ids = []
    for life in range(2):
        box.create(folder)
        for number in range(life + 2):
            box.append(folder, None, None, letter(number, f"Harbor Coffee, complaint {number}"))
        found, cursor = read("imap", ids[-1][1] if ids else None, **options)
        ids.append((found.keys(), cursor))
        box.delete(folder)
        time.sleep(1.1)  # Dovecot's UIDVALIDITY is the second of the folder's creation
    (first, before), (second, after) = ids
    assert before["mark"][0] != after["mark"][0]
    assert first < second and len(second) == 3


def test_a_mailbox_is_opened_over_tls_only_if_the_certificate_is_trusted(
    dovecot: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox(dovecot, "tls").append("INBOX", None, None, letter(0, "Harbor Coffee over TLS"))
    options = account(dovecot, "tls") | {"tls": "starttls"}
    with pytest.raises(Refused, match="certificate"):
        walk("imap", {}, **options)
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.folder / "certificate"))
    assert texts(read("imap", **options)[0]) == {"Harbor Coffee over TLS"}
    with pytest.raises(Refused, match="password"):
        walk("imap", {}, **options | {"password": "wrong"})


def test_bluesky_posts_are_found_over_several_pages_and_a_new_one_in_the_next_run(bluesky: Server) -> None:
    ann = Account(bluesky, "ann")
    posts = ann.post([f"Harbor Coffee, cup {number}" for number in range(125)], BEGIN)
    posts += ann.post([f"Harbor Coffee, mug {number}" for number in range(125)], BEGIN + timedelta(days=1))
    until(lambda: ann.sees(posts[-1]["uri"]), 60)
    options = {"query": "Harbor Coffee", "handle": "ann.test", "app_password": PASSWORD, "service": bluesky.url}
    found, cursor = read("bluesky", **options)
    assert found.keys() == {post["uri"] for post in posts}
    newest = found[posts[-1]["uri"]]
    assert (newest.text, newest.author, newest.language) == ("Harbor Coffee, mug 124", "ann.test", "en")
    assert newest.posted_at == BEGIN + timedelta(days=1, minutes=124)
    (reply,) = Account(bluesky, "bob").post(["Harbor Coffee again?"], datetime.now(UTC), parent=posts[-1])
    until(lambda: ann.sees(reply["uri"]), 60)
    after, _ = read("bluesky", cursor, **options)
    assert after.keys() - found.keys() == {reply["uri"]}
    assert after[reply["uri"]].parent_id == newest.native_id
    assert after[newest.native_id].replies == 1


def test_a_deleted_bluesky_post_is_told_by_a_recheck(bluesky: Server) -> None:
    eve = Account(bluesky, "eve")
    uris = [post["uri"] for post in eve.post([f"Harbor Tea, cup {number}" for number in range(30)], BEGIN)]
    until(lambda: eve.sees(uris[-1]), 60)
    eve.delete(uris[3])
    until(lambda: not eve.sees(uris[3]), 60)
    options = {"query": "Harbor Tea", "handle": "eve.test", "app_password": PASSWORD, "service": bluesky.url}
    now, gone = again("bluesky", uris, **options)
    assert gone == {uris[3]}
    assert now.keys() == set(uris) - gone
    with pytest.raises(Refused, match="AuthenticationRequired"):
        walk("bluesky", {}, **options | {"app_password": "wrong"})
