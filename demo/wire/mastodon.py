"""A server of the fediverse as Mastodon 4 answers: posts by hashtag, newest first, with a Link to the next page."""

import html
import json
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from demo.item import Item

DEFAULT, MOST = 20, 40  # posts a page
HOST = "kettle.example"
TAG = re.compile(r"#(\w+)")


class Timelines:
    """Posts by their hashtags."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._by_tag: defaultdict[str, list[tuple[int, Item]]] = defaultdict(list)
        for item in items:
            for tag in tags_of(item.text):
                self._by_tag[tag].append((_number(item), item))

    def answer(self, tag: str, options: Mapping[str, str], address: str) -> tuple[bytes, str | None]:
        """Return the page of posts with `tag` that `options` ask for, and the Link header that it carries.

        Raises ValueError where a limit or an id is no number.
        """
        posts = self._by_tag.get(tag.lower(), [])
        limit = min(MOST, int(options.get("limit", DEFAULT)))
        end = bisect_left(posts, int(options["max_id"]), key=_id) if "max_id" in options else len(posts)
        shown = posts[max(0, end - limit) : end][::-1]
        body = json.dumps([_status(number, item) for number, item in shown]).encode()
        if not shown:
            return body, None
        page = f"{address}?limit={limit}&"
        return body, f'<{page}max_id={shown[-1][0]}>; rel="next", <{page}min_id={shown[0][0]}>; rel="prev"'


def tags_of(text: str) -> list[str]:
    """Return the hashtags in `text`, in lower case, each once."""
    return list(dict.fromkeys(tag.lower() for tag in TAG.findall(text)))


def uri_of(serial: int, posted_at: int) -> str:
    """Return the address under which the whole fediverse knows a post."""
    number = (posted_at * 1000 << 16) + serial % 2**16  # as Mastodon makes ids: the milliseconds and a counter
    return f"https://{HOST}/ap/users/{1 + serial % 977}/statuses/{number}"


def _number(item: Item) -> int:
    return int(item.native_id.rpartition("/")[2])


def _id(post: tuple[int, Item]) -> int:
    return post[0]


def _status(number: int, item: Item) -> dict[str, Any]:
    when = datetime.fromtimestamp(item.posted_at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "id": str(number),
        "created_at": when,
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": item.language,
        "uri": item.native_id,
        "url": f"https://{HOST}/@{item.author}/{number}",
        "replies_count": item.replies,
        "reblogs_count": item.likes // 4,
        "favourites_count": item.likes,
        "edited_at": None,
        "content": _markup(item.text),
        "reblog": None,
        "application": {"name": "Web", "website": None},
        "account": _account(item),
        "media_attachments": [],
        "mentions": [],
        "tags": [{"name": tag, "url": f"https://{HOST}/tags/{tag}"} for tag in tags_of(item.text)],
        "emojis": [],
        "card": None,
        "poll": None,
    }


def _account(item: Item) -> dict[str, Any]:
    number = item.native_id.split("/")[5]
    return {
        "id": number,
        "username": item.author,
        "acct": item.author,
        "display_name": item.author,
        "locked": False,
        "bot": False,
        "url": f"https://{HOST}/@{item.author}",
        "uri": f"https://{HOST}/ap/users/{number}",
    }


def _markup(text: str) -> str:
    """Return `text` as Mastodon shows it: escaped, in paragraphs, with hashtags as links."""
    paragraphs = (html.escape(paragraph, quote=False).replace("\n", "<br />") for paragraph in text.split("\n\n"))
    return "".join(f"<p>{TAG.sub(_link, paragraph)}</p>" for paragraph in paragraphs)


def _link(tag: re.Match[str]) -> str:
    url = f"https://{HOST}/tags/{tag[1].lower()}"
    return f'<a href="{url}" class="mention hashtag" rel="tag">#<span>{tag[1]}</span></a>'
