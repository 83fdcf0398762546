"""A table in memory with what matters of Iceberg: a chain of snapshots, staged ones beside it, a validated commit."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import cast

from shoplake_contracts.errors import StampMissing, WriterConflict
from shoplake_lake_kit.ancestry import Ancestor, Lineage, Tags, newest_stamp
from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.stamp import Stamp, from_properties
from shoplake_lake_kit.vector import Counts

from .model_broker import Row, Rows
from .rules import day

# Writing and reading the properties costs a lot: one commit in some is enough to notice a fault.
ROUND_TRIP = 16


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All rows as of one commit; `carries` no stamp for maintenance and for what is only staged.

    `moves` says whether the stamp's position is another than that of the group's stamp before it. To
    `shoplake_lake_kit.ancestry` it is an `Ancestor`.
    """

    id: int
    parent: int | None
    rows: Rows
    carries: Stamp | None = None
    moves: bool = False

    @property
    def group(self) -> str | None:
        return self.carries.group if self.carries else None

    @property
    def is_first(self) -> bool:
        return self.parent is None

    def stamp(self) -> Stamp:
        if self.carries is None:
            raise StampMissing(f"snapshot {self.id}")
        return self.carries


@dataclass(frozen=True, slots=True)
class Overwrite:
    """A frame that takes the place of all rows of some days."""

    rows: Rows
    days: frozenset[int]


Frame = Rows | Overwrite


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
        # What was found, as long as nothing has changed: most looks are at the same history.
        self._looked_at: tuple[object, ...] = (None, None, None)
        self._newest: dict[str, Stamp | None] = {}

    @property
    def rows(self) -> Rows:
        return self.current.rows if self.current else ()

    def ancestors(self) -> Iterator[Snapshot]:
        snapshot = self.current
        while snapshot:
            yield snapshot
            snapshot = self.snapshots.get(snapshot.parent) if snapshot.parent else None

    def stamped(self) -> Iterator[Snapshot]:
        """The ancestors with a stamp; where expiry cut the chain, the tagged ones of groups that were not met."""
        return cast("Iterator[Snapshot]", Lineage(self._walk(), lambda: self.tags).stamped())

    def newest_stamp(self, group: str) -> Stamp | None:
        history = (self.current, self.tags, self.snapshots)
        if any(one is not other for one, other in zip(history, self._looked_at, strict=True)):
            self._looked_at, self._newest = history, {}
        if group not in self._newest:
            self._newest[group] = newest_stamp(self._walk(), group, lambda: self.tags)
        return self._newest[group]

    def recent(self) -> list[Stamp]:
        """Stamps, newest first, down to the first that stands at an earlier position than the newest."""
        found: list[Stamp] = []
        for snapshot in self.stamped():
            found.append(snapshot.stamp())
            if found[-1].position != found[0].position:
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
            if snapshot.id not in inside:
                before.setdefault(snapshot.stamp().group, snapshot)
        # A group whose newest stamp is kept may lie behind the cut as well, after a rollback.
        if self.tags.history in {snapshot.id for snapshot in self.ancestors()}:
            before = {**cast("Mapping[str, Snapshot]", self.tags.stamps), **before}
        self.tags = Tags(kept[-1].id, cast("Mapping[str, Ancestor]", before))
        return kept

    def expire(self, keep: Callable[[int, Snapshot], bool]) -> None:
        """Tag, then forget all ancestors but the newest, and whatever is only staged."""
        self.snapshots = {snapshot.id: snapshot for snapshot in self.tag(keep)}

    def _walk(self) -> Iterator[Ancestor]:
        return cast("Iterator[Ancestor]", self.ancestors())

    def _add(self, rows: tuple[Row, ...], stamp: Stamp | None, *, moves: bool = False) -> Snapshot:
        snapshot = Snapshot(next(self._ids), self.current.id if self.current else None, rows, stamp, moves)
        self.snapshots[snapshot.id] = snapshot
        return snapshot
