"""The stage: the one loop by which bronze, silver and gold write, and the only code that decides what is published.

`step` is position → plan → stage → audit → publish → announce. All memory between two steps is in the tables: a
stage may die anywhere and another one goes on. The protocol in full: docs/decisions/0002-publish-compare-and-swap.md.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Generic
from uuid import uuid4

from shoplake_contracts.errors import BoxOpen

from shoplake_lake_kit.audit import Audited, audit
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.checks import check_unchanged
from shoplake_lake_kit.crash import crash_point
from shoplake_lake_kit.plan import Limits, Plan, Stamps, is_open, make_plan
from shoplake_lake_kit.ports import Batch, BrokerPort, Frame, Role, Staged, TablePort, Work
from shoplake_lake_kit.publication import Publication
from shoplake_lake_kit.publisher import Publisher
from shoplake_lake_kit.resolution import Loss, Resolution, Resolved, resolve
from shoplake_lake_kit.revision import Revision
from shoplake_lake_kit.stamp import Stamp, Totals, next_stamp
from shoplake_lake_kit.vector import Counts

__all__ = ["Limits", "Publication", "Stage"]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One try at one box."""

    plan: Plan
    planned_at: datetime
    id: str


@dataclass(kw_only=True)
class Stage(Generic[Frame]):
    """A single-writer loop over some tables. Deterministic given its ports, clock and attempt ids.

    Attributes:
        name: The stage's name, such as `silver`.
        group: The writer group in whose name it publishes.
        writer: This process, unique per start: a stamp of any other writer that appears later is a conflict.
        broker: Where events come from.
        tables: What it publishes, in publish order; the first is the lead, whose stamp fixes the box.
        ledgers: Tables beside them that only revisions and resolutions write.
        work: Turns a box into frames; must give the same rows for the same box.
        limits: Bounds of a box.
        first_limits: Bounds of the first box that this process plans, where it is slow until it has done one.
        may_begin: Asked before a box is begun; one that a crash left open is completed anyway.
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
    first_limits: Limits | None = None
    may_begin: Callable[[], bool] = lambda: True
    ledgers: Sequence[TablePort[Frame]] = ()
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    new_attempt: Callable[[], str] = field(default=lambda: str(uuid4()))
    publisher: Publisher[Frame] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.publisher = Publisher(stage=self.name, writer=self.writer, announce=self.announce, clock=self.clock)

    def step(self) -> bool:
        """Complete the open box, or read and publish the next one.

        Returns:
            False if there was nothing to read, or no box may be begun; nothing was written then.

        Raises:
            Transient: Call again later; nothing is lost or doubled by that.
            Refusal: Going on could lose, double or change events; a person has to look first.
        """
        crash_point(f"{self.name}.before_plan")
        stamps = self.stamps()
        plan = make_plan(stamps, self.broker.source(), self.first_limits or self.limits)
        if plan is None or not (is_open(stamps) or self.may_begin()):
            return False
        crash_point(f"{self.name}.after_plan")
        attempt = _Attempt(plan, self.clock(), self.new_attempt())
        batch = self.work(plan.box, plan.pending, attempt.id)
        try:
            for number, tables in enumerate(self._together(plan)):
                if number:
                    crash_point(f"{self.name}.between_tables")
                self._write(tables, batch, attempt)
        finally:
            batch.close()
        self.first_limits = None
        return True

    def stamps(self) -> Stamps:
        """The newest stamp of each table, in publish order.

        Raises:
            WriterConflict: Another writer published since this one first looked.
        """
        return self.publisher.read_stamps(self.tables)

    def revise(self, prepare: Callable[[Stamps, str], Revision[Frame]]) -> dict[str, Staged]:
        """Publish a replay or a backfill between two boxes.

        Args:
            prepare: From every table's stamp and a new attempt id to the rows.

        Returns:
            What was published, by table.

        Raises:
            BoxOpen: A crash left a box half published: `step` first.
            AuditFailed: What was staged is not what was promised; nothing was published.
        """
        stamps = self.stamps()
        lead = next(iter(stamps.values()))
        if lead is None or is_open(stamps):
            raise BoxOpen(f"{self.name} has a box to complete first")
        stamps = {**stamps, **self.publisher.read_stamps(self.ledgers)}
        planned_at, attempt = self.clock(), self.new_attempt()
        revision = prepare(stamps, attempt)
        point = f"{self.name}.{revision.kind}"
        crash_point(f"{point}.before_stage")
        tables = {table.name: table for table in (*self.tables, *self.ledgers)}
        try:
            staged = {name: tables[name].stage(frame, attempt) for name, frame in revision.frames.items()}
        finally:
            revision.release()
        crash_point(f"{point}.after_stage")
        revision.audit(staged)
        for number, (name, written) in enumerate(staged.items()):
            if number:
                crash_point(f"{point}.between_tables")
            # A ledger's first stamp begins where the lead stands.
            previous = stamps[name] or replace(lead, totals=Totals())
            stamp = revision.stamp(tables[name], written, previous, self.writer)
            box = Box(stamp.position, stamp.position)
            self.publisher.publish(tables[name], written, stamp, stamps[name], box=box, planned_at=planned_at)
        return staged

    def resolve(self, resolution: Resolution, write_down: Callable[[Sequence[Loss]], Frame]) -> Resolved:
        """Go on past a fault of the source, as a person has accepted it.

        The ledger is written before the position moves: what was given up is on record even if this process dies.

        Args:
            resolution: What was accepted.
            write_down: From the losses to the rows of the first ledger; leaves out those that are there already.

        Raises:
            BoxOpen: A crash left a box half published.
            ResolutionDiffers: The resolution does not name exactly what is wrong; nothing was written.
        """
        stamps = self.stamps()
        lead = next(iter(stamps.values()))
        if lead is None or is_open(stamps):
            raise BoxOpen(f"{self.name} has a box to complete first")
        resolved = resolve(lead, self.broker.source(), resolution)
        crash_point(f"{self.name}.before_resolve")
        planned_at, attempt = self.clock(), self.new_attempt()
        ledger = self.ledgers[0]
        (recorded,) = self.publisher.read_stamps([ledger]).values()
        staged = ledger.stage(write_down(resolved.losses), attempt)
        stamp = replace(resolved.stamp, writer=self.writer, attempt=attempt, totals=Totals())
        box = Box(lead.position, resolved.stamp.position)
        self.publisher.publish(ledger, staged, stamp, recorded, box=box, planned_at=planned_at)
        crash_point(f"{self.name}.after_resolve_ledger")
        for table in self.tables:
            nothing = Staged(snapshot_id=None, attempt=attempt, counts=Counts(), rows=0)
            stamp = replace(resolved.stamp, writer=self.writer, attempt=attempt)
            self.publisher.publish(table, nothing, stamp, stamps[table.name], box=box, planned_at=planned_at)
        return resolved

    def _together(self, plan: Plan) -> Iterator[Sequence[TablePort[Frame]]]:
        """The pending tables in publish order: all that one equation is about at once, derived ones each by itself.

        A derived table does not wait for the others: whoever reads it after a restart, or while another one cannot be
        computed, has it as soon as it is there.
        """
        pending = self._pending(plan)
        if all(table.role is Role.DERIVED for table in self.tables):
            yield from ([table] for table in pending)
        else:
            yield pending

    def _pending(self, plan: Plan) -> list[TablePort[Frame]]:
        return [table for table in self.tables if table.name in plan.pending]

    def _write(self, tables: Sequence[TablePort[Frame]], batch: Batch[Frame], attempt: _Attempt) -> None:
        """Stage some tables, audit them, and publish them one after the other."""
        plan, staged = attempt.plan, dict[str, Staged]()
        for table in tables:
            if staged:
                crash_point(f"{self.name}.mid_stage")
            staged[table.name] = table.stage(batch.frames[table.name], attempt.id)
        crash_point(f"{self.name}.after_stage")
        if not plan.is_table:
            check_unchanged(plan.topic_ids, plan.box, self.broker.source())
        audited = audit(plan, {table.name: table.role for table in self.tables}, staged, batch.read)
        crash_point(f"{self.name}.after_audit")
        for number, table in enumerate(tables):
            if number:
                crash_point(f"{self.name}.between_tables")
            self._publish(table, staged[table.name], audited, attempt)

    def _publish(self, table: TablePort[Frame], staged: Staged, audited: Audited, attempt: _Attempt) -> None:
        plan = attempt.plan
        planned_on = plan.stamps[table.name]
        batch = Stamp(
            stage=self.name,
            group=self.group,
            writer=self.writer,
            position=plan.box.end,
            origin=plan.origin,
            epochs=plan.epochs,
            topic_ids=plan.topic_ids,
            cluster=plan.cluster,
            attempt=attempt.id,
            read=audited.read,
            upstream=plan.revisions,
            complete_until=plan.complete_until,
            **staged.clocks(),
            **table.role.rows(staged.counts),
        )
        stamp = next_stamp(planned_on, batch, audited.offset_gaps)
        self.publisher.publish(table, staged, stamp, planned_on, box=plan.box, planned_at=attempt.planned_at)
