"""The publisher of a thread: the loop runs inside the call, and everything sent is awaited."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from generator.publisher import LoopPublisher
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_service_kit.event_publisher import Message


class Batch:
    def __init__(self) -> None:
        self.values: list[bytes] = []

    def append(self, **record: Any) -> object:
        self.values.append(record["value"])
        return self


class Producer:
    """Confirms a little later, as a broker does."""

    log: list[bytes]

    def __init__(self, *, away: bool = False) -> None:
        self.log = []
        self.away = away
        self.stopped = False

    async def start(self) -> None:
        if self.away:
            raise OSError("nobody there")

    async def stop(self) -> None:
        self.stopped = True

    async def partitions_for(self, topic: str) -> set[int]:
        return {len(topic) * 0}

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        assert (topic, partition) == ("purchases", 0)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        loop.call_later(0.01, lambda: (self.log.extend(batch.values), future.set_result(SimpleNamespace(offset=0))))
        return future


def test_publish_returns_when_everything_is_confirmed() -> None:
    producer = Producer()
    publisher = LoopPublisher(lambda: producer)
    publisher.open()
    publisher.publish([Message("purchases", b"k", b"1"), Message("purchases", b"k", b"2")])
    assert producer.log == [b"1", b"2"]
    publisher.close()
    publisher.close()
    assert producer.stopped


def test_it_can_be_opened_again() -> None:
    made: list[Producer] = []

    def make() -> Producer:
        made.append(Producer())
        return made[-1]

    publisher = LoopPublisher(make)
    for _ in range(2):
        publisher.open()
        publisher.publish([Message("purchases", b"k", b"1")])
        publisher.close()
    assert [producer.log for producer in made] == [[b"1"], [b"1"]]


def test_nobody_there_is_told_and_can_be_closed() -> None:
    publisher = LoopPublisher(lambda: Producer(away=True))
    with pytest.raises(BrokerUnavailable, match="nobody there"):
        publisher.open()
    publisher.close()


def test_publish_needs_open() -> None:
    with pytest.raises(RuntimeError, match="before open"):
        LoopPublisher(Producer).publish([])
