"""How a stage publishes: whose stamps it builds on, what a lost reply means, and when another writer was there.

Boxes, revisions and resolutions all go through here, so there is one way into a table and one place that tells a late
success of our own from a second writer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic

from shoplake_contracts.errors import PublishUnknown, WriterConflict

from shoplake_lake_kit.box import Box
from shoplake_lake_kit.crash import crash_point
from shoplake_lake_kit.plan import Stamps
from shoplake_lake_kit.ports import Frame, Staged, TablePort
from shoplake_lake_kit.publication import Publication
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Counts


@dataclass(kw_only=True)
class Publisher(Generic[Frame]):
    """One writer of one stage.

    Attributes:
        stage: The stage's name.
        writer: This process, unique per start: a stamp of any other writer that appears later is a conflict.
        announce: Told about every publish; must not raise.
        clock: The time for announcements, never for data.
    """

    stage: str
    writer: str
    announce: Callable[[Publication], None]
    clock: Callable[[], datetime]
    _taken_over: dict[str, str | None] = field(init=False, default_factory=dict, repr=False)

    def read_stamps(self, tables: Iterable[TablePort[Frame]]) -> Stamps:
        """The newest stamp of each table.

        Raises:
            WriterConflict: Another writer published since this one first looked.
        """
        stamps = {}
        for table in tables:
            stamp = table.newest_stamp()
            # Whatever the first look finds was left by a predecessor and is taken over.
            seen_first = self._taken_over.setdefault(table.name, stamp.attempt if stamp else None)
            if stamp and stamp.writer != self.writer and stamp.attempt != seen_first:
                raise self._conflict(table, stamp)
            stamps[table.name] = stamp
        return stamps

    def publish(
        self,
        table: TablePort[Frame],
        staged: Staged,
        stamp: Stamp,
        planned_on: Stamp | None,
        *,
        box: Box,
        planned_at: datetime,
    ) -> None:
        """Publish and announce.

        Raises:
            WriterConflict: The newest stamp is another writer's.
            PublishUnknown: The outcome is not known; the next look at the stamps tells.
        """
        crash_point(f"{self.stage}.before_publish")
        snapshot_id = self._compare_and_swap(table, staged, stamp, planned_on)
        crash_point(f"{self.stage}.after_publish")
        self.announce(
            Publication(
                stage=self.stage,
                table=table.name,
                role=table.role,
                start=box.start,
                end=stamp.position,
                # A replay or a backfill spans no box; its stamp still tells of the last one.
                read=Counts() if box.empty else stamp.read,
                counts=staged.counts,
                rows=staged.rows,
                kinds=staged.kinds,
                snapshot_id=snapshot_id,
                attempt=stamp.attempt,
                appended_at_min=staged.appended_at_min,
                appended_at_max=staged.appended_at_max,
                planned_at=planned_at,
                published_at=self.clock(),
            )
        )

    def _compare_and_swap(
        self, table: TablePort[Frame], staged: Staged, stamp: Stamp, planned_on: Stamp | None
    ) -> int | None:
        try:
            return table.publish(staged, stamp, planned_on)
        except PublishUnknown:
            newest = table.newest_stamp()
            if newest is None or newest.attempt != stamp.attempt:
                raise
        except WriterConflict as error:
            newest = table.newest_stamp()
            if newest is None:
                raise
            if newest.writer != self.writer:
                raise self._conflict(table, newest) from error
            if newest.attempt != stamp.attempt:
                # A publish of ours whose reply was lost took place late: the next step builds on it.
                raise PublishUnknown(f"{table.name}: attempt {newest.attempt} of this writer came first") from error
        return None

    def _conflict(self, table: TablePort[Frame], stamp: Stamp) -> WriterConflict:
        return WriterConflict(
            f"{table.name} carries attempt {stamp.attempt} of writer {stamp.writer} of group {stamp.group}; "
            f"this is writer {self.writer}"
        )
