"""The desired state of a service on the compacted topic `pipeline-state`: what it was told, kept over a restart."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import BaseModel, ValidationError
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_contracts.states import State

from . import clients
from .outbox import UNREACHABLE, Outbox
from .settings import KafkaSettings

TOPIC = "pipeline-state"
LOAD_SECONDS = 30.0


class Desired(BaseModel):
    """What a service shall do, and with which run-time config."""

    state: Literal[State.RUNNING, State.PAUSED, State.STOPPED]
    config: dict[str, Any] = {}


class StateStore:
    """Loads and saves the desired state of one service.

    Args:
        kafka: Where Kafka is.
        service: Key of its records.
        outbox: Sends the saves.
        read: Makes the consumer that loads; for tests.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        service: str,
        outbox: Outbox,
        *,
        read: Callable[[], AIOKafkaConsumer] | None = None,
    ) -> None:
        self._service = service
        self._outbox = outbox
        self._read = read or (lambda: clients.consumer(kafka, f"shoplake-{service}-state", TOPIC, start_at="earliest"))

    async def load(self) -> Desired | None:
        """The newest desired state; None if there never was one that can be understood.

        Raises:
            BrokerUnavailable: Kafka is away or the topic is missing.
        """
        consumer = self._read()
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await consumer.start()
                return _desired(await self._newest(consumer))
        except UNREACHABLE as error:
            raise BrokerUnavailable(f"{TOPIC} cannot be read: {error!r}") from error
        finally:
            await consumer.stop()

    async def save(self, desired: Desired) -> None:
        """Keep the desired state; returns when all replicas in sync have it.

        Raises:
            BrokerUnavailable: it is not kept.
        """
        value = {"service": self._service, "saved_at": datetime.now(UTC).isoformat(), **desired.model_dump(mode="json")}
        await self._outbox.deliver(TOPIC, self._service, value)

    async def _newest(self, consumer: AIOKafkaConsumer) -> bytes | None:
        partitions = list(consumer.assignment())
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        newest, newest_at = None, -1
        while await _behind(consumer, ends):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    if record.key == self._service.encode() and record.timestamp >= newest_at:
                        newest, newest_at = record.value, record.timestamp
        return newest


async def _behind(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    return any([await consumer.position(partition) < end for partition, end in ends.items()])


def _desired(value: bytes | None) -> Desired | None:
    try:
        return Desired.model_validate(clients.decode(value))
    except ValidationError:
        return None
