"""Bugs planted in the protocol, each a mistake that somebody could make; a simulator that misses one proves nothing."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from shoplake_contracts.errors import PublishUnknown
from shoplake_lake_kit import plan as planning
from shoplake_lake_kit import stage as staging
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.plan import Plan, Stamps
from shoplake_lake_kit.ports import Source, Staged, TablePort
from shoplake_lake_kit.publisher import Publisher
from shoplake_lake_kit.stage import Stage
from shoplake_lake_kit.stamp import Stamp, next_stamp
from shoplake_lake_kit.vector import Counts

from . import driver
from .driver import Rows
from .model_broker import ModelBroker, Row
from .model_table import ModelTable
from .transform import slice_of

Plant = Callable[[pytest.MonkeyPatch], None]


def publish_without_comparing(patch: pytest.MonkeyPatch) -> None:
    def publish(table: ModelTable, staged: Staged, stamp: Stamp, _planned_on: Stamp | None) -> int:
        return table.append(staged, stamp)

    patch.setattr(ModelTable, "publish", publish)


def position_one_too_far(patch: pytest.MonkeyPatch) -> None:
    right = next_stamp

    def wrong(previous: Stamp | None, batch: Stamp, offset_gaps: Counts) -> Stamp:
        stamp = right(previous, batch, offset_gaps)
        first = stamp.position.at("purchases", 0)
        return replace(stamp, position=stamp.position.with_("purchases", 0, first + 1)) if first else stamp

    patch.setattr(staging, "next_stamp", wrong)


def open_box_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planning, "_behind", lambda _stamps, _lead: ())


def open_box_with_new_limits(patch: pytest.MonkeyPatch) -> None:
    right = planning._open_box

    def wrong(stamps: Stamps, lead: Stamp, behind: tuple[str, ...], source: Source) -> Plan:
        plan = right(stamps, lead, behind, source)
        return replace(plan, box=replace(plan.box, end=source.end))

    patch.setattr(planning, "_open_box", wrong)


def partition_dropped_at_the_broker(patch: pytest.MonkeyPatch) -> None:
    right = ModelBroker.read

    def wrong(broker: ModelBroker, box: Box) -> list[Row]:
        return [row for row in right(broker, box) if row.partition < 2]

    patch.setattr(ModelBroker, "read", wrong)


def partition_dropped_between_bronze_and_silver(patch: pytest.MonkeyPatch) -> None:
    right = slice_of
    patch.setattr(driver, "slice_of", lambda box, rows: [row for row in right(box, rows) if row.partition < 2])


def lost_reply_published_again(patch: pytest.MonkeyPatch) -> None:
    def wrong(
        _publisher: Publisher[Rows], table: TablePort[Rows], staged: Staged, stamp: Stamp, planned_on: Stamp | None
    ) -> int:
        try:
            return table.publish(staged, stamp, planned_on)
        except PublishUnknown:
            return table.publish(staged, stamp, table.newest_stamp())

    patch.setattr(Publisher, "_compare_and_swap", wrong)


def lost_reply_taken_for_success(patch: pytest.MonkeyPatch) -> None:
    def wrong(
        _publisher: Publisher[Rows], table: TablePort[Rows], staged: Staged, stamp: Stamp, planned_on: Stamp | None
    ) -> int | None:
        try:
            return table.publish(staged, stamp, planned_on)
        except PublishUnknown:
            return None

    patch.setattr(Publisher, "_compare_and_swap", wrong)


def stamp_read_from_all_snapshots(patch: pytest.MonkeyPatch) -> None:
    def wrong(table: ModelTable) -> Stamp | None:
        stamped = [snapshot.stamp for snapshot in table.snapshots.values() if snapshot.stamp]
        return stamped[-1] if stamped else None

    patch.setattr(ModelTable, "newest_stamp", wrong)


def lead_published_last(patch: pytest.MonkeyPatch) -> None:
    right = Stage._pending
    patch.setattr(Stage, "_pending", lambda stage, plan: right(stage, plan)[::-1])


def other_writers_welcome(patch: pytest.MonkeyPatch) -> None:
    def wrong(_publisher: Publisher[Rows], tables: Iterable[TablePort[Rows]]) -> Stamps:
        return {table.name: table.newest_stamp() for table in tables}

    patch.setattr(Publisher, "read_stamps", wrong)


def totals_start_again(patch: pytest.MonkeyPatch) -> None:
    right = next_stamp
    patch.setattr(staging, "next_stamp", lambda _previous, batch, gaps: right(None, batch, gaps))


def compaction_writes_a_stamp(patch: pytest.MonkeyPatch) -> None:
    def wrong(table: ModelTable) -> None:
        stamps = table.stamps()
        if stamps:
            # Computed before the last publish, committed after it.
            table.current = table._add(table.rows, stamps[min(1, len(stamps) - 1)])

    patch.setattr(ModelTable, "compact", wrong)


def expiry_forgets_the_stamp(patch: pytest.MonkeyPatch) -> None:
    def wrong(table: ModelTable) -> None:
        if table.current:
            table.snapshots = {table.current.id: table.current}

    patch.setattr(ModelTable, "expire", wrong)


MUTANTS: tuple[Plant, ...] = (
    publish_without_comparing,
    position_one_too_far,
    open_box_forgotten,
    open_box_with_new_limits,
    partition_dropped_at_the_broker,
    partition_dropped_between_bronze_and_silver,
    lost_reply_published_again,
    lost_reply_taken_for_success,
    stamp_read_from_all_snapshots,
    lead_published_last,
    other_writers_welcome,
    totals_start_again,
    compaction_writes_a_stamp,
    expiry_forgets_the_stamp,
)
