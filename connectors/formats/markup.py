"""HTML as it stands in feeds and posts, turned into text a person would read.

Own patterns and no parser: Python 3.11's html.parser, which Beautiful Soup drives, needs 67 s for 60 kB
of "<a ", and Beautiful Soup 7 s for a million characters of nested <div>. Here time grows with length.
"""

import html as entities
import re

LONGEST = 1_000_000  # characters; a longer text is an attack or a whole site
BREAK = "\x1e"  # stands for a line break while the source's own line breaks are still mere spaces
BLOCKS = (
    "address|article|aside|blockquote|br|caption|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form"
    "|h[1-6]|header|hr|li|main|nav|ol|option|p|pre|section|summary|table|td|th|tr|ul"
)
INLINE = (
    "a|abbr|acronym|audio|b|big|body|button|cite|code|col|colgroup|del|dfn|em|embed|font|head|html|i|iframe|img|input"
    "|ins|kbd|label|link|map|mark|meta|noscript|object|picture|q|s|samp|script|select|small|source|span|strike|strong"
    "|style|sub|sup|svg|tbody|textarea|tfoot|thead|time|title|tt|u|var|video|wbr"
)
BLOCK = re.compile(BLOCKS, re.I)
HTML = re.compile(rf"</?(?:{BLOCKS}|{INLINE})(?:[\s/][^<>]*)?>|<!--|<!doctype\b|<!\[CDATA\[", re.I)
ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")
ENDLESS_NUMBER = re.compile(r"&#\d{8,};?")  # html.unescape fails on more than 4,300 digits; Unicode has 7
HIDDEN = (("<!--", "-->"), (r"<script\b[^<>]*>", r"</script\s*>"), (r"<style\b[^<>]*>", r"</style\s*>"))
# possessive, and 100 parts (50 attributes) at most: a tag that never ends must not be tried in every way
ATTRIBUTES = r"""(?:=\s*+(?:"[^"]*+"|'[^']*+')|=|[^<>=]++){0,100}+"""
TAG = re.compile(rf"</?([a-zA-Z][\w:.-]*)(?=[\s/>]){ATTRIBUTES}>|<[!?][^<>]*>")


def plain(html: str) -> str:
    """Return `html` as text: blocks and <br> become lines, runs of space become one, scripts and styles go.

    A text without any HTML tag or entity comes back as it is, so "a < b", "I <3 it" and "List<int>" survive.
    """
    if HTML.search(html):
        text = TAG.sub(_gap, _visible(html[:LONGEST]))
    elif ENTITY.search(html):
        text = html[:LONGEST].replace("\n", BREAK)
    else:
        return html
    lines = entities.unescape(ENDLESS_NUMBER.sub("\ufffd", text)).split(BREAK)
    spaced = (" ".join(line.split()) for line in lines)
    return "\n".join(line for line in spaced if line)


def _visible(html: str) -> str:
    for opening, closing in HIDDEN:
        first, *parts = re.split(opening, html, flags=re.I)
        html = first + "".join(re.split(closing, part, maxsplit=1, flags=re.I)[-1] for part in parts)
    return html.replace("<![CDATA[", "").replace("]]>", "")


def _gap(tag: re.Match[str]) -> str:
    return BREAK if BLOCK.fullmatch(tag[1] or "") else ""
