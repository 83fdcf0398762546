"""Reads an internal topic from its beginning to where it ends now: what a service left there for its next start."""

import asyncio
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition
from shoplake_contracts.errors import BrokerUnavailable

from . import clients
from .outbox import UNREACHABLE
from .settings import KafkaSettings

LOAD_SECONDS = 30.0


class TopicReader:
    """Reads the values that one service left on a topic.

    Args:
        kafka: Where Kafka is.
        topic: Its name.
        service: Key of its records.
        connect: Makes a consumer of the topic that is not started yet; for tests.
    """

    def __init__(
        self, kafka: KafkaSettings, topic: str, service: str, connect: Callable[[], AIOKafkaConsumer] | None = None
    ) -> None:
        self._topic = topic
        self._key = service.encode()
        self._connect = connect or (
            lambda: clients.consumer(kafka, f"shoplake-{service}-{topic}", topic, start_at="earliest")
        )

    async def values(self) -> list[bytes | None]:
        """Every value of the service that is still there, oldest first.

        Raises:
            BrokerUnavailable: Kafka is away or the topic is missing.
        """
        consumer = self._connect()
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await consumer.start()
                return await self._read(consumer)
        except UNREACHABLE as error:
            raise BrokerUnavailable(f"{self._topic} cannot be read: {error!r}") from error
        finally:
            await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer) -> list[bytes | None]:
        partitions = list(consumer.assignment())
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[tuple[int, bytes | None]] = []
        while await _behind(consumer, ends):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [(record.timestamp, record.value) for record in records if record.key == self._key]
        return [value for _, value in sorted(found, key=lambda record: record[0])]


async def _behind(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    return any([await consumer.position(partition) < end for partition, end in ends.items()])
