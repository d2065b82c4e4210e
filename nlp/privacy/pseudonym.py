"""Stable names for authors, which nobody without the key can turn back or guess and test."""

import hashlib


def pseudonym(source: str, author: str, key: str) -> str:
    """Return the name that stands for `author` of `source`: the same for the same key, such as author-3f9a1c20b7d4.

    48 bits of keyed BLAKE2b: among a million authors two share one with a chance of 0.2 %.
    """
    secret = hashlib.blake2b(key.encode()).digest()  # keyed BLAKE2b takes 64 bytes at most
    digest = hashlib.blake2b(f"{source}\x1f{author}".encode(), key=secret, digest_size=6)
    return f"author-{digest.hexdigest()}"
