"""Reddit posts and comments as mentions, the same ones whether a feed or the API shows them."""

import re
from collections.abc import Sequence
from typing import Any

from connectors.formats.dates import from_epoch
from connectors.formats.entry import Entry, open_feed
from connectors.formats.markup import plain
from connectors.mention import Mention
from connectors.source import Reject, read_items
from connectors.walks.paging import Listing
from connectors.web.response import Response

REMOVED = "[removed]"
# Reddit's own words in place of what its author, a moderator or Reddit took away
GONE = re.compile(r"\[ ?(deleted|removed)( by (user|moderator|reddit)[^\]]*)?\]", re.I)
FULLNAME = re.compile(r"t[13]_\w+")  # t1 is a comment, t3 a post; t2 and t5 are users and subreddits
FOOTER = re.compile(r"\s*submitted by\s+/u/\S+(\s+to\s+r/\S+)?\s*(\[link\])?\s*(\[comments\])?\s*$")
COMMENT_TITLE = re.compile(r"^/u/\S+ on ")


def from_feed(response: Response) -> Listing:
    """Return the page that an Atom feed shows; only an empty page has no next one, because the feed does not say."""
    feed = open_feed(response.content, response.headers.get("content-type", ""))
    mentions, rejects = read_items(feed.items, lambda item: _from_entry(feed.read(item)))
    return _listing(mentions, rejects, mentions[-1].native_id if mentions else None)


def from_api(answer: Any) -> Listing:
    """Return the page that the API answers."""
    listing = answer["data"]
    mentions, rejects = read_items(listing["children"], lambda child: _from_thing(child["data"]))
    return _listing(mentions, rejects, listing["after"])


def _listing(mentions: Sequence[Mention], rejects: Sequence[Reject], following: str | None) -> Listing:
    kept = [mention for mention in mentions if not GONE.fullmatch(mention.text)]
    gone = [mention.native_id for mention in mentions if GONE.fullmatch(mention.text)]
    return Listing(kept, following, rejects, [m.posted_at.timestamp() for m in mentions], gone)


def _from_entry(entry: Entry) -> Mention:
    if not FULLNAME.fullmatch(entry.key or "") or not entry.posted_at:
        raise ValueError(f"{entry.key!r} of {entry.posted_at} is neither a post nor a comment")
    title = COMMENT_TITLE.sub("", entry.title)
    return Mention(
        source="reddit",
        native_id=entry.key or "",
        text=FOOTER.sub("", entry.text) or title,
        posted_at=entry.posted_at,
        url=entry.link,
        title=title or None,
        author=_name((entry.author or "").removeprefix("/u/")),
    )


def _from_thing(thing: dict[str, Any]) -> Mention:
    is_comment = thing["name"].startswith("t1_")
    title = plain(thing.get("link_title") or "" if is_comment else thing["title"])
    text = plain((thing["body_html"] if is_comment else thing["selftext_html"]) or "").strip() or title
    is_scored = not (thing.get("score_hidden") or thing.get("hide_score"))
    return Mention(
        source="reddit",
        native_id=thing["name"],
        text=REMOVED if thing.get("removed_by_category") else text,
        posted_at=from_epoch(thing["created_utc"]),
        url=f"https://www.reddit.com{thing['permalink']}" if thing.get("permalink") else None,
        title=title or None,
        author=_name(thing.get("author")),
        parent_id=thing.get("parent_id"),
        likes=thing.get("score") if is_scored else None,
        replies=thing.get("num_comments"),
    )


def _name(author: str | None) -> str | None:
    return author if author and not GONE.fullmatch(author) else None
