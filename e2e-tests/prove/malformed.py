"""Bad payloads, each with the one reason for which it has to be quarantined."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from shoplake_contracts.reasons import Reason

TOO_LARGE_BYTES = 1024 * 1024


class Malformed(NamedTuple):
    """One way to be wrong: what is made of a good purchase, where it is sent, and why it must be refused."""

    reason: Reason
    topic: str
    spoil: Callable[[dict[str, Any]], bytes | None]


def _with(**changes: Any) -> Callable[[dict[str, Any]], bytes]:
    def spoil(event: dict[str, Any]) -> bytes:
        changed = event | changes
        return json.dumps({name: value for name, value in changed.items() if value is not None}).encode()

    return spoil


def _item(**changes: Any) -> Callable[[dict[str, Any]], bytes]:
    def spoil(event: dict[str, Any]) -> bytes:
        return json.dumps(event | {"items": [event["items"][0] | changes]}).encode()

    return spoil


def _text(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


KINDS: tuple[Malformed, ...] = (
    Malformed(Reason.EMPTY, "raw-events", lambda _: b""),
    Malformed(Reason.EMPTY, "purchases", lambda _: None),
    Malformed(Reason.NOT_UTF8, "raw-events", lambda event: b"\xff\xfe" + _text(event)),
    Malformed(Reason.NOT_JSON, "purchases", lambda event: _text(event)[:-7]),
    Malformed(Reason.NOT_JSON, "raw-events", lambda event: _text(event) + _text(event)),
    Malformed(Reason.NOT_AN_OBJECT, "raw-events", lambda event: b"[" + _text(event) + b"]"),
    Malformed(Reason.UNKNOWN_EVENT_TYPE, "raw-events", _with(event_type="teleport")),
    Malformed(Reason.UNEXPECTED_EVENT_TYPE, "page-views", _text),
    Malformed(Reason.UNSUPPORTED_VERSION, "purchases", _with(event_version=2)),
    Malformed(Reason.WRONG_TYPE, "purchases", _with(total_amount="a lot")),
    Malformed(Reason.WRONG_TYPE, "raw-events", _item(quantity="two")),
    Malformed(Reason.MISSING_FIELD, "purchases", _with(currency=None)),
    Malformed(Reason.MISSING_FIELD, "raw-events", _item(product_id=None)),
    Malformed(Reason.BAD_TIMESTAMP, "purchases", _with(timestamp="yesterday")),
    Malformed(Reason.FUTURE_TIMESTAMP, "raw-events", _with(timestamp="2099-01-01T00:00:00Z")),
    Malformed(Reason.TOO_OLD, "purchases", _with(timestamp="1970-01-01T00:00:00Z")),
    Malformed(Reason.NO_VISITOR, "raw-events", _with(user_id=None, anonymous_id=None)),
    Malformed(Reason.OUT_OF_RANGE, "purchases", _with(currency="usd")),
    Malformed(Reason.OUT_OF_RANGE, "raw-events", _item(quantity=0)),
    Malformed(Reason.INCONSISTENT_TOTAL, "purchases", _with(total_amount=9_999_999)),
)
TOO_LARGE = Malformed(Reason.TOO_LARGE, "raw-events", _with(metadata={"padding": "x" * TOO_LARGE_BYTES}))


def purchase(event_id: str, timestamp: str) -> dict[str, Any]:
    """The good event that is spoilt."""
    item = {"product_id": "P-1", "quantity": 2, "unit_price": "9.95", "total_price": "19.90"}
    return {
        "event_id": event_id,
        "event_type": "purchase",
        "timestamp": timestamp,
        "user_id": "u-1",
        "order_id": event_id,
        "items": [item],
        "total_amount": "19.90",
        "currency": "USD",
    }
