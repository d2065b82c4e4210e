"""GitHub issues and the comments on them: of one repository, or those that the search finds anywhere."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.formats.dates import from_epoch
from connectors.formats.githubissues import read_changes, read_issue
from connectors.source import Cursor, Page, Refused, Unavailable, source
from connectors.walks.changes import Changes, changed_since
from connectors.walks.turns import in_turn

if TYPE_CHECKING:
    from connectors.http import Http

PER_PAGE = 100
SEARCHES = {False: 10, True: 30}  # a minute, without and with a token


@source(
    "GitHub issues",
    kind="forum",
    terms="https://docs.github.com/en/site-policy/github-terms/github-terms-of-service",
    history="everything",
    example={"repo": "harbor/coffee-app"},
    fills=("url", "title", "author", "parent_id", "likes", "replies"),
    key="optional: a token without any rights, for more requests",
    rate="60 requests an hour, 5,000 with a token; 10 searches a minute, 30 with a token",
    secrets=("token",),
)
def fetch(
    http: "Http",
    cursor: Cursor,
    *,
    repo: str | None = None,
    query: str | None = None,
    pulls: bool = False,
    token: str | None = None,
    api: str = "https://api.github.com",
) -> Iterator[Page]:
    """Yield the issues of `repo` and the comments on them, or the issues that the search finds for `query`.

    The oldest changes come first, so that edits are seen again. With `pulls` pull requests count as issues.
    A search yields no comments, though it looks into them; with in:title,body in `query` it does not.
    """
    if bool(repo) == bool(query):
        raise Refused("github_issues", "it takes either repo or query", 'for example repo = "harbor/coffee-app"')
    headers = _headers(token)
    if query:
        http.slow_to(SEARCHES[bool(token)])
        wanted = f"({query})" if " OR " in query else query
        kinds = ("issue", "pull-request") if pulls else ("issue",)
        asks = {kind: partial(_search, http, f"{api}/search/issues", headers, f"{wanted} is:{kind}") for kind in kinds}
    else:
        url = f"{api}/repos/{repo}/issues"
        asks = {
            "issues": partial(_list, http, url, headers, pulls=pulls),
            "comments": partial(_list, http, f"{url}/comments", headers, pulls=pulls),
        }
    yield from in_turn(cursor, {name: partial(changed_since, http, ask=ask) for name, ask in asks.items()})


def recheck(
    http: "Http",
    native_ids: Sequence[str],
    *,
    token: str | None = None,
    api: str = "https://api.github.com",
    **_: str | bool | None,
) -> Iterator[Page]:
    """Yield which issues were deleted, and where those are now that moved; nothing without a token."""
    for native_id in native_ids if token else ():
        path, _hash, comment = native_id.partition("#")
        if comment:  # of a comment GitHub does not say whether it is gone or only out of our reach
            continue
        _host, owner, name, _kind, number = path.split("/")
        url = f"{api}/repos/{owner}/{name}/issues/{number}"
        response = http.send("GET", url, headers=_headers(token), reads=(404, 410))
        if response.status == 410:
            yield Page([], {}, deleted=[native_id])
        elif response.status != 404:
            mention = read_issue(response.json())
            yield Page([mention], {}, deleted=[native_id] if mention.native_id != native_id else [])


def propose(http: "Http", brand: str, site: str | None) -> Iterator[Mapping[str, Any]]:  # noqa: ARG001
    """Yield a search of all public issues."""
    yield {"query": f'"{brand}" in:title,body'}


def _headers(token: str | None) -> dict[str, str]:
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    return headers | ({"Authorization": f"Bearer {token}"} if token else {})


def _list(http: "Http", url: str, headers: Mapping[str, str], since: int | None, page: int, *, pulls: bool) -> Changes:
    asked = {"state": "all", "sort": "updated", "direction": "asc", "since": since and _iso(since)}
    response = http.get(url, headers=headers, per_page=PER_PAGE, page=page, **asked)
    return read_changes(response, response.json(), pulls=pulls)


def _search(http: "Http", url: str, headers: Mapping[str, str], query: str, since: int | None, page: int) -> Changes:
    since_then = f"{query} updated:>={_iso(since)}" if since else query
    response = http.get(url, headers=headers, q=since_then, sort="updated", order="asc", per_page=PER_PAGE, page=page)
    answer = response.json()
    if answer["incomplete_results"]:  # the mark would pass what it left out
        raise Unavailable("github_issues", "the search took too long and left out issues", "narrow the query")
    return read_changes(response, answer["items"], pulls=True)


def _iso(moment: int) -> str:
    return f"{from_epoch(moment):%Y-%m-%dT%H:%M:%SZ}"
