"""Boxes out of a real broker: exactly their events, whatever lies around and between them."""

import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from shoplake_arrow_kit.event_sizes import EventSizes
from shoplake_arrow_kit.kafka_broker import KafkaBroker
from shoplake_arrow_kit.kafka_source import KafkaReader
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.vector import Position

pytestmark = pytest.mark.broker


@dataclass
class Rig:
    """A topic of its own, what was sent to it, and the two things under test."""

    bootstrap: str
    topic: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}")
    sizes: EventSizes = field(default_factory=EventSizes)

    def __post_init__(self) -> None:
        options = {"bootstrap.servers": self.bootstrap}
        self.admin = AdminClient(options)
        self.broker = KafkaBroker(options, f"{self.topic}.*", self.sizes)
        self.reader = KafkaReader(options, "tests", self.sizes, patience=10)

    def create(self, partitions: int = 1, suffix: str = "", **config: str) -> str:
        name = f"{self.topic}{suffix}"
        new = NewTopic(name, partitions, 1, config=config)
        self.admin.create_topics([new])[name].result(30)
        deadline = time.monotonic() + 30
        while name not in self._there():
            assert time.monotonic() < deadline, f"{name} did not appear within 30 s"
        return name

    def _there(self) -> dict[str, str]:
        with suppress(BrokerUnavailable):
            return dict(self.broker.source().topic_ids)
        return {}

    def producer(self, **options: Any) -> Producer:
        return Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 20, **options})

    def send(self, values: range, partition: int = 0, producer: Producer | None = None) -> None:
        own = producer or self.producer(**{"compression.type": "zstd"})
        for number in values:
            own.produce(self.topic, b"%d" % number, partition=partition)
        own.flush(30)

    def transaction(self, values: range, *, commit: bool) -> None:
        producer = self.producer(**{"transactional.id": uuid.uuid4().hex})
        producer.init_transactions(30)
        producer.begin_transaction()
        self.send(values, producer=producer)
        producer.commit_transaction(30) if commit else producer.abort_transaction(30)

    def read(self, start: list[int], end: list[int], epoch: int = 0) -> list[tuple[int, int, bytes]]:
        life = f"{self.topic}@{epoch}" if epoch else self.topic
        pieces = self.reader.read_box(Box(Position({life: start}), Position({life: end})))
        rows = [row for piece in pieces for row in piece.to_pylist()]
        assert all((row["topic"], row["epoch"]) == (self.topic, epoch) for row in rows)
        return sorted((row["partition"], row["offset"], row["value"]) for row in rows)


@pytest.fixture
def rig(bootstrap: str) -> Iterator[Rig]:
    made = Rig(bootstrap)
    yield made
    made.reader.close()
    made.broker.close()


def events(*values: int, partition: int = 0) -> list[tuple[int, int, bytes]]:
    return [(partition, number, b"%d" % number) for number in values]


def test_a_source_names_every_partition_also_the_empty_ones(rig: Rig) -> None:
    rig.create(2)
    rig.create(1, suffix="-more")
    rig.send(range(3), partition=1)

    source = rig.broker.source()
    assert source.end == Position({rig.topic: [0, 3], f"{rig.topic}-more": [0]})
    assert source.beginning.knows(rig.topic, 1)
    assert source.topic_ids.keys() == {rig.topic, f"{rig.topic}-more"}
    assert len(source.cluster) == 22
    again = rig.broker.source()
    assert source.complete_until < again.complete_until
    assert source == replace(again, complete_until=source.complete_until)


def test_a_topic_made_anew_has_another_id(rig: Rig) -> None:
    rig.create()
    old = rig.broker.source().topic_ids[rig.topic]
    rig.admin.delete_topics([rig.topic])[rig.topic].result(30)
    rig.create()
    new = rig.broker.source().topic_ids[rig.topic]
    assert (len(old), len(new), old == new) == (22, 22, False)


def test_boxes_follow_each_other_without_a_gap_or_a_copy(rig: Rig) -> None:
    rig.create(3)
    for partition in range(3):
        rig.send(range(20_000), partition)
    cuts = [[0, 0, 0], [1, 0, 7], [4_000, 9_999, 8], [4_001, 20_000, 12_345], [20_000, 20_000, 20_000]]

    found = [row for start, end in pairwise(cuts) for row in rig.read(start, end)]
    assert sorted(found) == [row for partition in range(3) for row in events(*range(20_000), partition=partition)]
    assert rig.read([3, 5, 5], [5, 5, 6], epoch=2) == [*events(3, 4), *events(5, partition=2)]


def test_aborted_and_open_transactions_and_markers_are_offsets_without_events(rig: Rig) -> None:
    rig.create()
    rig.transaction(range(3), commit=True)  # offsets 0-2, its marker 3
    rig.transaction(range(5), commit=False)  # 4-8, its marker 9
    assert rig.read([0], [10]) == events(0, 1, 2)
    assert rig.read([3], [10]) == []

    rig.send(range(10, 12))
    pending = rig.producer(**{"transactional.id": "open", "transaction.timeout.ms": 10_000})
    pending.init_transactions(30)
    pending.begin_transaction()
    rig.send(range(2), producer=pending)
    rig.send(range(14, 16))
    assert rig.broker.source().end == Position({rig.topic: [12]})
    assert rig.read([0], [12]) == events(0, 1, 2, 10, 11)
    pending.abort_transaction(30)


def test_events_behind_the_box_stay_where_they_are(rig: Rig) -> None:
    rig.create()
    rig.send(range(10))
    assert rig.read([2], [6]) == events(2, 3, 4, 5)


def test_every_byte_of_a_record_comes_through(rig: Rig) -> None:
    rig.create()
    headers = [("event_id", b"\xff\x00"), ("event_id", b"second"), ("empty", b""), ("none", None), ("", b"nameless")]
    producer = rig.producer(**{"message.max.bytes": 3_000_000})
    producer.produce(rig.topic, b"\xff\xfe\x00", key=b"\x00", headers=headers)
    producer.produce(rig.topic, None, key=None)
    producer.produce(rig.topic, b"x" * 900_000)
    producer.flush(30)

    box = Box(Position({rig.topic: [0]}), Position({rig.topic: [3]}))
    rows = [row for piece in rig.reader.read_box(box) for row in piece.to_pylist()]
    assert (rows[0]["key"], rows[0]["value"]) == (b"\x00", b"\xff\xfe\x00")
    assert [(it["key"], it["value"]) for it in rows[0]["headers"]] == headers
    assert (rows[1]["key"], rows[1]["value"], rows[1]["headers"]) == (None, None, None)
    assert rows[2]["value"] == b"x" * 900_000
    assert rows[0]["kafka_timestamp"].tzinfo is not None


def test_offsets_that_are_gone_are_an_error_and_nothing_is_skipped(rig: Rig) -> None:
    rig.create()
    rig.send(range(10))
    gone = TopicPartition(rig.topic, 0, 5)
    rig.admin.delete_records([gone])[gone].result(30)
    assert rig.broker.source().beginning == Position({rig.topic: [5]})

    with pytest.raises(BrokerUnavailable, match=rig.topic):
        rig.read([2], [10])
    assert rig.read([5], [10]) == events(5, 6, 7, 8, 9)


def test_a_broker_that_does_not_answer_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoplake_arrow_kit.kafka_broker.TIMEOUT_SECONDS", 0.5)
    options = {"bootstrap.servers": "127.0.0.1:1"}
    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1"):
        KafkaBroker(options, ".*", EventSizes()).source()
    reader = KafkaReader(options, "tests", EventSizes(), patience=0.3)
    with pytest.raises(BrokerUnavailable, match=r"still to read: t/0: 0 to 1"):
        list(reader.read_box(Box(Position({"t": [0]}), Position({"t": [1]}))))


def test_boxes_are_bounded_by_what_was_read_before(rig: Rig) -> None:
    rig.create()
    rig.send(range(10, 20))
    assert rig.broker.source().event_bytes == {rig.topic: 16 * 1024}
    rig.read([0], [10])
    assert rig.broker.source().event_bytes == {rig.topic: 2}
