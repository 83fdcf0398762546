"""For tests of services: a job that does what the test says, a topic in memory, a client of an app without a socket.

Needs httpx, which a service in production does not.
"""

import queue
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from fastapi import FastAPI

from .clients import encode
from .job import Config

PATIENCE = 10.0
"""Seconds until a test that waits for something gives up."""

WORKED = True
"""Outcome of a step that did something."""
IDLE = False
"""Outcome of a step that found nothing to do."""


class ScriptedConfig(Config):
    """Config of a `ScriptedJob`."""

    rate: int = 10


class ScriptedJob:
    """A job whose calls the test observes and whose outcomes it decides: no step returns before the test says what."""

    def __init__(self) -> None:
        self.calls: queue.Queue[str] = queue.Queue()
        self.configs: list[ScriptedConfig] = []
        self.figures: dict[str, Any] = {}
        self._outcomes: queue.Queue[bool | BaseException] = queue.Queue()
        self._openings: queue.Queue[BaseException | None] = queue.Queue()

    def open(self, config: ScriptedConfig) -> None:
        """Wait for `opens`."""
        self.configs.append(config)
        self.calls.put("open")
        outcome = self._openings.get(timeout=PATIENCE)
        if outcome is not None:
            raise outcome

    def step(self) -> bool:
        """Wait for `does`."""
        self.calls.put("step")
        outcome = self._outcomes.get(timeout=PATIENCE)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def close(self) -> None:
        """Tell the test."""
        self.calls.put("close")

    def details(self) -> dict[str, Any]:
        """What the test put into `figures`."""
        return self.figures

    def opens(self, error: BaseException | None = None) -> None:
        """Let the present or next `open` return, or raise."""
        self._openings.put(error)

    def does(self, *outcomes: bool | BaseException) -> None:
        """Let the present and next steps return or raise these."""
        for outcome in outcomes:
            self._outcomes.put(outcome)

    def expect(self, *names: str) -> None:
        """Wait until exactly these calls came next.

        Raises:
            AssertionError: another call came.
            queue.Empty: none came in time.
        """
        for name in names:
            called = self.calls.get(timeout=PATIENCE)
            if called != name:
                raise AssertionError(f"expected {name}, the runner called {called}")


@asynccontextmanager
async def client(app: FastAPI, *, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app, inside its lifespan; an unforeseen error is an answer with 500, as over a socket."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as session,
    ):
        yield session


class MemoryTopic:
    """One partition in memory, as an outbox and as a consumer see it.

    Args:
        name: The topic's.
        records: Key and value of what is there already.
        missing: Nobody answers.
    """

    def __init__(self, name: str, *records: tuple[bytes, bytes | None], missing: bool = False) -> None:
        self.stopped = False
        self._partition = TopicPartition(name, 0)
        self._records: list[Any] = []
        self._missing = missing
        self._at = 0
        for key, value in records:
            self._append(key, value)

    def put(self, topic: str, key: str, value: Mapping[str, Any]) -> None:
        """As an outbox does, but at once."""
        if topic != self._partition.topic:
            raise LookupError(topic)
        self._append(key.encode(), encode(value))

    async def start(self) -> None:
        """Begin to consume."""
        if self._missing:
            raise KafkaConnectionError("refused")

    async def stop(self) -> None:
        """End."""
        self.stopped = True

    def assignment(self) -> set[TopicPartition]:
        """Its one partition."""
        return {self._partition}

    async def seek_to_beginning(self, *_: TopicPartition) -> None:
        """Go back to the first record."""
        self._at = 0

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Where it ends."""
        return dict.fromkeys(partitions, len(self._records))

    async def position(self, _: TopicPartition) -> int:
        """Where the consumer is."""
        return self._at

    async def getmany(self, *, timeout_ms: int) -> dict[TopicPartition, list[Any]]:  # noqa: ARG002 - it never waits
        """The next record."""
        self._at += 1
        return {self._partition: self._records[self._at - 1 : self._at]}

    def _append(self, key: bytes, value: bytes | None) -> None:
        self._records.append(SimpleNamespace(key=key, value=value, timestamp=len(self._records)))
