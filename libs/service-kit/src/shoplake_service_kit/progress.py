"""Announcements between the stages: every publish is told on `pipeline-progress`, and the next stage wakes up on it."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer

from . import clients
from .outbox import UNREACHABLE, Outbox
from .retry import retry_delays
from .settings import KafkaSettings

TOPIC = "pipeline-progress"
Listener = Callable[[dict[str, Any]], None]
log = structlog.get_logger()


class ProgressBus:
    """Announce and listen, as hints: nothing waits for Kafka, nothing is lost for good when an announcement is.

    Args:
        kafka: Where Kafka is.
        service: Name of this service, the key of announcements that name no stage.
        outbox: Where announcements go; one to this Kafka if absent.
        follow: Makes the consumer of announcements; for tests.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        service: str,
        *,
        outbox: Outbox | None = None,
        follow: Callable[[], AIOKafkaConsumer] | None = None,
    ) -> None:
        self.outbox = outbox or Outbox.to(kafka, f"shoplake-{service}")
        self._service = service
        self._follow = follow or (
            lambda: clients.consumer(kafka, f"shoplake-{service}-progress", TOPIC, start_at="latest")
        )
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None
        self._started = False

    async def start(self) -> None:
        """Begin to send and, if somebody listens, to follow; connects in the background."""
        self._started = True
        self.outbox.start()
        self._listen()

    async def stop(self) -> None:
        """Send what is waiting and end."""
        self._started = False
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self.outbox.stop()

    def announce(self, announcement: Mapping[str, Any]) -> None:
        """Tell a publish; from any thread, returns at once, never raises."""
        self.outbox.put(TOPIC, str(announcement.get("stage", self._service)), announcement)

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every announcement from now on, on the loop: it MUST NOT block.

        Before `start`, or from the loop's thread.
        """
        self._listeners.append(listener)
        self._listen()

    def _listen(self) -> None:
        if self._started and self._listeners and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        delays = retry_delays(0.5, 15.0)
        while True:
            consumer = self._follow()
            try:
                await consumer.start()
                delays = retry_delays(0.5, 15.0)
                async for record in consumer:
                    self._tell(record.value)
            except UNREACHABLE as error:
                log.warning("progress_unreachable", reason=repr(error))
            finally:
                await consumer.stop()
            await asyncio.sleep(next(delays))

    def _tell(self, value: bytes | None) -> None:
        announcement = clients.decode(value)
        if announcement is None:
            log.warning("announcement_unreadable")
            return
        for listener in self._listeners:
            try:
                listener(announcement)
            except Exception:
                log.exception("listener_failed")
