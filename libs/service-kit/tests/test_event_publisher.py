"""The publisher over a producer that the test plays: what is confirmed is counted, the rest is handed back."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_service_kit.event_publisher import EventPublisher, Message, Unacknowledged, key_hash

ROOM = 3


@dataclass
class Batch:
    records: list[tuple[bytes | None, bytes, Sequence[Any]]] = field(default_factory=list)

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes, headers: Sequence[Any]
    ) -> object | None:
        del timestamp
        if len(self.records) == ROOM:
            return None
        self.records.append((key, value, headers))
        return self


@dataclass
class Broker:
    """Logs per partition; `fails` is asked before each batch and each connection."""

    partitions: int = 2
    logs: dict[tuple[str, int], list[bytes]] = field(default_factory=dict)
    fails: Callable[[str], Exception | None] = lambda _: None
    connections: int = 0
    open: int = 0

    def producer(self) -> "Producer":
        return Producer(self)


@dataclass
class Producer:
    broker: Broker

    async def start(self) -> None:
        self.broker.connections += 1
        self._may_fail("connect")
        self.broker.open += 1

    async def stop(self) -> None:
        self.broker.open = max(0, self.broker.open - 1)

    async def partitions_for(self, topic: str) -> set[int]:
        self._may_fail(f"metadata {topic}")
        return set(range(self.broker.partitions))

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        log = self.broker.logs.setdefault((topic, partition), [])
        error = self.broker.fails(f"{topic}/{partition}")
        if error:
            future.set_exception(error)
        else:
            future.set_result(SimpleNamespace(offset=len(log)))
            log.extend(value for _, value, _ in batch.records)
        return future

    def _may_fail(self, what: str) -> None:
        error = self.broker.fails(what)
        if error:
            raise error


def message(number: int, key: bytes | None = b"k", topic: str = "purchases") -> Message:
    return Message(topic, key, str(number).encode())


def numbers(messages: Sequence[Message]) -> list[int]:
    return [int(m.value) for m in messages]


def test_everything_arrives_in_order_and_is_counted() -> None:
    broker = Broker()
    publisher = EventPublisher(broker.producer)
    asyncio.run(publisher.publish([message(n) for n in range(10)]))
    partition = key_hash(b"k") % 2
    assert broker.logs == {("purchases", partition): [str(n).encode() for n in range(10)]}
    assert publisher.acknowledged.per_topic == {"purchases": 10}
    assert publisher.acknowledged.ends == {("purchases", partition): 10}


def test_keys_go_where_kafkas_own_clients_send_them() -> None:
    # The partitioner of the Java client: murmur2 of the key, positive, modulo partitions.
    assert [key_hash(key) % 10 for key in (b"21", b"foobar", b"a-little-bit-long-string")] == [
        (value & 0x7FFFFFFF) % 10 for value in (-973932308, -790332482, -985981536)
    ]


def test_without_a_key_partitions_take_turns() -> None:
    broker = Broker(partitions=3)
    asyncio.run(EventPublisher(broker.producer).publish([message(n, None) for n in range(9)]))
    assert sorted(len(log) for log in broker.logs.values()) == [3, 3, 3]


def test_what_is_not_confirmed_is_handed_back_in_order() -> None:
    broker = Broker(partitions=1)
    batches = iter([None, KafkaTimeoutError(), None])
    broker.fails = lambda what: next(batches) if what == "purchases/0" else None
    publisher = EventPublisher(broker.producer)
    with pytest.raises(Unacknowledged, match="7 events are not acknowledged: KafkaTimeoutError") as caught:
        asyncio.run(publisher.publish([message(n) for n in range(10)]))
    assert numbers(caught.value.messages) == list(range(3, 10))
    assert publisher.acknowledged.per_topic == {"purchases": 3}


def test_after_a_failure_it_connects_afresh() -> None:
    broker = Broker(partitions=1)
    troubles = [KafkaTimeoutError()]
    broker.fails = lambda what: troubles.pop() if what == "purchases/0" and troubles else None
    publisher = EventPublisher(broker.producer)

    async def twice() -> None:
        try:
            await publisher.publish([message(1)])
        except Unacknowledged as error:
            await publisher.publish(error.messages)
        await publisher.stop()

    asyncio.run(twice())
    assert (broker.connections, broker.open) == (2, 0)
    assert broker.logs == {("purchases", 0): [b"1"]}


def test_one_topic_that_fails_does_not_hold_up_another() -> None:
    broker = Broker(partitions=1)
    broker.fails = lambda what: KafkaTimeoutError() if what == "purchases/0" else None
    publisher = EventPublisher(broker.producer)
    with pytest.raises(Unacknowledged) as caught:
        asyncio.run(publisher.publish([message(1), message(2, topic="page-views")]))
    assert numbers(caught.value.messages) == [1]
    assert publisher.acknowledged.per_topic == {"page-views": 1}


@pytest.mark.parametrize("what", ["connect", "metadata purchases"])
def test_a_broker_that_is_away_loses_nothing(what: str) -> None:
    broker = Broker()
    broker.fails = lambda asked: KafkaConnectionError("away") if asked == what else None
    with pytest.raises(Unacknowledged) as caught:
        asyncio.run(EventPublisher(broker.producer).publish([message(1), message(2)]))
    assert numbers(caught.value.messages) == [1, 2]
    assert broker.open == 0


def test_start_says_when_nobody_answers() -> None:
    broker = Broker(fails=lambda _: KafkaConnectionError("away"))
    with pytest.raises(BrokerUnavailable, match="does not answer"):
        asyncio.run(EventPublisher(broker.producer).start())
