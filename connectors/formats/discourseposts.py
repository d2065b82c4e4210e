"""Posts of a Discourse forum as mentions."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from connectors.formats.dates import parse_date
from connectors.formats.markup import plain
from connectors.mention import Mention
from connectors.source import read_items
from connectors.walks.paging import Listing

WRITTEN = (1, 2)  # post types: by people, by moderators; not "closed this topic" and not whispers
OPERATOR = re.compile(r"[#@-]|\w+:")  # of the search: #category, @user, tags:x
LIKE = 2  # the number of the like among the actions on a post


class Item(NamedTuple):
    """A post, and the title of its topic where the answer gives it."""

    post: Mapping[str, Any]
    title: str | None


def read_posts(url: str, items: Sequence[Item], following: Any, moments: Sequence[float]) -> Listing:
    """Return the page of `items`, without those that the forum hides behind a notice of its own."""
    gone = [_native_id(url, post) for post, _ in items if is_gone(post)]
    shown = [item for item in items if _is_shown(item.post)]
    mentions, rejects = read_items(shown, lambda item: _mention(url, item))
    return Listing(mentions, following, rejects, moments, gone)


def matches(post: Mapping[str, Any], query: str) -> bool:
    """Say whether the post holds all words and phrases of `query`; case does not matter, operators are no words."""
    words = [word.strip('"') for word in re.findall(r'"[^"]+"|\S+', query) if not OPERATOR.match(word)]
    text = plain(post["cooked"]).casefold()
    return bool(words) and all(word.casefold() in text for word in words)


def may_go_on(posts: Sequence[Mapping[str, Any]], floor: float) -> bool:
    """Say whether posts before the first of these, which are of one topic, can be newer than `floor`."""
    return posts[0]["post_number"] > 1 and parse_date(posts[0]["created_at"]).timestamp() > floor


def is_gone(post: Mapping[str, Any]) -> bool:
    """Say whether its author or a moderator took the post away."""
    return bool(post.get("user_deleted") or post.get("deleted_at"))


def _is_shown(post: Mapping[str, Any]) -> bool:
    return not is_gone(post) and not post.get("hidden") and post.get("post_type", 1) in WRITTEN


def _native_id(url: str, post: Mapping[str, Any]) -> str:
    return f"{url.partition('://')[2].lower()}:{post['id']}"


def _mention(url: str, item: Item) -> Mention:
    post, title = item
    title = plain(title) if title else None
    return Mention(
        source="discourse",
        native_id=_native_id(url, post),
        text=plain(post["cooked"]).strip() or title or "",
        posted_at=parse_date(post["created_at"]),
        url=f"{url}/t/{post['topic_id']}/{post['post_number']}",
        title=title,
        author=post.get("username"),
        likes=_likes(post),
        replies=post.get("reply_count"),
        reach=post.get("reads"),
    )


def _likes(post: Mapping[str, Any]) -> int | None:
    if "actions_summary" not in post:
        return post.get("like_count")
    return next((action.get("count", 0) for action in post["actions_summary"] if action.get("id") == LIKE), 0)
