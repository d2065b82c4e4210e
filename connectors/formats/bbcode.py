"""BBCode as Steam lets people write it, turned into text."""

import re

BLOCK = r"h[1-6]|p|list|olist|\*|hr|quote(?:=[^\[\]]*)?|code|table(?: [^\[\]]*)?|tr|th|td"
INLINE = r"b|u|i|c|strike|spoiler|noparse|img|(?:url|previewyoutube|dynamiclink)(?:[= ][^\[\]]*)?"
# only these names, so that "[10/10]" and "[not a tag]" survive; no bracket inside, so that time grows with length
TAG = re.compile(rf"\[/?(?:(?P<block>{BLOCK})|{INLINE})\]", re.I)


def unmarked(text: str) -> str:
    """Return `text` without tags; headings, list entries and other blocks become lines of their own."""
    if not TAG.search(text):
        return text
    lines = TAG.sub(lambda tag: "\n" if tag["block"] else "", text).splitlines()
    return "\n".join(filter(None, (line.strip() for line in lines)))
