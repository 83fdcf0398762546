"""A broker in memory: logs that only grow at the end, with offsets that hold no event, as transactions leave them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from shoplake_lake_kit.box import Box
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.vector import Position

TOPICS = ("page-views", "purchases")
GAP = -1


class Row(NamedTuple):
    """An event at its address; the number stands for its id and decides its fate in silver."""

    topic: str
    partition: int
    offset: int
    event: int


@dataclass
class Log:
    """One partition: `entries[i]` is at offset `beginning + i`."""

    beginning: int
    entries: list[int] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.beginning + len(self.entries)


class ModelBroker:
    """Appends, grows and answers; it loses nothing."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._next_event = 1
        self.logs = {topic: [self._new_log() for _ in range(rng.randint(1, 2))] for topic in TOPICS}

    def produce(self) -> None:
        """Append a few entries: mostly new events, some copies of earlier ones, some gaps."""
        for _ in range(self._rng.randint(1, 8)):
            log = self._rng.choice(self.logs[self._rng.choice(TOPICS)])
            log.entries.append(self._draw())

    def grow(self) -> None:
        """Add a partition, which need not begin at 0."""
        self.logs[self._rng.choice(TOPICS)].append(self._new_log())

    def source(self) -> Source:
        return Source(
            cluster="model",
            topic_ids={topic: f"id-of-{topic}" for topic in TOPICS},
            epochs=None,
            beginning=Position({topic: [log.beginning for log in logs] for topic, logs in self.logs.items()}),
            end=Position({topic: [log.end for log in logs] for topic, logs in self.logs.items()}),
        )

    def read(self, box: Box) -> list[Row]:
        """The events of a box."""
        return [
            Row(part.topic, part.partition, offset, event)
            for part in box.ranges()
            for offset, event in self._slice(part.topic, part.partition, part.start, part.end)
            if event != GAP
        ]

    def rows(self) -> Iterator[Row]:
        """Every event ever produced."""
        for topic, logs in self.logs.items():
            for partition, log in enumerate(logs):
                for offset, event in self._slice(topic, partition, log.beginning, log.end):
                    if event != GAP:
                        yield Row(topic, partition, offset, event)

    def _slice(self, topic: str, partition: int, start: int, end: int) -> list[tuple[int, int]]:
        log = self.logs[topic][partition]
        return list(enumerate(log.entries[start - log.beginning : end - log.beginning], start))

    def _draw(self) -> int:
        luck = self._rng.random()
        if luck < 0.1:
            return GAP
        if luck < 0.3 and self._next_event > 1:
            return self._rng.randrange(1, self._next_event)
        self._next_event += 1
        return self._next_event - 1

    def _new_log(self) -> Log:
        return Log(beginning=self._rng.choice((0, 0, 5)))
