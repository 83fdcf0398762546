"""A table in memory with what matters of Iceberg: a chain of snapshots, staged ones beside it, a validated commit."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from shoplake_contracts.errors import StampMissing, WriterConflict
from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.stamp import Stamp, from_properties
from shoplake_lake_kit.vector import Counts

from .model_broker import Row


@dataclass(frozen=True)
class Snapshot:
    """All rows as of one commit; `stamp` is None for maintenance and for what is only staged."""

    id: int
    parent: int | None
    rows: tuple[Row, ...]
    stamp: Stamp | None = None


class ModelTable:
    """Implements the promises of `TablePort`, and the maintenance that goes on beside a stage."""

    def __init__(self, name: str, role: Role) -> None:
        self.name = name
        self.role = role
        self.snapshots: dict[int, Snapshot] = {}
        self.current: Snapshot | None = None
        self._ids = count(1)
        self._staged: dict[int, tuple[Row, ...]] = {}

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.current.rows if self.current else ()

    def ancestors(self) -> Iterator[Snapshot]:
        snapshot = self.current
        while snapshot:
            yield snapshot
            snapshot = self.snapshots.get(snapshot.parent) if snapshot.parent else None

    def stamps(self) -> list[Stamp]:
        return [snapshot.stamp for snapshot in self.ancestors() if snapshot.stamp]

    def newest_stamp(self) -> Stamp | None:
        stamp = next((snapshot.stamp for snapshot in self.ancestors() if snapshot.stamp), None)
        if stamp is None and self.rows:
            raise StampMissing(self.name)
        return stamp

    def stage(self, frame: tuple[Row, ...], attempt: str) -> Staged:
        staged = self._add(self.rows + frame, None)
        self._staged[staged.id] = frame
        counts = Counts.from_items((row.topic, row.partition, 1) for row in frame)
        return Staged(snapshot_id=staged.id, attempt=attempt, counts=counts, rows=len(frame))

    def publish(self, staged: Staged, stamp: Stamp, planned_on: Stamp | None) -> int:
        newest = self.newest_stamp()
        if (newest and newest.attempt) != (planned_on and planned_on.attempt):
            raise WriterConflict(f"{self.name}: the newest stamp is not the one planned on")
        return self.append(staged, stamp)

    def append(self, staged: Staged, stamp: Stamp) -> int:
        """Commit without asking: what `publish` does once its condition holds."""
        assert staged.snapshot_id is not None
        # Writing and reading the properties is half of a run's time: one commit in four is enough to notice a fault.
        kept = stamp if staged.snapshot_id % 4 else from_properties(stamp.to_properties())
        self.current = self._add(self.rows + self._staged[staged.snapshot_id], kept)
        return self.current.id

    def compact(self) -> None:
        """A maintenance commit: same rows, no stamp."""
        if self.current:
            self.current = self._add(self.rows, None)

    def expire(self) -> None:
        """Forget all history before the newest stamped ancestor."""
        kept: dict[int, Snapshot] = {}
        for snapshot in self.ancestors():
            kept[snapshot.id] = snapshot
            if snapshot.stamp:
                self.snapshots = kept
                return

    def roll_back(self) -> bool:
        """Return to the stamped ancestor before the newest one, if it is kept; later snapshots stay listed."""
        stamped = [snapshot for snapshot in self.ancestors() if snapshot.stamp]
        if len(stamped) < 2:
            return False
        self.current = stamped[1]
        return True

    def _add(self, rows: tuple[Row, ...], stamp: Stamp | None) -> Snapshot:
        snapshot = Snapshot(next(self._ids), self.current.id if self.current else None, rows, stamp)
        self.snapshots[snapshot.id] = snapshot
        return snapshot
