"""One way per reason to make a bad message of a good one, by its bytes, so that it breaks that rule and no other."""

import re
from collections.abc import Callable
from typing import NamedTuple

from shoplake_contracts import events as contract
from shoplake_contracts.reasons import Reason
from shoplake_service_kit.event_publisher import Message

LARGE = 1024 * 1024
_EVENT_ID = re.compile(rb'"event_id":"([^"]*)"')
# What every event has one of: a visit, or else (a product_update, a refund) a product.
_ID = re.compile(rb'"(session_id|product_id)":"([^"]*)"')
_TOTAL = re.compile(rb'"total_amount":[0-9.]+')
Bytes = Callable[[bytes], bytes]
ALL = frozenset(contract.event_types())


class Spoiler(NamedTuple):
    """How a message is spoilt, and of which event types it can be."""

    value: Bytes
    event_types: frozenset[str] = ALL


def spoil(message: Message, reason: Reason) -> Message:
    """The message with the fault; its headers stay those of the good one."""
    topic = _another(message.topic) if reason is Reason.UNEXPECTED_EVENT_TYPE else message.topic
    return message._replace(topic=topic, value=SPOILERS[reason].value(message.value))


def can_be(event_type: str, reason: Reason) -> bool:
    """Whether an event of this type can be spoilt so."""
    return event_type in SPOILERS[reason].event_types


def change_type(value: bytes) -> bytes:
    """A member of another JSON type than its column: what a release of the shop breaks."""
    return _ID.sub(rb'"\1":{"id":"\2"}', value, count=1)


def add_field(value: bytes) -> bytes:
    """A member that the contract does not know, and allows."""
    return value[:-1] + b',"loyalty_tier":"gold"}'


def _another(topic: str) -> str:
    return "purchases" if topic != "purchases" else "page-views"


def _put(name: bytes, text: bytes) -> Bytes:
    """Another text for a member that is a text."""
    pattern = re.compile(rb'"%b":"[^"]*"' % name)
    return lambda value: pattern.sub(b'"%b":"%b"' % (name, text), value, count=1)


def _renamed(name: bytes, value: bytes, to: bytes) -> bytes:
    return value.replace(b'"%b":' % name, to, 1)


def _nobody(value: bytes) -> bytes:
    return _renamed(b"anonymous_id", _renamed(b"user_id", value, b'"lost_user_id":'), b'"lost_anonymous_id":')


def _padded(value: bytes) -> bytes:
    return value[:-1] + b',"padding":"' + b"x" * LARGE + b'"}'


SPOILERS: dict[Reason, Spoiler] = {
    Reason.EMPTY: Spoiler(lambda _: b""),
    Reason.TOO_LARGE: Spoiler(_padded),
    Reason.NOT_UTF8: Spoiler(lambda value: b"\xff\xfe" + value),
    Reason.NOT_JSON: Spoiler(lambda value: value[: len(value) // 2]),
    Reason.NOT_AN_OBJECT: Spoiler(lambda value: b"[" + value + b"]"),
    Reason.UNKNOWN_EVENT_TYPE: Spoiler(_put(b"event_type", b"teleport")),
    Reason.UNEXPECTED_EVENT_TYPE: Spoiler(lambda value: value),
    Reason.UNSUPPORTED_VERSION: Spoiler(lambda value: value.replace(b'"event_version":1', b'"event_version":9', 1)),
    Reason.WRONG_TYPE: Spoiler(lambda value: _EVENT_ID.sub(rb'"event_id":["\1"]', value, count=1)),
    Reason.MISSING_FIELD: Spoiler(lambda value: _renamed(b"event_id", value, b'"lost_id":')),
    Reason.BAD_TIMESTAMP: Spoiler(_put(b"timestamp", b"yesterday")),
    Reason.FUTURE_TIMESTAMP: Spoiler(_put(b"timestamp", b"2099-01-01T00:00:00Z")),
    Reason.TOO_OLD: Spoiler(_put(b"timestamp", b"1970-01-01T00:00:00Z")),
    Reason.NO_VISITOR: Spoiler(_nobody, ALL - {"product_update"}),
    Reason.OUT_OF_RANGE: Spoiler(lambda value: value.replace(b'"event_id":"', b'"event_id":"' + b"x" * 40, 1)),
    Reason.INCONSISTENT_TOTAL: Spoiler(
        lambda value: _TOTAL.sub(b'"total_amount":99999999.00', value, count=1),
        frozenset({"purchase"}),
    ),
}
