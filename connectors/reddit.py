"""Reddit posts and comments: through the public Atom feeds, or through the API for who has an app's key."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.formats.redditposts import from_api, from_feed
from connectors.source import Cursor, Page, Refused, source
from connectors.walks.paging import Listing, newest_first
from connectors.walks.turns import in_turn

if TYPE_CHECKING:
    from connectors.http import Http

PER_PAGE = 100
KEYLESS, KEYED = 10, 60  # requests a minute; the API's own headers count 600 in ten minutes
LOGIN_HINT = "check client_id and client_secret of your app at https://www.reddit.com/prefs/apps"


@source(
    "Reddit",
    kind="forum",
    terms="https://www.redditinc.com/policies/data-api-terms",
    history="the newest 1,000 of each listing",
    example={"query": '"harbor coffee"'},
    fills=("url", "title", "author", "parent_id", "likes", "replies"),
    key="optional: an approved app's client_id and client_secret, for scores and counts",
    rate="10 requests a minute and address without a key; with one what X-Ratelimit-* says",
    secrets=("client_secret",),
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    query: str | None = None,
    subreddit: str | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    site: str = "https://www.reddit.com",
    api: str = "https://oauth.reddit.com",
) -> Iterator[Page]:
    """Yield the posts that match `query`, newest first; without a query all posts and comments of `subreddit`.

    Reddit's search finds posts only, by their title and text. `subreddit` may join several: "coffee+tea".
    What its author or a moderator took away is reported as deleted.
    """
    listings = _listings(query, subreddit).items()
    http.slow_to(KEYED if client_id else KEYLESS)
    login = _login(http, site, client_id, client_secret)

    def page(path: str, params: Mapping[str, str], place: str | None) -> Listing:
        asked: dict[str, Any] = {**params, "limit": PER_PAGE, "after": place}
        if login:
            return from_api(http.json("GET", api + path, headers=login, raw_json=1, **asked))
        return from_feed(http.get(f"{site}{path}{'.rss' if params else '/.rss'}", **asked))

    walks = {name: partial(newest_first, http, ask=partial(page, path, params)) for name, (path, params) in listings}
    yield from in_turn(cursor, walks)


def recheck(
    http: "Http",
    native_ids: Sequence[str],
    *,
    client_id: str | None = None,
    client_secret: str | None = None,
    site: str = "https://www.reddit.com",
    api: str = "https://oauth.reddit.com",
    **_: str | None,
) -> Iterator[Page]:
    """Yield posts and comments as they are now, and those taken away; nothing without a key."""
    http.slow_to(KEYED)
    login = _login(http, site, client_id, client_secret)
    for start in range(0, len(native_ids) if login else 0, PER_PAGE):
        batch = ",".join(native_ids[start : start + PER_PAGE])
        found = from_api(http.json("GET", f"{api}/api/info", headers=login, raw_json=1, id=batch))
        # an id that is missing may be in a subreddit that went private, which is no deletion
        yield Page(found.mentions, {}, found.rejects, deleted=found.deleted)


def propose(http: "Http", brand: str, site: str | None) -> Iterator[Mapping[str, Any]]:  # noqa: ARG001
    """Yield a search of all of Reddit."""
    yield {"query": f'"{brand}"'}


def _listings(query: str | None, subreddit: str | None) -> dict[str, tuple[str, dict[str, str]]]:
    """Return paths and parameters by the names under which the cursor keeps them."""
    within = f"/r/{quote(subreddit.removeprefix('r/'), safe='+')}" if subreddit else ""
    if query:
        only = {"restrict_sr": "on"} if within else {}
        return {"search": (f"{within}/search", {"q": query, "sort": "new", "type": "link", **only})}
    if not within:
        raise Refused("reddit", "neither query nor subreddit is set", 'for example query = "harbor coffee"')
    return {"posts": (f"{within}/new", {}), "comments": (f"{within}/comments", {})}


def _login(http: "Http", site: str, client_id: str | None, client_secret: str | None) -> dict[str, str] | None:
    if not client_id and not client_secret:
        return None
    if not client_id or not client_secret:
        raise Refused("reddit", "only one of client_id and client_secret is set", "set both, or neither")
    basic = b64encode(f"{client_id}:{client_secret}".encode()).decode()
    url, form = f"{site}/api/v1/access_token", {"grant_type": "client_credentials"}
    answer = http.send("POST", url, headers={"Authorization": f"Basic {basic}"}, form=form).json()
    if "error" in answer:
        raise Refused("reddit", f"the login was refused: {answer['error']}", LOGIN_HINT)
    return {"Authorization": f"Bearer {answer['access_token']}"}
