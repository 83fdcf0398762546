"""From events to Kafka messages: topic and key as the contract says, headers so that nobody must parse to route."""

import json
from collections.abc import Iterable

from shoplake_contracts import events as contract
from shoplake_service_kit.event_publisher import Message

from .behaviour.events import Event

RAW_TOPIC = "raw-events"


def key_of(event: Event) -> str:
    """The product of a `product_update`, else the visitor."""
    if event["event_type"] == "product_update":
        return str(event["product_id"])
    return str(event["user_id"] or event["anonymous_id"])


def encode(event: Event, produced_at: bytes) -> Message:
    """One event as a message."""
    event_type = event["event_type"]
    return Message(
        contract.topic_of(event_type),
        key_of(event).encode(),
        json.dumps(event, separators=(",", ":")).encode(),
        (
            ("event_type", event_type.encode()),
            ("event_id", event["event_id"].encode()),
            ("schema_version", b"1"),
            ("produced_at", produced_at),
        ),
    )


def encode_all(events: Iterable[Event], produced_at: str) -> list[Message]:
    """Many events produced at the same moment (RFC 3339)."""
    stamp = produced_at.encode()
    return [encode(event, stamp) for event in events]
