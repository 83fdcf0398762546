"""What to do next, decided from nothing but the tables' stamps and the state of the source.

The lead table is published first, so its stamp fixes the box: where other tables are behind it, a crash cut a publish
in two, and exactly that box is completed before a new one is planned.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shoplake_contracts.errors import StampAhead

from shoplake_lake_kit.box import Box, plan_box
from shoplake_lake_kit.checks import check_source
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Position

Stamps = Mapping[str, Stamp | None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one box may hold.

    Attributes:
        events: The most offsets a box spans, over all partitions.
    """

    events: int = 200_000

    def __post_init__(self) -> None:
        if self.events < 1:
            raise ValueError(f"a box must be allowed at least one event, not {self.events}")


@dataclass(frozen=True, slots=True)
class Plan:
    """One box, the tables that still lack it, and what their stamps will say about the source.

    Attributes:
        box: What to read.
        pending: Tables without the box, in publish order.
        stamps: Every table's newest stamp at planning, in publish order.
        origin: Where each topic-partition began.
        topic_ids: The broker's topic ids.
        cluster: The broker's cluster id.
    """

    box: Box
    pending: tuple[str, ...]
    stamps: Stamps
    origin: Position
    topic_ids: Mapping[str, str]
    cluster: str

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


def _new_box(stamps: Stamps, lead: Stamp | None, source: Source, limits: Limits) -> Plan | None:
    position, origin = (lead.position, lead.origin) if lead else (Position(), Position())
    start = position.extended(source.beginning)
    check_source(lead, start, source)
    epochs = dict.fromkeys(source.topic_ids, 0) | dict(lead.epochs if lead else {}) | dict(source.epochs)
    box = plan_box(start, source.end, limits.events, epochs)
    if box.empty:
        return None
    topic_ids = {**(lead.topic_ids if lead else {}), **source.topic_ids}
    return Plan(box, tuple(stamps), stamps, origin.extended(source.beginning), topic_ids, source.cluster)


def _open_box(stamps: Stamps, lead: Stamp, behind: tuple[str, ...], source: Source) -> Plan:
    starts = {_start(stamps[table], lead) for table in behind}
    if len(starts) > 1:
        raise StampAhead(f"{', '.join(behind)} lag behind {next(iter(stamps))} by different boxes: one was rolled back")
    start = starts.pop()
    check_source(lead, start, source)
    box = Box(start, lead.position, lead.epochs)
    return Plan(box, behind, stamps, lead.origin, lead.topic_ids, lead.cluster)


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
