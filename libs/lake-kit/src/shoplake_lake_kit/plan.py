"""What to do next, decided from nothing but the tables' stamps and the state of the source.

The lead table is published first, so its stamp fixes the box: where other tables are behind it, a crash cut a publish
in two, and exactly that box is completed before a new one is planned.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from shoplake_contracts.errors import StampAhead

from shoplake_lake_kit.box import Box, plan_box
from shoplake_lake_kit.checks import check_source
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.topic_life import split_life
from shoplake_lake_kit.vector import Position

Stamps = Mapping[str, Stamp | None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one box may hold.

    Attributes:
        events: The most offsets a box spans, over all partitions.
        bytes: About the most bytes of payload it spans, where the source can tell how large its events are.
    """

    events: int = 200_000
    bytes: int = 256 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.events < 1 or self.bytes < 1:
            raise ValueError(f"a box must be allowed at least one event and byte, not {self.events} and {self.bytes}")

    def of(self, source: Source) -> int:
        """The most offsets of this source that a box may span: sized for its topic with the largest events."""
        largest = max(source.event_bytes.values(), default=0.0)
        return min(self.events, max(1, int(self.bytes / largest))) if largest else self.events


@dataclass(frozen=True, slots=True)
class Plan:
    """One box, the tables that still lack it, and what their stamps will say about the source.

    Attributes:
        box: What to read.
        pending: Tables without the box, in publish order.
        stamps: Every table's newest stamp at planning, in publish order.
        origin: Where each topic-partition began.
        epochs: The present epoch of each topic.
        topic_ids: The broker's topic ids.
        cluster: The broker's cluster id.
        is_table: Whether the box is of an upstream table, not of a broker.
        revisions: The revision of each upstream table.
        complete_until: All that the broker held at this instant lies before the box's end; None if nothing is known.
    """

    box: Box
    pending: tuple[str, ...]
    stamps: Stamps
    origin: Position
    epochs: Mapping[str, int]
    topic_ids: Mapping[str, str]
    cluster: str
    is_table: bool
    revisions: Mapping[str, str] = field(default_factory=dict)
    complete_until: datetime | None = None

    def completed(self) -> dict[str, Stamp]:
        """The stamps of the tables that already hold the box."""
        return {table: stamp for table, stamp in self.stamps.items() if stamp and table not in self.pending}


def make_plan(stamps: Stamps, source: Source, limits: Limits) -> Plan | None:
    """Complete the open box if there is one, else bound a new one.

    Args:
        stamps: Every table's newest stamp, in publish order; the first is the lead's.
        source: What the source holds now.
        limits: The bounds of a new box.

    Returns:
        None if there is nothing to read.

    Raises:
        Refusal: The source or the tables are not what the stamps say (`check_source`, StampAhead).
    """
    lead = next(iter(stamps.values()))
    if lead is None:
        _check_unstamped(stamps)
        return _new_box(stamps, None, source, limits)
    behind = _behind(stamps, lead)
    return _open_box(stamps, lead, behind, source) if behind else _new_box(stamps, lead, source, limits)


def is_open(stamps: Stamps) -> bool:
    """Whether a crash cut a publish in two: the lead has a box that another table lacks."""
    lead = next(iter(stamps.values()))
    return lead is not None and bool(_behind(stamps, lead))


def in_lives(source: Source, lead: Stamp | None) -> Source:
    """A broker's source by topic lives: its topics are those of the present epochs; earlier lives lie complete.

    A source that knows epochs (an upstream table) is returned as it is.
    """
    if source.epochs is not None:
        return source
    epochs = dict.fromkeys(source.topic_ids, 0) | dict(lead.epochs if lead else {})
    beginning, end = source.beginning.in_lives(epochs), source.end.in_lives(epochs)
    if lead is not None:
        beginning, end = (
            beginning.extended(_earlier(lead.origin, epochs)),
            end.extended(_earlier(lead.position, epochs)),
        )
    return replace(source, epochs=epochs, beginning=beginning, end=end)


def _earlier(position: Position, epochs: Mapping[str, int]) -> Position:
    lives = {life: split_life(life) for life in position}
    return Position({life: position[life] for life, (topic, epoch) in lives.items() if epoch < epochs.get(topic, 0)})


def _new_box(stamps: Stamps, lead: Stamp | None, source: Source, limits: Limits) -> Plan | None:
    source = in_lives(source, lead)
    position, origin = (lead.position, lead.origin) if lead else (Position(), Position())
    start = position.extended(source.beginning)
    check_source(lead, start, source)
    box = plan_box(start, source.end, limits.of(source))
    if box.empty and (lead is None or source.revisions == lead.upstream):
        return None
    return Plan(
        box=box,
        pending=tuple(stamps),
        stamps=stamps,
        origin=origin.extended(source.beginning),
        epochs=source.epochs or {},
        topic_ids={**(lead.topic_ids if lead else {}), **source.topic_ids},
        cluster=source.cluster,
        is_table=source.is_table,
        revisions=source.revisions,
        complete_until=source.complete_until if box.end.covers(source.end) else None,
    )


def _open_box(stamps: Stamps, lead: Stamp, behind: tuple[str, ...], source: Source) -> Plan:
    starts = {_start(stamps[table], lead) for table in behind}
    if len(starts) > 1:
        raise StampAhead(f"{', '.join(behind)} lag behind {next(iter(stamps))} by different boxes: one was rolled back")
    start = starts.pop()
    check_source(lead, start, in_lives(source, lead))
    box = Box(start, lead.position)
    return Plan(
        box=box,
        pending=behind,
        stamps=stamps,
        origin=lead.origin,
        epochs=lead.epochs,
        topic_ids=lead.topic_ids,
        cluster=lead.cluster,
        is_table=source.is_table,
        revisions=lead.upstream,
        complete_until=lead.complete_until,
    )


def _behind(stamps: Stamps, lead: Stamp) -> tuple[str, ...]:
    behind = tuple(table for table, stamp in stamps.items() if stamp is None or stamp.position != lead.position)
    ahead = [table for table in behind if not lead.position.covers(_start(stamps[table], lead))]
    if ahead:
        raise StampAhead(f"{', '.join(ahead)} hold more than {next(iter(stamps))}, which is published first")
    return behind


def _check_unstamped(stamps: Stamps) -> None:
    stamped = [table for table, stamp in stamps.items() if stamp]
    if stamped:
        raise StampAhead(
            f"{', '.join(stamped)} carry a stamp, {next(iter(stamps))}, which is published first, does not"
        )


def _start(stamp: Stamp | None, lead: Stamp) -> Position:
    return (stamp.position if stamp else Position()).extended(lead.origin)
