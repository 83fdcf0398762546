"""Announcements reach those who listen; what cannot be read is passed over."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from shoplake_service_kit.outbox import Outbox
from shoplake_service_kit.progress import ProgressBus
from shoplake_service_kit.settings import KafkaSettings
from shoplake_service_kit.testing import PATIENCE

pytestmark = pytest.mark.anyio


class FakeConsumer:
    """A topic that is read once, then stays silent; or a broker that is away."""

    def __init__(self, *values: bytes | None, start: Exception | None = None) -> None:
        self.values = values
        self.start_error = start
        self.stopped = False

    async def start(self) -> None:
        if self.start_error:
            raise self.start_error

    async def stop(self) -> None:
        self.stopped = True

    async def __aiter__(self) -> AsyncIterator[SimpleNamespace]:
        for value in self.values:
            yield SimpleNamespace(value=value)
        await asyncio.Event().wait()


class SilentOutbox(Outbox):
    """Keeps what is handed over."""

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.handed: list[tuple[str, str, Any]] = []

    def start(self) -> None:
        """Nothing to connect to."""

    def put(self, topic: str, key: str, value: Any) -> None:
        self.handed.append((topic, key, value))


async def test_an_announcement_is_keyed_by_its_stage() -> None:
    outbox = SilentOutbox()
    bus = ProgressBus(KafkaSettings(), "bronze-ingest", outbox=outbox)
    bus.announce({"stage": "bronze", "rows": 3})
    bus.announce({"hello": 1})
    assert outbox.handed == [
        ("pipeline-progress", "bronze", {"stage": "bronze", "rows": 3}),
        ("pipeline-progress", "bronze-ingest", {"hello": 1}),
    ]


async def test_listeners_hear_what_can_be_read_over_reconnects() -> None:
    away = FakeConsumer(start=ConnectionRefusedError())
    broker = FakeConsumer(b"no json", None, b"[]", b'{"n":1}', b'{"n":2}')
    consumers = [away, broker]
    bus = ProgressBus(KafkaSettings(), "x", outbox=SilentOutbox(), follow=lambda: consumers.pop(0))
    heard: list[dict[str, Any]] = []
    done = asyncio.Event()

    def broken(_: dict[str, Any]) -> None:
        raise ValueError

    def listen(announcement: dict[str, Any]) -> None:
        heard.append(announcement)
        if announcement["n"] == 2:
            done.set()

    bus.subscribe(broken)
    await bus.start()
    bus.subscribe(listen)
    async with asyncio.timeout(PATIENCE):
        await done.wait()
    await bus.stop()
    assert heard == [{"n": 1}, {"n": 2}]
    assert away.stopped
    assert broker.stopped


async def test_who_does_not_listen_makes_no_consumer() -> None:
    made: list[FakeConsumer] = []

    def follow() -> FakeConsumer:
        made.append(FakeConsumer())
        return made[-1]

    bus = ProgressBus(KafkaSettings(), "x", outbox=SilentOutbox(), follow=follow)
    await bus.start()
    await asyncio.sleep(0)  # a turn for what would have been started
    assert not made
    bus.subscribe(lambda _: None)
    await asyncio.sleep(0)
    assert len(made) == 1
    await bus.stop()
