"""Silver's rules in the small: quarantine some, drop copies, route the rest; the same box gives the same rows."""

from collections.abc import Mapping, Sequence

from shoplake_lake_kit.box import Box
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.stage_tables import SILVER
from shoplake_lake_kit.vector import Counts

from .model_broker import Row
from .model_table import ModelTable

KEPT = tuple(name for name, role in SILVER.items() if role is Role.OUT)
QUARANTINE = next(name for name, role in SILVER.items() if role is Role.QUARANTINED)
DUPLICATES = next(name for name, role in SILVER.items() if role is Role.DUPLICATES)


def home(event: int) -> str:
    """Where an event belongs, were it no copy."""
    return QUARANTINE if event % 7 == 0 else KEPT[event % len(KEPT)]


def slice_of(box: Box, rows: Sequence[Row]) -> list[Row]:
    """The rows that lie in a box, by address."""
    bounds = {(part.topic, part.partition): (part.start, part.end) for part in box.ranges()}
    nowhere = (0, 0)
    return sorted(
        row for row in rows if bounds.get(row[:2], nowhere)[0] <= row.offset < bounds.get(row[:2], nowhere)[1]
    )


def transform(events: Sequence[Row], tables: Mapping[str, ModelTable]) -> dict[str, tuple[Row, ...]]:
    """Route a slice; of equal events the lowest address wins, unless an earlier box has one already."""
    winners: dict[int, Row] = {row.event: row for name in KEPT for row in tables[name].rows}
    frames: dict[str, list[Row]] = {name: [] for name in SILVER}
    for row in events:
        place = home(row.event)
        if place != QUARANTINE and winners.setdefault(row.event, row) != row:
            place = DUPLICATES
        frames[place].append(row)
    return {name: tuple(rows) for name, rows in frames.items()}


def count(rows: Sequence[Row]) -> Counts:
    """Rows per topic-partition."""
    return Counts.from_items((row.topic, row.partition, 1) for row in rows)
