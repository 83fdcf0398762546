"""How a person lets a stage go on past a fault of its source: spelled out exactly, written down, never silent.

A resolution must name what is wrong now, no more and no less; otherwise it was written about another situation. What
it does: a gap is jumped over and counted as lost; a topic that was made anew, or lost its end, begins a new life (its
epoch rises), so that no address ever comes twice; another cluster is recorded as the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shoplake_contracts.errors import ResolutionDiffers

from shoplake_lake_kit.faults import Faults, Gap, find_faults
from shoplake_lake_kit.plan import in_lives
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.stamp import Stamp, Totals
from shoplake_lake_kit.topic_life import life_name, split_life
from shoplake_lake_kit.vector import Counts, Position


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a person accepts.

    Attributes:
        gaps: Offsets that are gone and given up.
        topics: Topic to its present id, for every topic that begins a new life.
        cluster: The cluster to read from now on, if it is another one.
        accepted_by: Who says so.
        explanation: Why.
    """

    gaps: frozenset[Gap] = frozenset()
    topics: Mapping[str, str] = field(default_factory=dict)
    cluster: str | None = None
    accepted_by: str = ""
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """A row of ops.data_loss; `end` is None where nobody knows how far a replaced topic went."""

    topic: str
    epoch: int
    partition: int
    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The stamp from which the stage goes on, and what is to be written down."""

    stamp: Stamp
    losses: tuple[Loss, ...]


def resolve(lead: Stamp, source: Source, resolution: Resolution) -> Resolved:
    """Apply a resolution to a stamp.

    Args:
        lead: The lead table's newest stamp.
        source: What the broker holds now, by plain topic names.
        resolution: What was accepted.

    Raises:
        ResolutionDiffers: It does not name exactly what is wrong.
    """
    there = in_lives(source, lead)
    found = find_faults(lead, lead.position.extended(there.beginning), there)
    _check(resolution, found)
    lost = Counts.from_items((gap.life, gap.partition, gap.end - gap.start) for gap in found.gaps)
    epochs = {**(there.epochs or {}), **{topic: (there.epochs or {}).get(topic, 0) + 1 for topic in resolution.topics}}
    begun = _beginning(source, resolution.topics, epochs)
    position = Position(lead.position.plus(lost)).extended(begun)
    stamp = replace(
        lead,
        position=position,
        origin=lead.origin.extended(begun),
        epochs=epochs,
        topic_ids={**lead.topic_ids, **source.topic_ids},
        cluster=source.cluster,
        read=Counts(),
        out=Counts(),
        totals=lead.totals.plus(Totals(lost=lost)),
    )
    return Resolved(stamp, (*_gap_losses(found), *_old_lives(lead, resolution.topics)))


def _check(resolution: Resolution, found: Faults) -> None:
    asked = (resolution.gaps, dict(resolution.topics), resolution.cluster)
    if not found:
        raise ResolutionDiffers("there is nothing to resolve: the source is the recorded one and holds what comes next")
    if asked != (frozenset(found.gaps), dict(found.new_lives), found.cluster):
        raise ResolutionDiffers("the resolution does not name exactly what is wrong", facts=found.facts())


def _beginning(source: Source, topics: Mapping[str, str], epochs: Mapping[str, int]) -> Position:
    """Where the new lives begin: everything that a new topic holds is read."""
    return Position({life_name(topic, epochs[topic]): source.beginning[topic] for topic in topics})


def _gap_losses(found: Faults) -> list[Loss]:
    return [Loss(*split_life(gap.life), gap.partition, gap.start, gap.end) for gap in found.gaps]


def _old_lives(lead: Stamp, topics: Mapping[str, str]) -> list[Loss]:
    lives = {topic: life_name(topic, lead.epochs.get(topic, 0)) for topic in topics}
    return [
        Loss(topic, lead.epochs.get(topic, 0), partition, position, None)
        for topic, life in lives.items()
        for partition, position in enumerate(lead.position.get(life, ()))
    ]
