"""What sources have been asked for today and this month, of what they allow."""

from warehouse.warehouse import Warehouse


def spent(warehouse: Warehouse) -> dict[str, float]:
    """Return what is spent of each quota, by bucket."""
    return dict(warehouse.rows("SELECT bucket, spent FROM ops.quotas"))


def keep_spent(warehouse: Warehouse, bucket: str, amount: float) -> None:
    """Keep what is spent of a quota, at once."""
    with warehouse.transaction({}) as db:
        db.execute("DELETE FROM ops.quotas WHERE bucket = ?", [bucket])
        db.execute("INSERT INTO ops.quotas VALUES (?, ?)", [bucket, amount])
