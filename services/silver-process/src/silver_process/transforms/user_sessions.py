"""Sessions: who started, logged in or out, and where."""

from silver_process.transforms.visitor import visitor_id

TABLE = "silver.user_sessions"


def derived() -> dict[str, str]:
    """`visitor_id`."""
    return {"visitor_id": visitor_id()}
