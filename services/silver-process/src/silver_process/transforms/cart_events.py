"""Cart events: which visitor put what into the cart."""

from silver_process.transforms.visitor import visitor_id

TABLE = "silver.cart_events"


def derived() -> dict[str, str]:
    """`visitor_id`."""
    return {"visitor_id": visitor_id()}
