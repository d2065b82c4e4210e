"""What a page may bring in: identifiers of people are redacted and authors hidden before anything is kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from connectors.mention import Mention
from connectors.source import Changed, Page, Reject, SourceError
from nlp.privacy.pseudonym import pseudonym
from nlp.privacy.redact import KINDS, Kind, redact
from warehouse.tables import author_hash

Authors = Literal["keep", "pseudonym", "drop"]
UNNAMED = "[author]"
NOT_KEPT = "[not kept: it may name its author]"
# Where a language is at home: how its speakers are likely to write a phone number.
HOMES: Mapping[str, tuple[str, ...]] = {
    "cs": ("CZ",),
    "da": ("DK",),
    "de": ("DE", "AT", "CH"),
    "es": ("ES", "MX", "AR", "CO"),
    "fi": ("FI",),
    "fr": ("FR", "BE", "CH"),
    "it": ("IT", "CH"),
    "ja": ("JP",),
    "ko": ("KR",),
    "nb": ("NO",),
    "nl": ("NL", "BE"),
    "no": ("NO",),
    "pl": ("PL",),
    "pt": ("BR", "PT"),
    "ru": ("RU",),
    "sv": ("SE",),
    "tr": ("TR",),
    "uk": ("UA",),
    "zh": ("CN", "TW", "HK"),
}


@dataclass(frozen=True, slots=True)
class Privacy:
    """What is redacted, and what becomes of authors; `key` is there where they get pseudonyms.

    `forgotten` are the authors, as tables.author_hash, who must not be collected whatever becomes of the others.
    """

    kinds: tuple[Kind, ...] = KINDS
    authors: Authors = "keep"
    key: str = field(default="", repr=False)
    forgotten: frozenset[int] = frozenset()


def at_the_door(page: Page, privacy: Privacy) -> Page:
    """Return `page` without what `privacy` keeps out; ids, links, dates and the cursor stay as they are."""
    mentions = [_cleaned(mention, privacy) for mention in page.mentions if not _is_forgotten(mention, privacy)]
    rejects = [_cleaned_reject(reject, privacy) for reject in page.rejects]
    suspect = page.suspect and redact(page.suspect, privacy.kinds)
    return page._replace(mentions=mentions, rejects=rejects, suspect=suspect)


def told(error: SourceError, privacy: Privacy) -> str:
    """Return what `error` says; one about an answer's shape may quote the answer."""
    return redact(str(error), privacy.kinds) if isinstance(error, Changed) else str(error)


def _cleaned(mention: Mention, privacy: Privacy) -> Mention:
    author, regions = _shown(mention, privacy), _regions(mention)

    def clean(text: str | None) -> str | None:
        if text and mention.author and privacy.authors != "keep":
            text = _without_handle(text, mention.author, author or UNNAMED)
        return text and redact(text, privacy.kinds, regions)

    said = (mention.author, mention.text, mention.title, mention.reply_text)
    text, title, reply = clean(mention.text) or "", clean(mention.title), clean(mention.reply_text)
    if (author, text, title, reply) == said:
        return mention
    return replace(mention, author=author, text=text, title=title, reply_text=reply)


def _is_forgotten(mention: Mention, privacy: Privacy) -> bool:
    """Say so by the name that the source gives: what would be kept depends on settings, which change."""
    if not privacy.forgotten or not mention.author:
        return False
    return author_hash(mention.source, mention.author) in privacy.forgotten


def _cleaned_reject(reject: Reject, privacy: Privacy) -> Reject:
    reason = redact(reject.reason, privacy.kinds)
    if privacy.authors != "keep":  # no one knows where in it the author's name stands
        return reject._replace(reason=reason, raw=NOT_KEPT)
    return reject._replace(reason=reason, raw=redact(reject.raw, privacy.kinds))


def _shown(mention: Mention, privacy: Privacy) -> str | None:
    if privacy.authors == "keep":
        return mention.author and redact(mention.author, privacy.kinds, _regions(mention))
    if privacy.authors == "drop" or not mention.author:
        return None
    return pseudonym(mention.source, mention.author, privacy.key)


def _without_handle(text: str, author: str, shown: str) -> str:
    """Return `text` with the author's own handle, written @handle, as `shown`; longer handles stay."""
    handle = re.escape(author.removeprefix("@"))
    return re.sub(rf"(?<!\w)@{handle}(?![\w@])", shown, text, flags=re.IGNORECASE)


def _regions(mention: Mention) -> tuple[str, ...]:
    country = (mention.country.upper(),) if mention.country else ()
    language = re.split("[-_]", mention.language or "")[0].lower()
    return (*country, *HOMES.get(language, ()))
