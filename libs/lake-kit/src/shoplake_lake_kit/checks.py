"""The refusals: what must be true of a source before a stage may go on reading it where it stopped."""

from collections.abc import Mapping

from shoplake_contracts.errors import ForeignCluster, OffsetsGone, SourceChanged, StampAhead, TopicRecreated

from shoplake_lake_kit.box import Box
from shoplake_lake_kit.faults import Faults, find_faults
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Position


def check_source(recorded: Stamp | None, start: Position, source: Source) -> None:
    """Refuse a source that is not the recorded one, or no longer holds what comes next.

    Each refusal carries every fault that was found as `facts`, in the form that `POST /bronze/resolve` takes.

    Args:
        recorded: The lead table's newest stamp, None before the first batch.
        start: Where the next box begins.
        source: What the source holds now, by topic lives.

    Raises:
        ForeignCluster: It belongs to another cluster.
        TopicRecreated: A topic has another id than the recorded one.
        OffsetsGone: It begins after `start`; the message names every gap.
        StampAhead: It ends before the recorded position.
    """
    found = find_faults(recorded, start, source)
    if not found:
        return
    facts = found.facts()
    if found.cluster:
        raise ForeignCluster(
            f"the table was filled from cluster {found.recorded_cluster}, the source is {found.cluster}", facts=facts
        )
    if found.recreated:
        raise TopicRecreated(_told_recreated(found), facts=facts)
    if found.gaps:
        told = [
            f"{gap.life}/{gap.partition}: offsets {gap.start}-{gap.end} are gone, {gap.end - gap.start} events"
            for gap in found.gaps
        ]
        raise OffsetsGone("; ".join(told), facts=facts)
    told = [
        f"{gap.life}/{gap.partition}: the table is at {gap.end}, the source ends at {gap.start}" for gap in found.ahead
    ]
    raise StampAhead("; ".join(told), facts=facts)


def check_unchanged(topics: Mapping[str, str], box: Box, source: Source) -> None:
    """Refuse a box if its topics are no longer those that it was planned on: it may hold events of others.

    Args:
        topics: The broker's topic ids at planning.
        box: What was read.
        source: What the broker holds now.

    Raises:
        SourceChanged: A topic of the box has another id, or none.
    """
    read = {part.topic for part in box.ranges()}
    changed = sorted(topic for topic in read if source.topic_ids.get(topic) != topics.get(topic))
    if changed:
        raise SourceChanged(f"{', '.join(changed)} changed while a box was read")


def _told_recreated(found: Faults) -> str:
    return "; ".join(f"{topic}: recorded id {old}, now {new}" for topic, (old, new) in sorted(found.recreated.items()))
