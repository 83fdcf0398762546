"""The way to Kafka for a job that lives in a thread: the publisher's event loop runs inside the step."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from shoplake_service_kit.event_publisher import Delivered, EventPublisher, Message, Producer


class Publisher(Protocol):
    """What the job needs of Kafka."""

    def open(self) -> None:
        """Connect; raises `BrokerUnavailable`."""

    def publish(self, messages: Sequence[Message]) -> Sequence[Delivered]:
        """Return when all are confirmed; raises `Unacknowledged` with those that are not."""

    def close(self) -> None:
        """Disconnect; MUST bear being called twice."""


class LoopPublisher:
    """An `EventPublisher` on an event loop of its own.

    All methods belong to one thread. Between the calls the loop stands still, so every call awaits what it has sent.

    Args:
        make_producer: Makes a producer inside the running loop.
    """

    def __init__(self, make_producer: Callable[[], Producer]) -> None:
        self._events = EventPublisher(make_producer)
        self._loop: asyncio.Runner | None = None

    def open(self) -> None:
        """Connect.

        Raises:
            BrokerUnavailable: no broker answered.
        """
        self._loop = asyncio.Runner()
        self._loop.run(self._events.start())

    def publish(self, messages: Sequence[Message]) -> Sequence[Delivered]:
        """Send and await every confirmation.

        Raises:
            Unacknowledged: carries what was not confirmed.
        """
        if self._loop is None:
            raise RuntimeError("publish before open")
        return self._loop.run(self._events.publish(messages))

    def close(self) -> None:
        """Flush, disconnect and end the loop."""
        loop, self._loop = self._loop, None
        if loop is not None:
            with loop:
                loop.run(self._events.stop())
