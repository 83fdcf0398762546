"""What is announced after a publish: a hint that wakes the next stage; a lost one costs time, never data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.vector import Counts, Position


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """One table's publish of one box.

    Attributes:
        stage: Who published.
        table: Where.
        role: Which term of the equation the table's rows are.
        start: The box's start.
        end: The box's end, now the table's position.
        read: Events the box held.
        counts: The table's rows of it, per topic-partition.
        rows: The table's rows of it.
        kinds: The same per topic and, where the table tells them apart, reason or table.
        snapshot_id: The published snapshot; None if the reply was lost and only the stamp told.
        attempt: The attempt that was published.
        appended_at_min: The broker's earliest timestamp in the batch; `appended_at_max` the latest.
        planned_at: When the box was planned.
        published_at: When the publish was known to have taken place.
    """

    stage: str
    table: str
    role: Role
    start: Position
    end: Position
    read: Counts
    counts: Counts
    rows: int
    snapshot_id: int | None
    attempt: str
    appended_at_min: datetime | None
    appended_at_max: datetime | None
    planned_at: datetime
    published_at: datetime
    kinds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A document of JSON types only; times in ISO form, vectors as topic to list."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


def _plain(value: object) -> object:
    if isinstance(value, (Position, Counts)):
        return {topic: list(row) for topic, row in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Role) else value
