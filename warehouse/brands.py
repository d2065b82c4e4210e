"""Which mentions speak of which brand: queries and bound feeds, applied to what is new and, when edited, to history."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from warehouse import brandquery

BOUND = """
    m.feed IN (SELECT unnest(?::VARCHAR[]))
    OR m.mention_id IN (SELECT mention_id FROM ops.also_seen WHERE feed IN (SELECT unnest(?::VARCHAR[])))
"""
MATCH = "INSERT INTO brand_mentions SELECT m.mention_id, ?, m.day FROM {} AS m WHERE"
UNMATCH = """
    DELETE FROM brand_mentions
    WHERE day IN (SELECT day FROM ops.touched) AND mention_id IN (SELECT mention_id FROM ops.touched)
"""
TOUCHED = """
    CREATE OR REPLACE TEMP TABLE touched_mentions AS
    SELECT * FROM mentions
    WHERE day IN (SELECT day FROM ops.touched) AND mention_id IN (SELECT mention_id FROM ops.touched)
"""


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand that is listened for: what a mention must say, or the feeds in which everything counts."""

    name: str
    competitor: bool = False
    query: str | None = None
    feeds: tuple[str, ...] = ()

    @property
    def signature(self) -> str:
        """Return a text that changes whenever another set of mentions would match."""
        return json.dumps([self.query, sorted(self.feeds)])


def apply_brands(db: duckdb.DuckDBPyConnection, brands: Sequence[Brand]) -> None:
    """Bring `brand_mentions` and `brands` up to date; runs inside the caller's transaction.

    Touched mentions are matched against every brand, and the whole history against brands that are new or
    edited. Days whose counts change are marked in ops.touched.
    """
    applied = dict(db.execute("SELECT brand, signature FROM ops.applied_brands").fetchall())
    wanted = {brand.name: brand.signature for brand in brands}
    stale = [name for name in applied.keys() | wanted.keys() if applied.get(name) != wanted.get(name)]
    _forget(db, stale)
    db.execute(UNMATCH)
    db.execute(TOUCHED)  # once: each brand would look through all of history for them
    for brand in brands:
        if brand.name not in stale:
            _match(db, brand, "touched_mentions")
    db.execute("DROP TABLE touched_mentions")
    for brand in brands:
        if brand.name in stale:
            _match(db, brand, "mentions")
            db.execute(
                "INSERT INTO ops.touched SELECT DISTINCT NULL, day FROM brand_mentions WHERE brand = ?", [brand.name]
            )
    _remember(db, brands)


def _forget(db: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    for name in names:
        db.execute("INSERT INTO ops.touched SELECT DISTINCT NULL, day FROM brand_mentions WHERE brand = ?", [name])
        db.execute("DELETE FROM brand_mentions WHERE brand = ?", [name])


def _match(db: duckdb.DuckDBPyConnection, brand: Brand, among: str) -> None:
    condition, values = brandquery.predicate(brandquery.parse(brand.query)) if brand.query else ("FALSE", [])
    feeds = list(brand.feeds)
    db.execute(f"{MATCH.format(among)} {BOUND} OR {condition}", [brand.name, feeds, feeds, *values])


def _remember(db: duckdb.DuckDBPyConnection, brands: Sequence[Brand]) -> None:
    db.execute("DELETE FROM brands")
    db.execute("DELETE FROM ops.applied_brands")
    for brand in brands:
        db.execute("INSERT INTO brands VALUES (?, ?, ?)", [brand.name, brand.competitor, brand.query])
        db.execute("INSERT INTO ops.applied_brands VALUES (?, ?)", [brand.name, brand.signature])
