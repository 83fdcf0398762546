"""A batch is a half-open box between two positions; this module bounds it, counts it and cuts it into offset ranges."""

from dataclasses import dataclass

from shoplake_lake_kit.topic_life import split_life
from shoplake_lake_kit.vector import Counts, Position


@dataclass(frozen=True, slots=True)
class Range:
    """Offsets `start` (included) to `end` (excluded) of one partition in one life of a topic."""

    topic: str
    epoch: int
    partition: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Box:
    """All offsets from `start` (included) to `end` (excluded); `end` is nowhere below `start`."""

    start: Position
    end: Position

    def counts(self) -> Counts:
        """Offsets per topic-partition; the events are fewer by the offset gaps (transaction markers, aborted)."""
        return Counts(self.end).minus(self.start)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to read."""
        return not self.ranges()

    def ranges(self) -> tuple[Range, ...]:
        """The non-empty ranges by topic and partition."""
        return tuple(
            Range(*split_life(life), partition, self.start.at(life, partition), end)
            for life, partition, end in self.end.entries()
            if end > self.start.at(life, partition)
        )


def plan_box(start: Position, end: Position, limit_events: int) -> Box:
    """Bound what lies between two positions to a number of offsets, shared fairly over the partitions.

    Partitions with little get all of theirs, the rest share evenly what is left. The same arguments give the same
    box. A partition whose `end` is not above its `start` is left where it is.

    Args:
        start: Where the last box ended.
        end: Where the source ends now.
        limit_events: The most offsets the box may span, at least 1.
    """
    waiting = sorted(
        (number, topic, partition)
        for topic, partition, number in end.highest(start).minus(start).entries()
        if number > 0
    )
    taken, left = [], limit_events
    for index, (number, topic, partition) in enumerate(waiting):
        share = min(number, left // (len(waiting) - index))
        taken.append((topic, partition, share))
        left -= share
    # Partitions that are still empty are named in the end as well: from now on they are known.
    return Box(start, start.plus(Position.from_items(taken)).plus(_named(end)))


def _named(position: Position) -> Position:
    return Position({topic: (0,) * len(row) for topic, row in position.items()})
