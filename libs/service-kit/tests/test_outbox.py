"""Handing over never waits for Kafka: what is kept, what is dropped, what is confirmed."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError, NotLeaderForPartitionError
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_service_kit.outbox import Outbox
from shoplake_service_kit.testing import PATIENCE

pytestmark = pytest.mark.anyio


class FakeProducer:
    """A broker that takes messages, or fails as told."""

    def __init__(self, *, start: Exception | None = None, sends: list[Exception | None] | None = None) -> None:
        self.start_error = start
        self.sends = sends or []
        self.sent: list[tuple[str, bytes, Any]] = []
        self.stopped = False
        self.taken = asyncio.Event()

    async def start(self) -> None:
        if self.start_error:
            raise self.start_error

    async def stop(self) -> None:
        self.stopped = True

    async def send_and_wait(self, topic: str, *, key: bytes, value: bytes) -> None:
        error = self.sends.pop(0) if self.sends else None
        if error:
            raise error
        self.sent.append((topic, key, json.loads(value)))
        self.taken.set()


def connects(*producers: FakeProducer) -> Callable[[], FakeProducer]:
    left = list(producers)
    return lambda: left.pop(0)


async def taken(producer: FakeProducer) -> None:
    async with asyncio.timeout(PATIENCE):
        await producer.taken.wait()


async def test_messages_go_out_in_order_also_from_a_thread() -> None:
    producer = FakeProducer()
    outbox = Outbox(connects(producer))
    outbox.start()
    outbox.put("t", "k", {"n": 1})
    await asyncio.to_thread(outbox.put, "t", "k", {"n": 2})
    await taken(producer)
    await outbox.stop()
    assert producer.sent == [("t", b"k", {"n": 1}), ("t", b"k", {"n": 2})]
    assert producer.stopped


async def test_before_start_and_after_stop_messages_are_dropped_and_counted() -> None:
    outbox = Outbox(connects(FakeProducer()))
    told: list[str] = []
    outbox.on_drop = lambda: told.append("dropped")
    outbox.put("t", "k", {})
    outbox.start()
    await outbox.stop()
    outbox.put("t", "k", {})
    assert outbox.dropped == len(told) == 2


async def test_while_kafka_is_away_the_newest_are_kept() -> None:
    away, back = FakeProducer(start=KafkaConnectionError("refused")), FakeProducer()
    outbox = Outbox(connects(away, back), limit=2)
    outbox.start()
    for number in range(5):
        outbox.put("t", "k", {"n": number})
    await taken(back)
    await outbox.stop()
    assert [value["n"] for _, _, value in back.sent] == [3, 4]
    assert outbox.dropped == 3
    assert away.stopped


async def test_a_failed_send_reconnects_and_sends_again() -> None:
    first, second = FakeProducer(sends=[NotLeaderForPartitionError()]), FakeProducer()
    outbox = Outbox(connects(first, second))
    outbox.start()
    outbox.put("t", "k", {"n": 1})
    await taken(second)
    await outbox.stop()
    assert (first.sent, len(second.sent), outbox.dropped) == ([], 1, 0)


async def test_a_message_that_can_never_be_sent_does_not_block_the_next() -> None:
    producer = FakeProducer(sends=[MessageSizeTooLargeError("2 MB")])
    outbox = Outbox(connects(producer))
    outbox.start()
    outbox.put("t", "k", {"n": "huge"})
    outbox.put("t", "k", {"n": "next"})
    await taken(producer)
    await outbox.stop()
    assert [value["n"] for _, _, value in producer.sent] == ["next"]
    assert outbox.dropped == 1


async def test_deliver_confirms_or_says_that_it_did_not() -> None:
    producer = FakeProducer()
    outbox = Outbox(connects(producer))
    with pytest.raises(BrokerUnavailable):
        await outbox.deliver("t", "k", {})
    outbox.start()
    outbox.put("t", "k", {})
    await taken(producer)
    assert outbox.connected
    await outbox.deliver("t", "k", {"n": 1})
    producer.sends = [NotLeaderForPartitionError()]
    with pytest.raises(BrokerUnavailable):
        await outbox.deliver("t", "k", {"n": 2})
    await outbox.stop()
    assert not outbox.connected
    assert [value for _, _, value in producer.sent] == [{}, {"n": 1}]
