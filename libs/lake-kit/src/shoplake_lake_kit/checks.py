"""The refusals: what must be true of a source before a stage may go on reading it where it stopped."""

from shoplake_contracts.errors import ForeignCluster, OffsetsGone, StampAhead, TopicRecreated

from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import PerPartition, Position


def check_source(recorded: Stamp | None, start: Position, source: Source) -> None:
    """Refuse a source that is not the recorded one, or no longer holds what comes next.

    Args:
        recorded: The lead table's newest stamp, None before the first batch.
        start: Where the next box begins.
        source: What the source holds now.

    Raises:
        ForeignCluster: It belongs to another cluster.
        TopicRecreated: A topic has another id than the recorded one.
        OffsetsGone: It begins after `start`; the message names every gap.
        StampAhead: It ends before the recorded position.
    """
    if recorded is not None:
        _check_cluster(recorded, source)
        _check_topic_ids(recorded, source)
    _check_beginning(start, source)
    if recorded is not None:
        _check_end(recorded, source)


def _check_cluster(recorded: Stamp, source: Source) -> None:
    if recorded.cluster != source.cluster:
        raise ForeignCluster(f"the table was filled from cluster {recorded.cluster}, the source is {source.cluster}")


def _check_topic_ids(recorded: Stamp, source: Source) -> None:
    changed = [
        f"{topic}: recorded id {recorded.topic_ids[topic]}, now {topic_id}"
        for topic, topic_id in sorted(source.topic_ids.items())
        if recorded.topic_ids.get(topic, topic_id) != topic_id
    ]
    if changed:
        raise TopicRecreated("; ".join(changed))


def _check_beginning(start: Position, source: Source) -> None:
    gone = [
        f"{topic}/{partition}: offsets {start.at(topic, partition)}-{beginning} are gone, {missing} events"
        for topic, partition, missing, beginning in _excess(source.beginning, start)
        # A partition that appeared while a box was open is not in that box.
        if start.knows(topic, partition)
    ]
    if gone:
        raise OffsetsGone("; ".join(gone))


def _check_end(recorded: Stamp, source: Source) -> None:
    ahead = [
        f"{topic}/{partition}: the table is at {position}, the source ends at {position - excess}"
        for topic, partition, excess, position in _excess(recorded.position, source.end)
    ]
    if ahead:
        raise StampAhead("; ".join(ahead))


def _excess(upper: PerPartition, lower: PerPartition) -> list[tuple[str, int, int, int]]:
    """Where `upper` is above `lower`: topic, partition, by how much, and the number in `upper`."""
    return [
        (topic, partition, number - lower.at(topic, partition), number)
        for topic, partition, number in upper.entries()
        if number > lower.at(topic, partition)
    ]
