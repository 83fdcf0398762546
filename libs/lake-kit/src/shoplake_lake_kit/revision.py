"""A revision changes rows outside of any box: a replay brings events home, a backfill or a rebuild computes days anew.

It is published by the stage that owns the tables, between two of its boxes, under the same compare-and-swap: two
writers never race. A revision moves no position; it changes totals, and names the days whose rows are others now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Generic

from shoplake_lake_kit.ports import Frame, Role, Staged, TablePort
from shoplake_lake_kit.stamp import Stamp, Totals
from shoplake_lake_kit.vector import Counts


class Kind(StrEnum):
    """What a revision is for."""

    REPLAY = "replay"
    BACKFILL = "backfill"
    REBUILD = "rebuild"


def _nothing() -> None:
    """A revision that holds nothing has nothing to release."""


@dataclass(frozen=True, kw_only=True)
class Revision(Generic[Frame]):
    """Rows for some tables of a stage.

    Attributes:
        kind: A replay's rows are counted as `replayed` in the table where they land.
        id: The run's; kept in every stamp from then on.
        frames: Per table what to write, in publish order.
        removed: Per table the rows that an overwrite takes away; tables that only gain rows are left out.
        withdrawn: Of the removed ones, those that a replay had brought: they wait in quarantine again.
        days: Per table the event days whose rows change.
        backfill: For a backfill its id and what it was asked for.
        moving: For the lead of a backfill: rows per table that are about to move into quarantine.
        audit: Raises AuditFailed unless what was staged is what was promised.
        release: Called once everything is staged or has failed.
    """

    kind: Kind
    id: str
    frames: Mapping[str, Frame]
    removed: Mapping[str, Counts] = field(default_factory=dict)
    withdrawn: Mapping[str, Counts] = field(default_factory=dict)
    days: Mapping[str, Sequence[date]] = field(default_factory=dict)
    backfill: Mapping[str, str] | None = None
    moving: Mapping[str, Counts] = field(default_factory=dict)
    audit: Callable[[Mapping[str, Staged]], None] = field(default=lambda _staged: None)
    release: Callable[[], None] = field(default=_nothing)

    def stamp(self, table: TablePort[Frame], staged: Staged, previous: Stamp, writer: str) -> Stamp:
        """The stamp of a table that takes this revision: it stands where it stood, its rows are others.

        What it says of its newest box stays: a rollback of another table may open that box again, to be audited.
        """
        is_lead = table.name == next(iter(self.frames))
        return replace(
            previous,
            writer=writer,
            attempt=staged.attempt,
            revision=self.id,
            revised_days=tuple(sorted(self.days.get(table.name, ()))),
            backfill=self.backfill or previous.backfill,
            moving=self.moving if self.backfill and is_lead else previous.moving,
            totals=previous.totals.plus(self._added(table, staged.counts)),
        )

    def _added(self, table: TablePort[Frame], rows: Counts) -> Totals:
        if table.role is Role.DERIVED:
            return Totals()
        gained = rows.minus(self.removed.get(table.name, Counts()))
        brought = rows if self.kind is Kind.REPLAY else Counts()
        replayed = brought.minus(self.withdrawn.get(table.name, Counts()))
        return Totals(**table.role.rows(gained), replayed=replayed)


def backfilling(lead: Stamp | None, stamps: Mapping[str, Stamp | None]) -> tuple[str, ...]:
    """The tables that do not carry the lead's newest backfill yet."""
    if lead is None or lead.backfill is None:
        return ()
    return tuple(
        table
        for table, stamp in stamps.items()
        if stamp is None or (stamp.backfill or {}).get("id") != lead.backfill["id"]
    )
