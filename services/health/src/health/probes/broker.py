"""Asks Kafka where every event topic ends."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_lake_kit.vector import Position
from shoplake_service_kit.settings import KafkaSettings

ANSWER_WITHIN = 10.0


class Broker:
    """One consumer, kept open, on an event loop of its own; safe to ask from any thread."""

    def __init__(self, kafka: KafkaSettings, topics: Sequence[str]) -> None:
        self._kafka = kafka
        self._topics = topics
        self._loop = asyncio.new_event_loop()
        self._consumer: Any = None
        self._lock = threading.Lock()

    def end(self) -> Position:
        """The next offset to be written of every partition.

        Raises:
            BrokerUnavailable: no answer within 10 s.
        """
        with self._lock:
            try:
                return self._loop.run_until_complete(asyncio.wait_for(self._ask(), ANSWER_WITHIN))
            except (KafkaError, TimeoutError, OSError) as error:
                self._loop.run_until_complete(self._disconnect())
                raise BrokerUnavailable(
                    f"{self._kafka.bootstrap} does not say where its topics end: {error!r}"
                ) from error

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._loop.run_until_complete(self._disconnect())

    async def _ask(self) -> Position:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(**self._kafka.aiokafka(), isolation_level="read_committed")
            self._consumer = consumer
            await consumer.start()
        known = await self._consumer._client.fetch_all_metadata()  # noqa: SLF001 - partitions_for_topic answers from a cache that does not know a topic nobody subscribed to
        partitions = [
            TopicPartition(topic, number)
            for topic in self._topics
            for number in sorted(known.partitions_for_topic(topic) or ())
        ]
        offsets = await self._consumer.end_offsets(partitions)
        return Position.from_items((key.topic, key.partition, offset) for key, offset in offsets.items())

    async def _disconnect(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()
