"""A table in memory with what matters of Iceberg: a chain of snapshots, staged ones beside it, a validated commit."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from shoplake_contracts.errors import StampMissing, WriterConflict
from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.stamp import Stamp, from_properties
from shoplake_lake_kit.vector import Counts

from .model_broker import Row, Rows
from .rules import day

# Writing and reading the properties costs a lot: one commit in some is enough to notice a fault.
ROUND_TRIP = 16


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All rows as of one commit; `stamp` is None for maintenance and for what is only staged.

    `moves` says whether the stamp's position is another than that of the group's stamp before it.
    """

    id: int
    parent: int | None
    rows: Rows
    stamp: Stamp | None = None
    moves: bool = False


@dataclass(frozen=True, slots=True)
class Overwrite:
    """A frame that takes the place of all rows of some days."""

    rows: Rows
    days: frozenset[int]


Frame = Rows | Overwrite


@dataclass(frozen=True, slots=True)
class Tags:
    """What expiry leaves behind: the oldest ancestor it keeps, and every group's newest stamped snapshot before it."""

    history: int | None = None
    stamps: Mapping[str, Snapshot] = field(default_factory=dict)


class ModelTable:
    """Implements the promises of `TablePort` for any writer group, and the maintenance that goes on beside a stage."""

    def __init__(self, name: str, role: Role) -> None:
        self.name = name
        self.role = role
        self.snapshots: dict[int, Snapshot] = {}
        self.current: Snapshot | None = None
        self.tags = Tags()
        self._ids = count(1)
        self._staged: dict[int, Frame] = {}

    @property
    def rows(self) -> Rows:
        return self.current.rows if self.current else ()

    def ancestors(self) -> Iterator[Snapshot]:
        snapshot = self.current
        while snapshot:
            yield snapshot
            snapshot = self.snapshots.get(snapshot.parent) if snapshot.parent else None

    def stamped(self) -> Iterator[Snapshot]:
        """The ancestors with a stamp; where expiry cut the chain, the tagged ones of groups that were not met.

        Raises:
            StampMissing: The chain ends where nobody tagged it.
        """
        met, walked = set(), set()
        last = None
        for snapshot in self.ancestors():
            last = snapshot
            walked.add(snapshot.id)
            if snapshot.stamp:
                met.add(snapshot.stamp.group)
                yield snapshot
        if last is None or last.parent is None:
            return
        if self.tags.history not in walked:
            raise StampMissing(f"{self.name} was cut behind {last.id}, and no tag says what was there")
        yield from (kept for group, kept in self.tags.stamps.items() if group not in met)

    def newest_stamp(self, group: str) -> Stamp | None:
        return next((one.stamp for one in self.stamped() if one.stamp and one.stamp.group == group), None)

    def recent(self) -> list[Stamp]:
        """Stamps, newest first, down to the first that stands at an earlier position than the newest."""
        found: list[Stamp] = []
        for snapshot in self.stamped():
            if snapshot.stamp:
                found.append(snapshot.stamp)
                if snapshot.stamp.position != found[0].position:
                    break
        return found

    def stage(self, frame: Frame, attempt: str) -> Staged:
        rows = frame.rows if isinstance(frame, Overwrite) else frame
        staged = self._add(self.rows + rows, None)
        self._staged[staged.id] = frame
        counts = Counts.from_items((row.topic, row.partition, 1) for row in rows)
        return Staged(snapshot_id=staged.id, attempt=attempt, counts=counts, rows=len(rows))

    def publish(self, staged: Staged, stamp: Stamp, planned_on: Stamp | None) -> int:
        newest = self.newest_stamp(stamp.group)
        if (newest and newest.attempt) != (planned_on and planned_on.attempt):
            raise WriterConflict(f"{self.name}: the newest stamp is not the one planned on")
        return self.append(staged, stamp)

    def append(self, staged: Staged, stamp: Stamp) -> int:
        """Commit without asking: what `publish` does once its condition holds."""
        frame = self._staged[staged.snapshot_id] if staged.snapshot_id else ()
        rows = self.rows
        if isinstance(frame, Overwrite):
            rows = (*(row for row in rows if day(row.event) not in frame.days), *frame.rows)
        else:
            rows += frame
        before = self.newest_stamp(stamp.group)
        number = staged.snapshot_id or 0
        kept = stamp if number % ROUND_TRIP else from_properties(stamp.to_properties())
        self.current = self._add(rows, kept, moves=before is None or before.position != stamp.position)
        return self.current.id

    def compact(self) -> None:
        """A maintenance commit: same rows, no stamp."""
        if self.current:
            self.current = self._add(self.rows, None)

    def tag(self, keep: Callable[[int, Snapshot], bool]) -> list[Snapshot]:
        """Tag what an expiry that keeps some of the newest ancestors would take away.

        Args:
            keep: Whether to go on to the next ancestor, from the number of those kept so far and the last of them.
        """
        ancestors = self.ancestors()
        kept: list[Snapshot] = []
        for snapshot in ancestors:
            kept.append(snapshot)
            if not keep(len(kept), snapshot):
                break
        if not kept:
            return kept
        inside = {snapshot.id for snapshot in kept}
        before: dict[str, Snapshot] = {}
        for snapshot in self.stamped():
            if snapshot.stamp and snapshot.id not in inside:
                before.setdefault(snapshot.stamp.group, snapshot)
        # A group whose newest stamp is kept may lie behind the cut as well, after a rollback.
        if self.tags.history in {snapshot.id for snapshot in self.ancestors()}:
            before = {**self.tags.stamps, **before}
        self.tags = Tags(kept[-1].id, before)
        return kept

    def expire(self, keep: Callable[[int, Snapshot], bool]) -> None:
        """Tag, then forget all ancestors but the newest, and whatever is only staged."""
        self.snapshots = {snapshot.id: snapshot for snapshot in self.tag(keep)}

    def _add(self, rows: tuple[Row, ...], stamp: Stamp | None, *, moves: bool = False) -> Snapshot:
        snapshot = Snapshot(next(self._ids), self.current.id if self.current else None, rows, stamp, moves)
        self.snapshots[snapshot.id] = snapshot
        return snapshot
