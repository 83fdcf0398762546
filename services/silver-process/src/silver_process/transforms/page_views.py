"""Page views: visitor, channel of the visit, bots told apart."""

from silver_process.transforms.visitor import channel, is_bot, visitor_id

TABLE = "silver.page_views"


def derived() -> dict[str, str]:
    """`visitor_id`, `channel` and `is_bot`."""
    return {"visitor_id": visitor_id(), "channel": channel("page_url"), "is_bot": is_bot()}
