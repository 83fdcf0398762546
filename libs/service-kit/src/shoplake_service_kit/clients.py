"""The Kafka clients that the kit itself uses, with the options that its promises rest on.

Internal topics go uncompressed: their messages are small, and aiokafka speaks zstd, lz4 and snappy only with a codec
package that a service would otherwise not need.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from .settings import KafkaSettings

REQUEST_TIMEOUT_MS = 10_000


def producer(kafka: KafkaSettings, client_id: str) -> AIOKafkaProducer:
    """An idempotent producer that takes a message as sent when all replicas in sync have it."""
    return AIOKafkaProducer(
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        **kafka.aiokafka(),
    )


def consumer(
    kafka: KafkaSettings, client_id: str, *topics: str, start_at: Literal["earliest", "latest"]
) -> AIOKafkaConsumer:
    """A consumer without a group: it reads for itself and leaves no trace on the broker."""
    return AIOKafkaConsumer(
        *topics,
        client_id=client_id,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset=start_at,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        **kafka.aiokafka(),
    )


def encode(value: Mapping[str, Any]) -> bytes:
    """A message value: compact JSON; what JSON has no form for goes in as its text."""
    return json.dumps(value, separators=(",", ":"), default=str).encode()


def decode(value: bytes | None) -> dict[str, Any] | None:
    """The JSON object in a message value; None for a tombstone or anything else."""
    try:
        decoded = json.loads(value) if value else None
    except ValueError:
        return None
    return decoded if isinstance(decoded, dict) else None
