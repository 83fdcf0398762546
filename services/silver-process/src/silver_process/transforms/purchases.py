"""Purchases and refunds: one table, told apart by the sign of the amount."""

from silver_process.transforms.visitor import visitor_id

TABLE = "silver.purchases"


def derived() -> dict[str, str]:
    """`visitor_id`, and `amount_sign`: +1 for money taken, -1 for money given back; amounts themselves are positive."""
    return {"visitor_id": visitor_id(), "amount_sign": "CASE event_type WHEN 'refund' THEN -1 ELSE 1 END"}
