"""Puts what was collected into stories, so that copies of one text are counted once where that is wanted."""

import numpy as np
import pyarrow as pa

from nlp.duplicates import Signatures, sign
from warehouse.stories import BANDS, SIGNATURES, SIGNED, Signed, Unsigned, has_gone, keep_stories, unsigned
from warehouse.warehouse import Warehouse

CHUNK = 20_000  # mentions in one transaction: some seconds of work that a kill can cost


def group_stories(warehouse: Warehouse, chunk: int = CHUNK) -> int:
    """Put every mention that is new or changed into its story, and return how many those were.

    Only they are signed and compared; mentions that are gone leave their stories. How the work is cut into chunks
    and runs changes nothing in who is with whom.
    """
    total = 0
    while (found := unsigned(warehouse, chunk)).texts:
        keep_stories(warehouse, _signed(found, sign(found.texts, found.owners)))
        total += len(found.texts)
    if has_gone(warehouse):
        keep_stories(warehouse, Signed())
    return total


def _signed(found: Unsigned, signatures: Signatures) -> Signed:
    keys = [i if key is None else key for i, key in zip(found.mention_ids, signatures.text_keys, strict=True)]
    longs, per_text = signatures.long_keys, signatures.buckets.shape[1]
    sketches = ([row.tobytes() for row in bits] for bits in (signatures.low, signatures.high))
    repeated = np.repeat(np.asarray(longs, np.uint64), per_text)
    return Signed(
        pa.table([found.mention_ids, found.text_hashes, keys], SIGNED),
        pa.table([longs, signatures.shingles, *sketches], SIGNATURES),
        pa.table([repeated, signatures.buckets.ravel()], BANDS),
    )
