"""The audit before publishing: every event that was read is in exactly one table, or nothing is published."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shoplake_contracts.errors import AuditFailed

from shoplake_lake_kit.plan import Plan
from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.vector import Counts


@dataclass(frozen=True, slots=True)
class Audited:
    """The events a box turned out to hold, and the offsets in it that held none."""

    read: Counts = field(default_factory=Counts)
    offset_gaps: Counts = field(default_factory=Counts)


def audit(plan: Plan, roles: Mapping[str, Role], staged: Mapping[str, Staged], read: Counts | None) -> Audited:
    """Prove `read = out + quarantined + duplicates` for every topic-partition over all tables of the stage.

    Tables that already hold the box count with what their stamps say. Stages whose tables are all DERIVED have no
    equation: nothing is proved for them.

    Args:
        plan: The box and its tables.
        roles: Every table's role.
        staged: What was staged, per pending table.
        read: The events counted at the source; None takes the rows for the events, bounded by the box (bronze).

    Raises:
        AuditFailed: It does not hold; the message names every topic-partition with its numbers.
    """
    if all(role is Role.DERIVED for role in roles.values()):
        return Audited(read or Counts())
    landed = _landed(plan, roles, staged)
    events = landed if read is None else read
    _refuse("read and landed differ", events, landed)
    for table, stamp in plan.completed().items():
        _refuse(f"read now and when {table} was published differ", events, stamp.read)
    gaps = plan.box.counts().minus(events)
    _refuse("more events than offsets", events, events.lowest(plan.box.counts()))
    return Audited(events, gaps)


def _landed(plan: Plan, roles: Mapping[str, Role], staged: Mapping[str, Staged]) -> Counts:
    counts = {table: stamp.rows() for table, stamp in plan.completed().items()}
    counts |= {table: staged[table].counts for table in plan.pending}
    landed = Counts()
    for table, rows in counts.items():
        if roles[table] is not Role.DERIVED:
            landed = landed.plus(rows)
    return landed


def _refuse(what: str, left: Counts, right: Counts) -> None:
    differing = [
        f"{topic}/{partition}: {left.at(topic, partition)} and {right.at(topic, partition)}"
        for topic, partition, difference in left.minus(right).entries()
        if difference
    ]
    if differing:
        raise AuditFailed(f"{what} at {'; '.join(differing)}")
