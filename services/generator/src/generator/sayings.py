"""One event in words, for a person who watches: `PurchaseEvent: user-000123 purchased P-00456 for $45.99`."""

import json
from collections.abc import Callable
from typing import Any

from shoplake_service_kit.event_publisher import Message


def said(message: Message) -> str:
    """What a message tells; of one that is no event, that it is none."""
    try:
        event = json.loads(message.value)
        name = "".join(word.capitalize() for word in event["event_type"].split("_"))
        who = event.get("user_id") or event.get("anonymous_id") or "shop"
        return f"{name}Event: {who} {_DEEDS[event['event_type']](event)}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"a malformed message for {message.topic}"


def _products(event: dict[str, Any]) -> str:
    return ", ".join(item["product_id"] for item in event["items"])


_DEEDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "page_view": lambda event: f"viewed {event['page_url'].removeprefix('https://shop.example')}",
    "add_to_cart": lambda event: f"added {event['quantity']} x {event['product_id']}",
    "remove_from_cart": lambda event: f"removed {event['quantity']} x {event['product_id']}",
    "begin_checkout": lambda event: f"began a checkout of ${event['total_value']:.2f}",
    "purchase": lambda event: f"purchased {_products(event)} for ${event['total_amount']:.2f}",
    "refund": lambda event: f"got back ${event['total_amount']:.2f}",
    "user_session": lambda event: f"session {event['session_type']}",
    "product_update": lambda event: f"{event['update_type']} of {event['product_id']}",
}
