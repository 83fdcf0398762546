"""From events to Kafka messages: topic and key as the contract says, headers so that nobody must parse to route."""

from shoplake_contracts import events as contract
from shoplake_service_kit.event_publisher import Message

from .behaviour.events import Event

RAW_TOPIC = "raw-events"
_TOPICS = {event_type: contract.topic_of(event_type) for event_type in contract.event_types()}
_TYPE_HEADERS = {event_type: ("event_type", event_type.encode()) for event_type in contract.event_types()}
_VERSION_HEADER = ("schema_version", b"1")
ProducedAt = tuple[str, bytes]


def produced_at(moment: str) -> ProducedAt:
    """The header that says when a message was made (RFC 3339)."""
    return "produced_at", moment.encode()


def encode(event: Event, made: ProducedAt) -> Message:
    """One event as a message; the key is the product of a `product_update`, else the visitor."""
    return Message(
        _TOPICS[event.event_type],
        event.key,
        event.value,
        (_TYPE_HEADERS[event.event_type], ("event_id", event.event_id.encode()), _VERSION_HEADER, made),
    )
