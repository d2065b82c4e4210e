"""Shows an alert as a Slack message or as plain text, and sends it through an incoming webhook."""

import logging
import re
import time
import unicodedata
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from slack_sdk.webhook import WebhookClient, WebhookResponse

from alerts.alert import Alert, Quote
from alerts.evidence import shorten
from alerts.outbox import Refused, Unavailable, Unsendable

Json: TypeAlias = dict[str, Any]

MARKS = {"high": "🔴 High", "medium": "🟠 Medium", "low": "🔵 Low"}
HEADER_CHARS, TEXT_CHARS, URL_CHARS = 150, 3_000, 3_000  # the limits of Block Kit
TIMEOUT_S = 10
TRIES, LONGEST_WAIT_S = 3, 30  # a run that waits longer for Slack keeps the night's other work waiting
JOINERS = "\u200c\u200d"  # invisible, but Persian, Hindi and family emoji are spelled with them
HIDDEN = ("Cc", "Cf", "Co", "Cs")  # control and format characters, private use, halves of a pair
WORD_JOINER = "\u2060"  # has no width and breaks no line
CONTROL = re.compile(r"<(?=\S)|@(?=channel|here|everyone)", re.IGNORECASE)
# What Slack answers when it dislikes the message, not the webhook. A 400 with other words is not from Slack.
BAD_MESSAGE = re.compile(r"invalid_(blocks|payload|attachments)|no_text|msg_too_long|too_many_|missing_text")
NEW_WEBHOOK = "make a new incoming webhook in Slack and put its URL where the configuration names it"

log = logging.getLogger(__name__)


class SlackSender:
    """Sends alerts to one incoming webhook, whose URL is a secret and appears in no error and no log."""

    def __init__(self, url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        if not re.fullmatch(r"https?://[!-~]+", url):
            raise Refused(f"the Slack webhook is no https:// address; {NEW_WEBHOOK}")
        # The client logs the URL, and repeats a message whose answer was lost: it gets a mute logger and no retries.
        mute = logging.Logger("slack", level=logging.CRITICAL + 1)
        self._client = WebhookClient(url, timeout=TIMEOUT_S, logger=mute, retry_handlers=[])
        self._sleep = sleep

    def __call__(self, alert: Alert) -> None:
        """Send `alert` with its blocks or, if Slack refuses those, as plain text.

        Raises Unavailable when Slack does not answer, Refused when the webhook is of no use any more, and
        Unsendable when Slack refuses the plain text too.
        """
        try:
            self._post({"text": escape(_headline(alert)), "blocks": blocks(alert)})
        except Unsendable as error:
            log.warning("%s; sending the alert %r as plain text", error, alert.title)
            self._post({"text": escape(render_text(alert)), "mrkdwn": False})

    def _post(self, message: Json) -> None:
        body = message | {"link_names": False, "unfurl_links": False, "unfurl_media": False}
        for again in reversed(range(TRIES)):
            answer = self._answer(body)
            if answer.status_code != 429:
                _judge(answer)
                return
            wait_s = _retry_after(answer.headers)
            if wait_s > LONGEST_WAIT_S or not again:
                raise Unavailable(f"Slack asks to wait {wait_s:.0f} s (429); the next run tries again")
            self._sleep(wait_s)

    def _answer(self, body: Json) -> WebhookResponse:
        try:
            return self._client.send_dict(body)
        except (OSError, HTTPException, UnicodeError) as error:
            # Only an OSError's words are safe to show: the others may quote the URL.
            why = str(error) if isinstance(error, OSError) else type(error).__name__
            raise Unavailable(f"Slack cannot be reached: {why}; the next run tries again") from None


def blocks(alert: Alert) -> list[Json]:
    """Return `alert` as Block Kit blocks.

    Words that are not ours stand in rich_text and plain_text only, in which Slack looks for no mark-up.
    """
    return [
        {"type": "header", "text": _plain(_headline(alert), HEADER_CHARS)},
        _rich("rich_text_section", [_text(alert.reason)]),
        *([_rich("rich_text_section", [_text(_topics(alert))])] if alert.topics else []),
        *(_rich("rich_text_quote", _quote(quote)) for quote in alert.quotes),
        {"type": "context", "elements": [_plain(_footer(alert), TEXT_CHARS)]},
    ]


def render_text(alert: Alert) -> str:
    """Return `alert` as lines of plain text, free of control characters, as a terminal shows it."""
    lines = [_headline(alert), visible(alert.reason)]
    if alert.topics:
        lines.append(visible(_topics(alert)))
    for quote in alert.quotes:
        link = _link(quote)
        lines += [f"  “{visible(quote.text)}”", f"    – {visible(quote.source)}" + (f" {link}" if link else "")]
    return "\n".join([*lines, _footer(alert)])


def visible(text: str) -> str:
    """Return `text` on one line without characters that hide, reverse or command: it shows what it says."""
    kept = (c for c in text if c in JOINERS or c.isspace() or unicodedata.category(c) not in HIDDEN)
    return " ".join("".join(kept).split())


def inert(text: str) -> str:
    """Return `text` looking the same, with `<!channel>`, `<@U1>`, `<https://evil|bank>` and @here broken."""
    return CONTROL.sub(lambda match: match[0] + WORD_JOINER, text)


def escape(text: str) -> str:
    """Return `text` for a field in which Slack reads &, < and > as mark-up."""
    return inert(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _headline(alert: Alert) -> str:
    return f"{MARKS[alert.severity]}: {visible(alert.title)}"


def _topics(alert: Alert) -> str:
    return f"Topics: {', '.join(alert.topics)}"


def _footer(alert: Alert) -> str:
    return f"{visible(alert.rule)}, raised {alert.raised_at:%Y-%m-%d %H:%M} UTC"


def _rich(kind: str, elements: list[Json]) -> Json:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": elements}]}


def _text(text: str) -> Json:
    return {"type": "text", "text": shorten(inert(visible(text)), TEXT_CHARS) or "–"}  # Slack refuses an empty one


def _plain(text: str, limit: int) -> Json:
    return {"type": "plain_text", "text": shorten(inert(text), limit), "emoji": False}


def _quote(quote: Quote) -> list[Json]:
    said = [_text(quote.text), {"type": "text", "text": "\n"}]
    link = _link(quote)
    if link is None:
        return [*said, _text(quote.source)]
    # The host stands beside the source, so that nobody is sent where they do not expect.
    return [*said, _text(f"{quote.source}: {urlsplit(link).hostname}") | {"type": "link", "url": link}]


def _link(quote: Quote) -> str | None:
    url = quote.url or ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    is_whole = parts.scheme in ("http", "https") and parts.hostname and len(url) <= URL_CHARS
    return url if is_whole and visible(url) == url and not set(url) & set(' <>|"') else None


def _judge(answer: WebhookResponse) -> None:
    status, words = answer.status_code, answer.body.strip()
    # Anything but Slack's own codes may be a page that quotes the secret URL.
    code = words if re.fullmatch(r"[a-z_]{1,40}", words) else "no code of Slack's"
    if status == 200 and words == "ok":
        return
    if status in (400, 413) and BAD_MESSAGE.match(words):
        raise Unsendable(f"Slack refuses the message: {status} {code}")
    if status == 408 or status >= 500:
        raise Unavailable(f"Slack answers {status} ({code}); the next run tries again")
    raise Refused(f"Slack answers {status} ({code}); {NEW_WEBHOOK}")


def _retry_after(headers: Mapping[str, str]) -> float:
    seconds = {name.lower(): value for name, value in headers.items()}.get("retry-after", "1")
    return float(seconds) if seconds.isdecimal() else 1.0
