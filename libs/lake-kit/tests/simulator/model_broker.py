"""A broker in memory: logs that grow at the end and lose their heads, topics that are deleted and made again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from shoplake_contracts.errors import BrokerUnavailable
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.vector import Position

TOPICS = ("page-views", "purchases")
GAP = -1


class Row(NamedTuple):
    """An event at its address; the number stands for its id and decides its fate in silver.

    `topic` is a topic's life, as in positions. `run` is the backfill that put a row into quarantine, or the replay
    that wrote an outcome; rows of boxes have none.
    """

    topic: str
    partition: int
    offset: int
    event: int
    run: str = ""


Rows = tuple[Row, ...]


@dataclass
class Log:
    """One partition: `entries[i]` is at offset `origin + i`, and still there from `beginning` on."""

    origin: int
    beginning: int = field(init=False)
    entries: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.beginning = self.origin

    @property
    def end(self) -> int:
        return self.origin + len(self.entries)


@dataclass
class Incarnation:
    """A topic from its creation to its deletion."""

    id: str
    logs: list[Log]


class ModelBroker:
    """Appends, grows, forgets and answers.

    Attributes:
        topics: Every incarnation of each topic that there ever was, the present one last.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._next_event = 1
        self.topics: dict[str, list[Incarnation]] = {topic: [] for topic in TOPICS}
        for topic in TOPICS:
            self._create(topic)

    def produce(self) -> None:
        """Append a few entries: mostly new events, some copies of earlier ones, some gaps."""
        rng = self._rng
        logs = [log for topic in TOPICS for log in self._logs(topic)]
        for _ in range(rng.randint(1, 8)):
            logs[int(rng.random() * len(logs))].entries.append(self._draw())

    def grow(self) -> None:
        """Add a partition, which need not begin at 0."""
        self._logs(self._rng.choice(TOPICS)).append(self._new_log())

    def forget(self, topic: str) -> None:
        """Retention drops the head of a log, whether it was read or not."""
        logs = self._logs(topic)
        # Mostly one that has lost its head already: a gap that grows is harder than a new one.
        log = max(logs, key=lambda log: log.beginning - log.origin) if self._rng.random() < 0.7 else logs[0]
        log.beginning = max(self._rng.randint(log.beginning, log.end), self._rng.randint(log.beginning, log.end))

    def recreate(self, topic: str) -> None:
        """Delete a topic and make it again under the same name, with another id and other events."""
        self._create(topic)

    def source(self, topics: Sequence[str] = TOPICS) -> Source:
        return Source(
            cluster="model",
            topic_ids={topic: self.topics[topic][-1].id for topic in topics},
            epochs=None,
            beginning=Position({topic: [log.beginning for log in self._logs(topic)] for topic in topics}),
            end=Position({topic: [log.end for log in self._logs(topic)] for topic in topics}),
        )

    def read(self, box: Box) -> list[Row]:
        """The events of a box, under the names of lives that the box has for them.

        Raises:
            BrokerUnavailable: Some offsets are not there any more.
        """
        rows = []
        for part in box.ranges():
            logs = self._logs(part.topic)
            log = logs[part.partition] if part.partition < len(logs) else None
            if log is None or part.start < log.beginning or part.end > log.end:
                raise BrokerUnavailable(f"{part} is not all there")
            life = f"{part.topic}@{part.epoch}" if part.epoch else part.topic
            entries = log.entries[part.start - log.origin : part.end - log.origin]
            rows += [
                Row(life, part.partition, offset, event)
                for offset, event in enumerate(entries, part.start)
                if event != GAP
            ]
        return rows

    def entries(self, lives: Mapping[str, str]) -> Iterator[Row]:
        """Whatever was ever appended, gaps too, in the topics' lives; what was never given a life is left out.

        Args:
            lives: Topic id to the name of the life as which bronze recorded it.
        """
        for incarnation in (one for every in self.topics.values() for one in every if one.id in lives):
            for partition, log in enumerate(incarnation.logs):
                for offset, event in enumerate(log.entries, log.origin):
                    yield Row(lives[incarnation.id], partition, offset, event)

    def _create(self, topic: str) -> None:
        incarnations = self.topics[topic]
        logs = [self._new_log() for _ in range(self._rng.randint(1, 2))]
        incarnations.append(Incarnation(f"{topic}#{len(incarnations)}", logs))

    def _logs(self, topic: str) -> list[Log]:
        return self.topics[topic][-1].logs

    def _draw(self) -> int:
        luck = self._rng.random()
        if luck < 0.1:
            return GAP
        if luck < 0.3 and self._next_event > 1:
            return 1 + int(self._rng.random() * (self._next_event - 1))
        self._next_event += 1
        return self._next_event - 1

    def _new_log(self) -> Log:
        return Log(self._rng.choice((0, 0, 5)))
