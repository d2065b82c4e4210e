"""Signs texts so that copies of one another are found by joining equal numbers, never by comparing all with all.

A text becomes a set of shingles: its words and its pairs of neighbouring words, without case, marks, links and
handles. Of the many orders in which random functions put all shingles, a text keeps its first in each (MinHash,
Broder 1997): two texts agree on as large a share of them as they share shingles. Two bits of every first, the sketch,
tell how alike two texts are; the firsts of pairs alone, ROWS to a bucket, tell which are worth comparing: words that
are everywhere would fill the buckets with strangers.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import chain
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]
Places: TypeAlias = NDArray[np.int64]
Bits: TypeAlias = NDArray[np.uint8]

MIN_WORDS = 8  # fewer are the same by chance: "Great coffee, friendly staff"
ORDERS = 256  # the estimate of a similarity of 0.7 is then off by 0.036; 128 orders give 0.05
ROWS = 4  # with BANDS, finds 99 of 100 pairs that share 0.6 of their pairs of words, and 1 of 40,000 that share 0.03
BANDS = 32
LEAD_WORDS = 24  # a copy that was cut to its first lines, or got a long foot, still begins as the original does
LEAD_BANDS = 8
MAX_WORDS = 4_000  # texts that agree so far are copies, whatever follows
BLOCK = 32_768  # words put in order at once: they stay in the processor's cache

# Scripts that put no spaces between words: each letter is taken for a word, and counts as half a one.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
WORD = re.compile(f"[{UNSPACED}]|[^\\W_{UNSPACED}]+")
NOT_SAID = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@[\w.]+(?:@[\w.]+)?|^\s*(?:rt|via)\b")

MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, the odd number that splitmix64 steps by
ORDER = np.random.default_rng(20_261_122).integers(0, 2**64, (2, ORDERS), np.uint64)
FACTORS, SHIFTS = ORDER[0] | np.uint64(1), ORDER[1]


class Signatures(NamedTuple):
    """What there is to compare of some texts.

    `text_keys` has a number for each text, equal for texts that say the same words, and None where it says none.
    The other fields are of the different texts of MIN_WORDS or more, the n in `long_keys`: how many different
    shingles each has, the low and the high bits of its sketch, (n, ORDERS / 8) bytes each, and its buckets,
    (n, BANDS + LEAD_BANDS).
    """

    text_keys: list[int | None]
    long_keys: list[int]
    shingles: Places
    low: Bits
    high: Bits
    buckets: NDArray[np.uint32]


def sign(texts: Sequence[str], owners: Sequence[str]) -> Signatures:
    """Return the signatures of `texts`; a text of fewer than MIN_WORDS words is a copy of its owner's texts only."""
    said = [words_of(text) for text in texts]
    keys = [_key(words, owner) for words, owner in zip(said, owners, strict=True)]
    longs = {key: words for key, words in zip(keys, said, strict=True) if key is not None and _is_long(words)}
    parts = [_sign_block(block) for block in _blocks(longs.values())] or [_sign_block([])]
    shingles, low, high, buckets = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Signatures(keys, list(longs), shingles, low, high, buckets)


def words_of(text: str) -> list[str]:
    """Return the words of `text` without case, links, handles and marks; letters in fancy type are plain ones."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return WORD.findall(NOT_SAID.sub(" ", plain))[:MAX_WORDS]


def _is_long(words: Sequence[str]) -> bool:
    whole = len(words)
    if whole >= 2 * MIN_WORDS:
        return True
    halves = sum(len(word) == 1 and re.match(f"[{UNSPACED}]", word) is not None for word in words)
    return whole - halves / 2 >= MIN_WORDS


def _key(words: Sequence[str], owner: str) -> int | None:
    if not words:
        return None
    said = " ".join(words)
    return _hash(said if _is_long(words) else f"{said}\x1f{owner}")


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def _blocks(texts: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    """Yield `texts` in lists of about BLOCK words."""
    block: list[Sequence[str]] = []
    size = 0
    for words in texts:
        block.append(words)
        size += len(words)
        if size >= BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block


def _sign_block(texts: Sequence[Sequence[str]]) -> tuple[Places, Bits, Bits, NDArray[np.uint32]]:
    """Return the number of shingles, the two halves of the sketch, and the buckets, of each text."""
    lengths = np.asarray([len(words) for words in texts], np.int64)
    hashes = {word: _hash(word) for word in set(chain.from_iterable(texts))}
    words = _mixed(np.fromiter((hashes[word] for word in chain.from_iterable(texts)), np.uint64))
    pairs = np.delete(_mixed(words[:-1] * MIX ^ words[1:]), np.cumsum(lengths)[:-1] - 1)  # none across two texts
    of_words, of_pairs = np.repeat(np.arange(len(texts)), lengths), np.repeat(np.arange(len(texts)), lengths - 1)
    in_lead = np.arange(len(pairs)) - _starts(of_pairs)[of_pairs] < LEAD_WORDS - 1
    pair_firsts = _firsts(pairs, of_pairs, ORDERS)
    lead_firsts = _firsts(pairs[in_lead], of_pairs[in_lead], LEAD_BANDS * ROWS)
    firsts = np.minimum(_firsts(words, of_words, ORDERS), pair_firsts)
    bits = (firsts >> np.uint64(32)).astype(np.uint8)  # the highest bits of what is first are nearly always 0
    return (
        _distinct(words, of_words) + _distinct(pairs, of_pairs),
        np.packbits(bits & 1, axis=1),
        np.packbits(bits >> 1 & 1, axis=1),
        np.hstack([_buckets(pair_firsts[:, : BANDS * ROWS], 0), _buckets(lead_firsts, BANDS)]),
    )


def _mixed(hashes: Hashes) -> Hashes:
    mixed = hashes * MIX
    return mixed ^ mixed >> np.uint64(29)


def _starts(texts: Places) -> Places:
    """Return where each text starts in `texts`, which counts 0, 0, 0, 1, 1, …"""
    return np.flatnonzero(np.diff(texts, prepend=-1))


def _distinct(shingles: Hashes, texts: Places) -> Places:
    """Return how many different shingles each text has; `texts` says which text each is of."""
    order = np.lexsort((shingles, texts))
    is_new = (np.diff(shingles[order], prepend=np.uint64(0)) != 0) | (np.diff(texts, prepend=-1) != 0)
    return np.add.reduceat(is_new.astype(np.int64), _starts(texts))


def _firsts(shingles: Hashes, texts: Places, orders: int) -> Hashes:
    """Return the first shingle of each text in each order, (texts, orders)."""
    starts = _starts(texts)
    firsts = np.empty((orders, len(starts)), np.uint64)
    for first, factor, shift in zip(firsts, FACTORS, SHIFTS, strict=False):
        np.minimum.reduceat(shingles * factor + shift, starts, out=first)
    return firsts.T


def _buckets(firsts: Hashes, band: int) -> NDArray[np.uint32]:
    """Return a number for every ROWS columns of `firsts`, other numbers for each band; `band` is the first's."""
    rows = firsts.reshape(len(firsts), firsts.shape[1] // ROWS, ROWS)
    mixed = np.arange(band, band + rows.shape[1], dtype=np.uint64) + np.zeros((len(rows), 1), np.uint64)
    for row in range(ROWS):
        mixed = _mixed(mixed ^ rows[:, :, row])
    return (mixed >> np.uint64(16)).astype(np.uint32)
