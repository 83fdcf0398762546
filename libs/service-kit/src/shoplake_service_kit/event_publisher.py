"""Sending many events so that each one is known to be in Kafka or known not to be: shared by generator and replay.

Events are packed into batches per partition by us, not one by one by the client, which is several times faster.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.codec import has_zstd
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2
from shoplake_contracts.errors import BrokerUnavailable

from .settings import KafkaSettings

BATCH_BYTES = 256 * 1024
STOP_SECONDS = 10.0
Headers = tuple[tuple[str, bytes], ...]
TopicPartition = tuple[str, int]


class Message(NamedTuple):
    """One record for Kafka, ready in bytes; without a key it goes to any partition."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """Messages that the broker confirmed in one batch: the n-th has the address (topic, partition, offset + n)."""

    topic: str
    partition: int
    offset: int
    messages: Sequence[Message] = field(repr=False)


@dataclass
class Acknowledged:
    """What the broker confirmed: records per topic, and per partition the offset after the last of them."""

    per_topic: Counter[str] = field(default_factory=Counter)
    ends: dict[TopicPartition, int] = field(default_factory=dict)

    def add(self, topic: str, partition: int, base_offset: int, records: int) -> None:
        """Take in the confirmation of one batch."""
        self.per_topic[topic] += records
        self.ends[topic, partition] = max(self.ends.get((topic, partition), 0), base_offset + records)


class Unacknowledged(BrokerUnavailable):
    """Some messages were not confirmed: they may or may not be in Kafka.

    Sending the same bytes again loses nothing, and doubles nothing that carries an `event_id`.

    Attributes:
        messages: those that were not confirmed, in order.
        delivered: those of the same call that were.
    """

    def __init__(self, messages: list[Message], cause: BaseException, delivered: Sequence[Delivered] = ()) -> None:
        super().__init__(f"{len(messages)} events are not acknowledged: {type(cause).__name__}: {cause}")
        self.messages = messages
        self.delivered = delivered


class Batch(Protocol):
    """A batch being filled."""

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes, headers: Sequence[Any]
    ) -> object | None:
        """Take one record; None if it is full."""


class Producer(Protocol):
    """The part of aiokafka's producer that is used here."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Flush and disconnect."""

    async def partitions_for(self, topic: str) -> set[int]:
        """The topic's partitions."""

    def create_batch(self) -> Batch:
        """An empty batch."""

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        """Hand a batch over; the future holds the offset of its first record."""


def idempotent_producer(kafka: KafkaSettings) -> Producer:
    """A producer that doubles nothing on its own retries and waits for all replicas; call it inside the event loop."""
    producer: Producer = AIOKafkaProducer(
        **kafka.aiokafka(),
        enable_idempotence=True,
        acks="all",
        max_batch_size=BATCH_BYTES,
        compression_type="zstd" if has_zstd() else None,
        request_timeout_ms=15_000,
    )
    return producer


class EventPublisher:
    """Publishes messages and keeps count of what was confirmed.

    Belongs to one event loop. It connects at the first publish, and afresh after a failure, because an idempotent
    producer that missed an answer cannot go on.

    Args:
        make_producer: Makes a producer inside the running loop; see `idempotent_producer`.
    """

    def __init__(self, make_producer: Callable[[], Producer]) -> None:
        self._make = make_producer
        self._producer: Producer | None = None
        self._turn = count()
        self.acknowledged = Acknowledged()

    async def start(self) -> None:
        """Connect now instead of at the first publish.

        Raises:
            BrokerUnavailable: no broker answered.
        """
        try:
            await self._connected()
        except (KafkaError, OSError) as error:
            raise BrokerUnavailable(f"Kafka does not answer: {error}") from error

    async def publish(self, messages: Sequence[Message]) -> list[Delivered]:
        """Send all and return when every one is acknowledged; the order within a key is kept.

        Raises:
            Unacknowledged: carries the messages that are not, in order; hand them in again.
        """
        try:
            producer = await self._connected()
            lanes = await self._lanes(producer, messages)
        except (KafkaError, OSError) as error:
            await self.stop()
            raise Unacknowledged(list(messages), error) from error
        outcomes = await asyncio.gather(*(self._send(producer, to, lane) for to, lane in lanes.items()))
        delivered = [batch for outcome in outcomes for batch in outcome.delivered]
        causes = [outcome.cause for outcome in outcomes if outcome.cause]
        if causes:
            await self.stop()
            left = [message for outcome in outcomes for message in outcome.left]
            raise Unacknowledged(left, causes[0], delivered) from causes[0]
        return delivered

    async def stop(self) -> None:
        """Flush and disconnect; may be called at any time, and twice."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(producer.stop(), STOP_SECONDS)

    async def _connected(self) -> Producer:
        if self._producer is None:
            producer = self._make()
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _lanes(self, producer: Producer, messages: Iterable[Message]) -> dict[TopicPartition, list[Message]]:
        partitions: dict[str, list[int]] = {}
        lanes: dict[TopicPartition, list[Message]] = {}
        for message in messages:
            topic = message.topic
            if topic not in partitions:
                partitions[topic] = sorted(await producer.partitions_for(topic))
            choice = partitions[topic]
            spot = next(self._turn) if message.key is None else key_hash(message.key)
            lanes.setdefault((topic, choice[spot % len(choice)]), []).append(message)
        return lanes

    async def _send(self, producer: Producer, to: TopicPartition, lane: list[Message]) -> "_Outcome":
        """Send one partition's messages batch after batch, until all are confirmed or one batch is not."""
        topic, partition = to
        delivered: list[Delivered] = []
        sent = 0
        while sent < len(lane):
            batch, size = _pack(producer.create_batch(), lane, sent)
            try:
                metadata = await (await producer.send_batch(batch, topic, partition=partition))
            except (KafkaError, OSError) as error:
                return _Outcome(delivered, lane[sent:], error)
            delivered.append(Delivered(topic, partition, metadata.offset, lane[sent : sent + size]))
            self.acknowledged.add(topic, partition, metadata.offset, size)
            sent += size
        return _Outcome(delivered, [], None)


class _Outcome(NamedTuple):
    """What became of one partition's messages."""

    delivered: list[Delivered]
    left: list[Message]
    cause: BaseException | None


@lru_cache(maxsize=65_536)
def key_hash(key: bytes) -> int:
    """The hash by which Kafka's own clients choose a key's partition."""
    return int(murmur2(key)) & 0x7FFFFFFF


def _pack(batch: Batch, lane: list[Message], start: int) -> tuple[Batch, int]:
    """Fill a batch from `start` on; a batch takes at least one message, however large."""
    for index in range(start, len(lane)):
        message = lane[index]
        if batch.append(timestamp=None, key=message.key, value=message.value, headers=list(message.headers)) is None:
            return batch, index - start
    return batch, len(lane) - start
