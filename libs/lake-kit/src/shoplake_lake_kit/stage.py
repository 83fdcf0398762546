"""The stage: the one loop by which bronze, silver and gold write, and the only code that decides what is published.

`step` is position → plan → stage → audit → publish → announce. All memory between two steps is in the tables: a
stage may die anywhere and another one goes on. The protocol in full: docs/decisions/0002-publish-compare-and-swap.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic
from uuid import uuid4

from shoplake_contracts.errors import PublishUnknown, WriterConflict

from shoplake_lake_kit.audit import Audited, audit
from shoplake_lake_kit.plan import Limits, Plan, Stamps, make_plan
from shoplake_lake_kit.ports import BrokerPort, Frame, Role, Staged, TablePort, Work
from shoplake_lake_kit.publication import Publication
from shoplake_lake_kit.stamp import Stamp, next_stamp
from shoplake_lake_kit.vector import Counts

__all__ = ["Limits", "Publication", "Stage"]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One try at one box: what was planned, staged and proved."""

    plan: Plan
    id: str
    planned_at: datetime
    staged: dict[str, Staged]
    audited: Audited


@dataclass(kw_only=True)
class Stage(Generic[Frame]):
    """A single-writer loop over some tables. Deterministic given its ports, clock and attempt ids.

    Attributes:
        name: The stage's name, such as `silver`.
        group: The writer group in whose name it publishes.
        writer: This process, unique per start: a stamp of any other writer that appears later is a conflict.
        broker: Where events come from.
        tables: What it publishes, in publish order; the first is the lead, whose stamp fixes the box.
        work: Turns a box into frames; must give the same rows for the same box.
        limits: Bounds of a box.
        announce: Told about every publish; must not raise.
        clock: The time for announcements, never for data.
        new_attempt: A new unique attempt id.
    """

    name: str
    group: str
    writer: str
    broker: BrokerPort
    tables: Sequence[TablePort[Frame]]
    work: Work[Frame]
    limits: Limits
    announce: Callable[[Publication], None]
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    new_attempt: Callable[[], str] = field(default=lambda: str(uuid4()))
    _taken_over: dict[str, str | None] = field(init=False, default_factory=dict, repr=False)

    def step(self) -> bool:
        """Complete the open box, or read and publish the next one.

        Returns:
            False if there was nothing to read; nothing was written then.

        Raises:
            Transient: Call again later; nothing is lost or doubled by that.
            Refusal: Going on could lose, double or change events; a person has to look first.
        """
        stamps = self._read_stamps()
        plan = make_plan(stamps, self.broker.source(), self.limits)
        if plan is None:
            return False
        attempt = self._prepare(plan)
        for table in self._pending(plan):
            self._publish(table, attempt)
        return True

    def _read_stamps(self) -> Stamps:
        stamps = {}
        for table in self.tables:
            stamp = table.newest_stamp()
            # Whatever the first look finds was left by a predecessor and is taken over.
            seen_first = self._taken_over.setdefault(table.name, stamp.attempt if stamp else None)
            if stamp and stamp.writer != self.writer and stamp.attempt != seen_first:
                raise self._conflict(table, stamp)
            stamps[table.name] = stamp
        return stamps

    def _prepare(self, plan: Plan) -> _Attempt:
        planned_at, attempt = self.clock(), self.new_attempt()
        batch = self.work(plan.box, plan.pending, attempt)
        try:
            staged = {table.name: table.stage(batch.frames[table.name], attempt) for table in self._pending(plan)}
            read = batch.read
        finally:
            batch.close()
        roles = {table.name: table.role for table in self.tables}
        return _Attempt(plan, attempt, planned_at, staged, audit(plan, roles, staged, read))

    def _publish(self, table: TablePort[Frame], attempt: _Attempt) -> None:
        staged, stamp = attempt.staged[table.name], self._stamp(table, attempt)
        snapshot_id = self._compare_and_swap(table, staged, stamp, attempt.plan.stamps[table.name])
        self.announce(
            Publication(
                stage=self.name,
                table=table.name,
                role=table.role,
                start=attempt.plan.box.start,
                end=stamp.position,
                read=stamp.read,
                counts=staged.counts,
                rows=staged.rows,
                snapshot_id=snapshot_id,
                attempt=attempt.id,
                appended_at_min=staged.appended_at_min,
                appended_at_max=staged.appended_at_max,
                planned_at=attempt.planned_at,
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

    def _stamp(self, table: TablePort[Frame], attempt: _Attempt) -> Stamp:
        plan, staged = attempt.plan, attempt.staged[table.name]
        batch = Stamp(
            stage=self.name,
            group=self.group,
            writer=self.writer,
            position=plan.box.end,
            origin=plan.origin,
            epochs=plan.box.epochs,
            topic_ids=plan.topic_ids,
            cluster=plan.cluster,
            attempt=attempt.id,
            read=attempt.audited.read,
            event_time_min=staged.event_time_min,
            event_time_max=staged.event_time_max,
            appended_at_min=staged.appended_at_min,
            appended_at_max=staged.appended_at_max,
            **_rows_by_role(table.role, staged.counts),
        )
        return next_stamp(plan.stamps[table.name], batch, attempt.audited.offset_gaps)

    def _pending(self, plan: Plan) -> list[TablePort[Frame]]:
        return [table for table in self.tables if table.name in plan.pending]

    def _conflict(self, table: TablePort[Frame], stamp: Stamp) -> WriterConflict:
        return WriterConflict(
            f"{table.name} carries attempt {stamp.attempt} of writer {stamp.writer} of group {stamp.group}; "
            f"this is writer {self.writer}"
        )


def _rows_by_role(role: Role, counts: Counts) -> dict[str, Any]:
    return {(Role.OUT if role is Role.DERIVED else role).value: counts}
