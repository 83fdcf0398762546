"""A producer of its own for the tests: it keeps what the broker acknowledged, byte for byte."""

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import KafkaError, Message, Producer


@dataclass(frozen=True)
class Ack:
    """One event that the broker has taken."""

    topic: str
    partition: int
    offset: int
    payload: bytes | None
    epoch: int = 0


class Sender:
    """Sends and remembers; idempotent, acks=all."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 20, "message.max.bytes": 2097152}
        )
        self.acks: list[Ack] = []
        self._failed: list[str] = []

    def send(self, records: Iterable[tuple[str, bytes | None]]) -> None:
        """Send (topic, payload) and return when all are acknowledged."""
        for number, (topic, payload) in enumerate(records):
            self._producer.produce(topic, payload, key=str(number % 97), on_delivery=self._delivered)
            self._producer.poll(0)
        left = self._producer.flush(60)
        assert not self._failed, self._failed[:3]
        assert not left, f"{left} events were not acknowledged"

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed.append(str(error))
            return
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        assert topic is not None
        assert partition is not None
        assert offset is not None
        self.acks.append(Ack(topic, partition, offset, message.value()))


def page_view(**changes: Any) -> dict[str, Any]:
    """A good page view; `changes` replace fields, None removes one."""
    event = {
        "event_id": uuid.uuid4().hex,
        "event_type": "page_view",
        "timestamp": datetime.now(UTC).isoformat(),
        "user_id": "u1",
        "session_id": "s1",
        "page_type": "product_detail",
        "product_id": "p1",
    } | changes
    return {name: value for name, value in event.items() if value is not None}


def purchase(**changes: Any) -> dict[str, Any]:
    """A good purchase of one item."""
    item = {"product_id": "p1", "quantity": 2, "unit_price": "9.95", "total_price": "19.90"}
    event = {
        "event_id": uuid.uuid4().hex,
        "event_type": "purchase",
        "timestamp": datetime.now(UTC).isoformat(),
        "user_id": "u1",
        "order_id": uuid.uuid4().hex,
        "items": [item],
        "total_amount": "19.90",
        "currency": "USD",
    } | changes
    return {name: value for name, value in event.items() if value is not None}


def load(count: int) -> Iterator[tuple[str, bytes]]:
    """A mix of page views and purchases with a few copies, as records."""
    for number in range(count):
        event = purchase() if number % 5 == 0 else page_view()
        record = ("purchases" if number % 5 == 0 else "page-views", json.dumps(event).encode())
        yield record
        if number % 50 == 0:
            yield record
