"""Bugs in what a stage reads: boxes, positions, totals, partitions, clocks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from shoplake_lake_kit import plan as planning
from shoplake_lake_kit import stage as staging
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.plan import Limits, Plan, Stamps
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.stage import Stage
from shoplake_lake_kit.stamp import Stamp, next_stamp
from shoplake_lake_kit.vector import Counts

from . import stages
from .model_broker import ModelBroker, Row, Rows
from .model_table import Frame, ModelTable
from .planted import Plant
from .rules import QUARANTINE, Rules
from .transform import slice_of, transform


def position_one_too_far(patch: pytest.MonkeyPatch) -> None:
    def wrong(previous: Stamp | None, batch: Stamp, offset_gaps: Counts) -> Stamp:
        stamp = next_stamp(previous, batch, offset_gaps)
        first = stamp.position.at("purchases", 0)
        return replace(stamp, position=stamp.position.with_("purchases", 0, first + 1)) if first else stamp

    patch.setattr(staging, "next_stamp", wrong)


def batch_skipped(patch: pytest.MonkeyPatch) -> None:
    right = planning._new_box

    def wrong(stamps: Stamps, lead: Stamp | None, source: Source, limits: Limits) -> Plan | None:
        plan = right(stamps, lead, source, limits)
        if plan is None or lead is None or len(plan.box.ranges()) < 2:
            return plan
        after = right(stamps, replace(lead, position=plan.box.end), source, limits)
        return replace(after, stamps=stamps) if after else plan

    patch.setattr(planning, "_new_box", wrong)


def open_box_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planning, "_behind", lambda _stamps, _lead: ())


def open_box_with_new_limits(patch: pytest.MonkeyPatch) -> None:
    right = planning._open_box

    def wrong(stamps: Stamps, lead: Stamp, behind: tuple[str, ...], source: Source) -> Plan:
        plan = right(stamps, lead, behind, source)
        return replace(plan, box=replace(plan.box, end=source.end))

    patch.setattr(planning, "_open_box", wrong)


def open_box_by_new_rules(patch: pytest.MonkeyPatch) -> None:
    def wrong(
        events: Sequence[Row], tables: Mapping[str, ModelTable], rules: Rules, pending: Collection[str]
    ) -> dict[str, Rows]:
        frames = transform(events, tables, rules, {*pending, QUARANTINE})
        return {name: frames[name] for name in pending}

    patch.setattr(stages, "transform", wrong)


def topic_made_anew_while_it_was_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(staging, "check_unchanged", lambda _topics, _box, _source: None)


def partition_dropped_at_the_broker(patch: pytest.MonkeyPatch) -> None:
    right = ModelBroker.read

    def wrong(broker: ModelBroker, box: Box) -> list[Row]:
        return [row for row in right(broker, box) if row.partition < 2]

    patch.setattr(ModelBroker, "read", wrong)


def partition_dropped_between_bronze_and_silver(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stages, "slice_of", lambda box, rows: [row for row in slice_of(box, rows) if row.partition < 2])


def copies_known_within_a_box_only(patch: pytest.MonkeyPatch) -> None:
    def wrong(
        events: Sequence[Row], tables: Mapping[str, ModelTable], rules: Rules, pending: Collection[str]
    ) -> dict[str, Rows]:
        forgetful = {
            name: table if name == QUARANTINE else ModelTable(name, table.role) for name, table in tables.items()
        }
        return transform(events, forgetful, rules, pending)

    patch.setattr(stages, "transform", wrong)


def totals_start_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(staging, "next_stamp", lambda _previous, batch, gaps: next_stamp(None, batch, gaps))


def clock_used_in_planning(patch: pytest.MonkeyPatch) -> None:
    right, seen = Stage.step, dict[str, datetime]()

    def wrong(stage: Stage[Frame]) -> bool:
        now = stage.clock()
        if now < seen.setdefault(stage.writer, now):
            return False
        seen[stage.writer] = now
        return right(stage)

    patch.setattr(Stage, "step", wrong)


MUTANTS: tuple[Plant, ...] = (
    position_one_too_far,
    batch_skipped,
    open_box_forgotten,
    open_box_with_new_limits,
    open_box_by_new_rules,
    topic_made_anew_while_it_was_read,
    partition_dropped_at_the_broker,
    partition_dropped_between_bronze_and_silver,
    copies_known_within_a_box_only,
    totals_start_again,
    clock_used_in_planning,
)
