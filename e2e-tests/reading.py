"""Reads topics back from the broker, partition by partition, as any consumer sees them."""

import time
from collections.abc import Mapping, Sequence

from confluent_kafka import Consumer, Message, TopicPartition

Ends = dict[tuple[str, int], int]
DEADLINE = 120.0


class Reader:
    """One consumer without a group's memory.

    Args:
        bootstrap: where Kafka is.
    """

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "reading",
                "enable.auto.commit": False,
                "fetch.max.bytes": 8388608,
            }
        )

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def ends(self, topics: Sequence[str]) -> Ends:
        """The offset after the last record of every partition."""
        known = self._consumer.list_topics(timeout=30).topics
        return {
            (topic, number): self._consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=30)[1]
            for topic in topics
            for number in sorted(known[topic].partitions)
        }

    def between(self, starts: Mapping[tuple[str, int], int], ends: Ends) -> dict[tuple[str, int], list[Message]]:
        """Every record from `starts` (0 where it says nothing) up to `ends`, by partition, in order."""
        found: dict[tuple[str, int], list[Message]] = {place: [] for place in ends}
        wanted = {place: end for place, end in ends.items() if end > starts.get(place, 0)}
        self._consumer.assign([TopicPartition(*place, starts.get(place, 0)) for place in wanted])
        deadline = time.monotonic() + DEADLINE
        while any(len(found[place]) < end - starts.get(place, 0) for place, end in wanted.items()):
            assert time.monotonic() < deadline, f"only {sum(map(len, found.values())):,} records came"
            for message in self._consumer.consume(5_000, timeout=1.0):
                assert message.error() is None, message.error()
                place = (str(message.topic()), int(message.partition() or 0))
                if int(message.offset() or 0) < ends[place]:
                    found[place].append(message)
        self._consumer.unassign()
        return found
