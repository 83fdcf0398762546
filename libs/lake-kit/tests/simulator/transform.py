"""What silver makes of a box: quarantine some, drop copies, route the rest; the same box gives the same rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from shoplake_lake_kit.box import Box
from shoplake_lake_kit.stage_tables import SILVER
from shoplake_lake_kit.topic_life import life_name
from shoplake_lake_kit.vector import Counts

from .model_broker import Row, Rows
from .model_table import ModelTable
from .rules import DUPLICATES, KEPT, QUARANTINE, Rules, home

Address = tuple[str, int, int]


def slice_of(box: Box, rows: Sequence[Row]) -> list[Row]:
    """The rows that lie in a box, by address."""
    bounds = {(life_name(part.topic, part.epoch), part.partition): (part.start, part.end) for part in box.ranges()}
    found = []
    for row in rows:
        bound = bounds.get(row[:2])
        if bound and bound[0] <= row.offset < bound[1]:
            found.append(row)
    return sorted(found)


def transform(
    events: Sequence[Row], tables: Mapping[str, ModelTable], rules: Rules, pending: Collection[str]
) -> dict[str, Rows]:
    """Route a slice; of equal events the lowest address wins, unless an earlier box has one already.

    An open box is completed by the rules under which it was begun: where the lead has it already, the lead's rows say
    what is quarantined, whatever today's rules are.
    """
    decided = None if QUARANTINE in pending else addresses(tables[QUARANTINE].rows)
    winners: dict[int, Row] = {row.event: row for name in KEPT for row in tables[name].rows}
    frames: dict[str, list[Row]] = {name: [] for name in SILVER}
    for row in events:
        if rules.quarantines(row.event) if decided is None else row[:3] in decided:
            place = QUARANTINE
        else:
            place = home(row.event) if winners.setdefault(row.event, row) == row else DUPLICATES
        frames[place].append(row)
    return {name: tuple(frames[name]) for name in pending}


def addresses(rows: Iterable[Row]) -> set[Address]:
    """Where the events are, whatever else is said of them."""
    return {row[:3] for row in rows}


def count(rows: Iterable[Row]) -> Counts:
    """Rows per topic-partition."""
    return Counts.from_items((row.topic, row.partition, 1) for row in rows)
