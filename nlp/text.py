"""Texts as the encoder was trained on them."""

import html
import re
import warnings

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning

TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
LINK = re.compile(r"https?://\S+")
HANDLE = re.compile(r"(?<!\w)@\w+")
MAX_CHARS = 4_000  # 128 tokens need no more, and Python's HTML parser takes quadratic time on broken tags


def prepare(text: str) -> str:
    """Return `text` without mark-up, with links as "http" and handles as "@user", on one line; emoji stay."""
    text = text[:MAX_CHARS].encode("utf-8", "replace").decode()  # a lone surrogate is no text to a tokenizer
    if TAG.search(text):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
            text = BeautifulSoup(text, "html.parser").get_text(" ")
    text = HANDLE.sub("@user", LINK.sub("http", html.unescape(text)))
    return " ".join(text.split())[:MAX_CHARS]
