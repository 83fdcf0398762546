"""Bugs in how a table is published, and in what a lost reply or another writer means."""

from collections.abc import Iterable

import pytest
from shoplake_contracts.errors import PublishUnknown
from shoplake_lake_kit.plan import Stamps
from shoplake_lake_kit.ports import Staged, TablePort
from shoplake_lake_kit.publisher import Publisher
from shoplake_lake_kit.stage import Stage
from shoplake_lake_kit.stamp import Stamp

from .model_table import Frame, ModelTable
from .planted import Plant


def publish_without_comparing(patch: pytest.MonkeyPatch) -> None:
    def publish(table: ModelTable, staged: Staged, stamp: Stamp, _planned_on: Stamp | None) -> int:
        return table.append(staged, stamp)

    patch.setattr(ModelTable, "publish", publish)


def groups_compared_with_each_other(patch: pytest.MonkeyPatch) -> None:
    right = ModelTable.publish

    def publish(table: ModelTable, staged: Staged, stamp: Stamp, planned_on: Stamp | None) -> int:
        newest = next((one.stamp() for one in table.stamped()), None)
        if newest and planned_on and newest.attempt != planned_on.attempt:
            return right(table, staged, stamp, newest)
        return right(table, staged, stamp, planned_on)

    patch.setattr(ModelTable, "publish", publish)


def published_twice(patch: pytest.MonkeyPatch) -> None:
    def wrong(
        _publisher: Publisher[Frame], table: TablePort[Frame], staged: Staged, stamp: Stamp, planned_on: Stamp | None
    ) -> int:
        table.publish(staged, stamp, planned_on)
        return table.publish(staged, stamp, stamp)

    patch.setattr(Publisher, "_compare_and_swap", wrong)


def lost_reply_published_again(patch: pytest.MonkeyPatch) -> None:
    def wrong(
        _publisher: Publisher[Frame], table: TablePort[Frame], staged: Staged, stamp: Stamp, planned_on: Stamp | None
    ) -> int:
        try:
            return table.publish(staged, stamp, planned_on)
        except PublishUnknown:
            return table.publish(staged, stamp, table.newest_stamp())

    patch.setattr(Publisher, "_compare_and_swap", wrong)


def lost_reply_taken_for_success(patch: pytest.MonkeyPatch) -> None:
    def wrong(
        _publisher: Publisher[Frame], table: TablePort[Frame], staged: Staged, stamp: Stamp, planned_on: Stamp | None
    ) -> int | None:
        try:
            return table.publish(staged, stamp, planned_on)
        except PublishUnknown:
            return None

    patch.setattr(Publisher, "_compare_and_swap", wrong)


def other_writers_welcome(patch: pytest.MonkeyPatch) -> None:
    def wrong(_publisher: Publisher[Frame], tables: Iterable[TablePort[Frame]]) -> Stamps:
        return {table.name: table.newest_stamp() for table in tables}

    patch.setattr(Publisher, "read_stamps", wrong)


def lead_published_last(patch: pytest.MonkeyPatch) -> None:
    right = Stage._pending
    patch.setattr(Stage, "_pending", lambda stage, plan: right(stage, plan)[::-1])


MUTANTS: tuple[Plant, ...] = (
    publish_without_comparing,
    groups_compared_with_each_other,
    published_twice,
    lost_reply_published_again,
    lost_reply_taken_for_success,
    other_writers_welcome,
    lead_published_last,
)
