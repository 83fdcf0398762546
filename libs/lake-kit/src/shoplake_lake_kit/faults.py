"""What is wrong with a source, compared with what a stamp recorded of it: facts, before anybody decides anything."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.topic_life import split_life
from shoplake_lake_kit.vector import PerPartition, Position


@dataclass(frozen=True, order=True, slots=True)
class Gap:
    """Offsets `start` (included) to `end` (excluded) of one partition in one life of a topic."""

    life: str
    partition: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Faults:
    """Everything that keeps a stage from reading on; falsy when there is nothing.

    Attributes:
        cluster: The source's cluster id if it is not the recorded one.
        recorded_cluster: The recorded one.
        recreated: Topic to recorded and present id, where they differ.
        gaps: Offsets that were not read and are gone.
        ahead: Offsets that the table has and the source never had: the source lost its end.
        new_lives: Topics whose offsets mean other events from now on, with their present ids: made anew, or torn.
    """

    cluster: str | None = None
    recorded_cluster: str | None = None
    recreated: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    ahead: tuple[Gap, ...] = ()
    new_lives: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.cluster or self.recreated or self.gaps or self.ahead)

    def facts(self) -> dict[str, Any]:
        """The faults as JSON types; `cluster`, `topics` and `gaps` as `POST /bronze/resolve` takes them."""
        return {
            "cluster": self.cluster,
            "topics": dict(self.new_lives),
            "gaps": [_told(gap) for gap in self.gaps],
            "ahead": [_told(gap) for gap in self.ahead],
        }


def find_faults(recorded: Stamp | None, start: Position, source: Source) -> Faults:
    """Compare a source with a stamp.

    Offsets of a topic that was made anew say nothing about the old one, so they are not compared.

    Args:
        recorded: The lead table's newest stamp, None before the first batch.
        start: Where the next box begins.
        source: What the source holds now, by topic lives.
    """
    if recorded is None:
        return Faults(gaps=_gaps(start, source, ()))
    recreated = {
        topic: (recorded.topic_ids[topic], topic_id)
        for topic, topic_id in source.topic_ids.items()
        if recorded.topic_ids.get(topic, topic_id) != topic_id
        # An upstream table whose epoch has risen read a new life that somebody has accepted there.
        and recorded.epochs.get(topic, 0) == (source.epochs or {}).get(topic, 0)
    }
    # Whoever fills an upstream table has answered for its cluster; those who read the table follow.
    foreign = recorded.cluster != source.cluster and not source.is_table
    ahead = tuple(gap for gap in _above(source.end, recorded.position) if _topic(gap) not in recreated)
    others = recreated.keys() | {_topic(gap) for gap in ahead}
    return Faults(
        cluster=source.cluster if foreign else None,
        recorded_cluster=recorded.cluster,
        recreated=recreated,
        gaps=_gaps(start, source, recreated.keys()),
        ahead=ahead,
        new_lives={topic: topic_id for topic, topic_id in sorted(source.topic_ids.items()) if topic in others},
    )


def _gaps(start: Position, source: Source, recreated: Collection[str]) -> tuple[Gap, ...]:
    return tuple(
        gap
        for gap in _above(start, source.beginning)
        # A partition that appeared while a box was open is not in that box.
        if start.knows(gap.life, gap.partition) and _topic(gap) not in recreated
    )


def _above(lower: PerPartition, upper: PerPartition) -> list[Gap]:
    """Where `upper` is above `lower`."""
    return [
        Gap(life, partition, lower.at(life, partition), number)
        for life, partition, number in upper.entries()
        if number > lower.at(life, partition)
    ]


def _topic(gap: Gap) -> str:
    return split_life(gap.life)[0]


def _told(gap: Gap) -> dict[str, Any]:
    topic, epoch = split_life(gap.life)
    return {"topic": topic, "epoch": epoch, "partition": gap.partition, "from": gap.start, "to": gap.end}
