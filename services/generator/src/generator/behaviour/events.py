"""What an event is before it is sent: its bytes, and what must be known of it without reading them again.

The bytes are put together from pieces of JSON that were made once: writing each event from a dictionary costs more than
everything else.
"""

from datetime import UTC, datetime
from functools import lru_cache
from json import dumps
from typing import Any, NamedTuple, NewType

from .money import Cents

Millis = NewType("Millis", int)
"""Event time in milliseconds since 1970, UTC."""

DAY = 86_400_000
"""In milliseconds."""


class Sale(NamedTuple):
    """The money of a purchase, or of a refund, whose `total` is what is given back; `units` in pieces."""

    order_id: str
    total: Cents
    discount: Cents
    shipping: Cents
    tax: Cents
    units: int
    guest: bool


class Event(NamedTuple):
    """One event.

    Attributes:
        at: event time as it is written in the event.
        key: of the message: the product of a `product_update`, else the visitor.
        value: the JSON.
        is_person: false for bots and for what nobody did.
        oddity: the defect of its visit (`late`, `clock_skew`), which changed `at`.
        sale: of purchases and refunds.
    """

    event_type: str
    event_id: str
    at: Millis
    key: bytes
    value: bytes
    is_person: bool = True
    oddity: str | None = None
    sale: Sale | None = None


def uuid7(at: Millis, tail: str) -> str:
    """A UUID of version 7 (RFC 9562) from its time and `Chance.tails`."""
    return _uuid_time(at) + tail


# At high rates many events share their millisecond.
@lru_cache(maxsize=256)
def _uuid_time(at: Millis) -> str:
    time = f"{at:012x}"
    return f"{time[:8]}-{time[8:]}-"


def short_id(prefix: str, at: Millis, tail: str) -> str:
    """An id that a person can read out; unique over runs, because it holds the time."""
    return f"{prefix}-{at:x}-{tail[-12:]}"


@lru_cache(maxsize=256)
def rfc3339(at: Millis) -> str:
    """The time as `2026-01-31T12:00:00.123Z`."""
    return f"{_to_the_second(at // 1000)}.{at % 1000:03d}Z"


@lru_cache(maxsize=256)
def _to_the_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def body(event_type: str, event_id: str, at: Millis, who: str, rest: str) -> bytes:
    """A whole event: `who` and `rest` are its other members."""
    return (
        f'{{"event_id":"{event_id}","event_type":"{event_type}","event_version":1,"timestamp":"{rfc3339(at)}",'
        f"{who},{rest}}}"
    ).encode()


def members(values: dict[str, Any]) -> str:
    """Some members of an object, as they stand between its braces."""
    return dumps(values, separators=(",", ":"), ensure_ascii=False)[1:-1]
