"""Product updates: what the shop says about its own goods; nobody visits here."""

TABLE = "silver.product_updates"


def derived() -> dict[str, str]:
    """Nothing beyond the payload."""
    return {}
