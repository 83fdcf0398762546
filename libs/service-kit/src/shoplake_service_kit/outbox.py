"""The one producer of a process for internal topics: callers in any thread hand over, a task on the loop sends.

Whoever hands over never waits for Kafka. While it is away the newest messages are kept up to a bound and the oldest
are dropped and counted: announcements are hints, a lost one costs latency and never data.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from shoplake_contracts.errors import BrokerUnavailable

from . import clients
from .retry import retry_delays
from .settings import KafkaSettings

log = structlog.get_logger()
UNREACHABLE = (KafkaError, OSError, TimeoutError)
FLUSH_SECONDS = 3.0
DELIVER_SECONDS = 5.0


@dataclass(frozen=True)
class Message:
    """What to send where."""

    topic: str
    key: str
    value: Mapping[str, Any]


class Outbox:
    """A bounded queue in front of one idempotent producer that reconnects by itself.

    Args:
        connect: Makes a producer that is not started yet; called on the loop.
        limit: How many messages are kept while Kafka is away.
    """

    def __init__(self, connect: Callable[[], AIOKafkaProducer], limit: int = 1000) -> None:
        self._connect = connect
        self._limit = limit
        self._queue: deque[Message] = deque()
        self._more = asyncio.Event()
        self._sent_all = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._producer: AIOKafkaProducer | None = None
        self.on_drop: Callable[[], None] = lambda: None
        self.dropped = 0

    @classmethod
    def to(cls, kafka: KafkaSettings, client_id: str) -> "Outbox":
        """An outbox to a real broker."""
        return cls(lambda: clients.producer(kafka, client_id))

    @property
    def connected(self) -> bool:
        """Whether the broker answered last time."""
        return self._producer is not None

    def start(self) -> None:
        """Begin to connect and send, in the background of the running loop."""
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run())

    async def stop(self) -> None:
        """Send what is waiting if Kafka is there, then end."""
        if self._task is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                if self.connected and self._queue:
                    await self._sent_all.wait()
        self._loop = None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def put(self, topic: str, key: str, value: Mapping[str, Any]) -> None:
        """Hand a message over and return at once; from any thread, also before `start` and after `stop`."""
        message = Message(topic, key, value)
        loop = self._loop
        if loop is None:
            self._drop(message, "not_started")
            return
        try:
            loop.call_soon_threadsafe(self._append, message)
        except RuntimeError:
            self._drop(message, "loop_closed")

    async def deliver(self, topic: str, key: str, value: Mapping[str, Any]) -> None:
        """Send now and return when all replicas in sync have it.

        Raises:
            BrokerUnavailable: Kafka is away or did not confirm in time.
        """
        if self._producer is None:
            raise BrokerUnavailable("Kafka cannot be reached.")
        try:
            async with asyncio.timeout(DELIVER_SECONDS):
                await self._producer.send_and_wait(topic, key=key.encode(), value=clients.encode(value))
        except UNREACHABLE as error:
            raise BrokerUnavailable(f"Kafka did not take a message for {topic}: {error!r}") from error

    def _append(self, message: Message) -> None:
        if len(self._queue) >= self._limit:
            self._drop(self._queue.popleft(), "queue_full")
        self._queue.append(message)
        self._sent_all.clear()
        self._more.set()

    def _drop(self, message: Message, reason: str) -> None:
        self.dropped += 1
        self.on_drop()
        log.debug("message_dropped", topic=message.topic, reason=reason)

    async def _run(self) -> None:
        delays = retry_delays(0.5, 15.0)
        while True:
            producer = self._connect()
            try:
                await producer.start()
                self._producer = producer
                delays = retry_delays(0.5, 15.0)
                await self._drain(producer)
            except UNREACHABLE as error:
                log.warning("kafka_unreachable", reason=repr(error))
            finally:
                self._producer = None
                await _close(producer)
            await asyncio.sleep(next(delays))

    async def _drain(self, producer: AIOKafkaProducer) -> None:
        while True:
            self._more.clear()
            while self._queue:
                await self._send(producer, self._queue[0])
            self._sent_all.set()
            await self._more.wait()

    async def _send(self, producer: AIOKafkaProducer, message: Message) -> None:
        """Send the head of the queue; it leaves the queue unless trying again can help."""
        try:
            await producer.send_and_wait(message.topic, key=message.key.encode(), value=clients.encode(message.value))
        except KafkaError as error:
            if error.retriable:
                raise
            self._drop(message, repr(error))
        if self._queue and self._queue[0] is message:
            self._queue.popleft()


async def _close(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(FLUSH_SECONDS):
            await producer.stop()
    except UNREACHABLE as error:
        log.debug("producer_close_failed", reason=repr(error))
