"""Expiry beside the real publish: stamps are found, zombies are refused and rows are read, whatever has expired."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from pyspark.sql import SparkSession
from shoplake_contracts.errors import CatalogUnavailable, StampMissing, WriterConflict
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.reader import load_table as load_without_jvm
from shoplake_lake_kit.reader import open_catalog, stamps
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.table_creation import make_tables
from shoplake_spark_kit import housekeeping
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.java import each, load_table
from shoplake_spark_kit.maintenance.expiry import Expired, expire
from shoplake_spark_kit.maintenance.retention import Keep

from .quarantined import QUARANTINE, rows, stamp, visible

pytestmark = pytest.mark.spark
LATER = timedelta(hours=2)


class Group:
    """A writer group that publishes one batch after the other."""

    def __init__(self, spark: SparkSession, name: str) -> None:
        self.table = IcebergTable(spark, QUARANTINE, role=Role.QUARANTINED, group=name)
        self.name = name
        self.newest: Stamp | None = None
        self._spark = spark
        self._numbers = count(1)

    def publish(self, times: int = 1, rows_each: int = 0) -> Stamp:
        """Publish so many batches, with or without rows, and return the last one's stamp."""
        for number in [next(self._numbers) for _ in range(times)]:
            frame = rows(self._spark, 0, range(number, number + rows_each)) if rows_each else None
            staged = self.table.stage(Output(frame), f"{self.name}{number}")
            following = stamp(staged.attempt, number, group=self.name)
            self.table.publish(staged, following, self.newest)
            self.newest = following
        assert self.newest is not None
        return self.newest


@pytest.fixture
def group(spark: SparkSession, lake: LakeSettings) -> Iterator[Callable[[str], Group]]:
    make_tables(lake, [QUARANTINE])
    yield lambda name: Group(spark, name)
    spark.sql(f"DROP TABLE iceberg.{QUARANTINE} PURGE")


def expired(spark: SparkSession, last: int, *, after: timedelta = LATER) -> Expired:
    """Expire as if it were later, down to the newest so many published snapshots."""
    return expire(spark, QUARANTINE, Keep(last=last), now=lambda: datetime.now(UTC) + after)


def snapshots(spark: SparkSession) -> int:
    return int(load_table(spark, QUARANTINE).operations().current().snapshots().size())


def without_jvm(lake: LakeSettings, group: str) -> str | None:
    table = load_without_jvm(open_catalog(lake), QUARANTINE)
    return next((stamp.attempt for _, stamp in stamps(table) if stamp.group == group), None)


def test_an_idle_groups_stamp_outlives_hundreds_of_commits(
    spark: SparkSession, lake: LakeSettings, group: Callable[[str], Group]
) -> None:
    idle, busy = group("idle"), group("busy")
    idle.publish(rows_each=3)
    for _ in range(3):
        busy.publish(40)
        expired(spark, last=30)
    busy.publish(10)

    # Those kept, those since, and the two that hold stamps from before.
    assert snapshots(spark) == 30 + 10 + 2
    assert (idle.table.newest_stamp(), busy.table.newest_stamp()) == (idle.newest, busy.newest)
    assert [without_jvm(lake, name) for name in ("idle", "busy")] == ["idle1", "busy130"]
    assert visible(spark) == 3


def test_a_publish_on_a_tagged_stamp_passes_once(spark: SparkSession, group: Callable[[str], Group]) -> None:
    idle, busy, zombie = group("idle"), group("busy"), group("idle")
    first = idle.publish()
    late = zombie.table.stage(Output(rows(spark, 1, range(5))), "zombie")
    busy.publish(6)
    expired(spark, last=3, after=timedelta(minutes=20))
    idle.publish(rows_each=2)
    busy.publish(6)
    expired(spark, last=3, after=timedelta(minutes=20))

    for planned_on in (first, None):
        with pytest.raises(WriterConflict, match="idle2"):
            zombie.table.publish(late, stamp("zombie", 5, writer="z", group="idle"), planned_on)
    assert (idle.table.newest_stamp(), visible(spark)) == (idle.newest, 2)


def test_a_new_group_starts_at_nothing_in_a_table_of_another(
    spark: SparkSession, lake: LakeSettings, group: Callable[[str], Group]
) -> None:
    group("old").publish(4, rows_each=1)
    new = group("new")
    assert new.table.newest_stamp() is None
    expired(spark, last=2)
    assert new.table.newest_stamp() is None
    assert new.publish(rows_each=1) == new.table.newest_stamp()
    assert (without_jvm(lake, "new"), visible(spark)) == ("new1", 5)


def test_a_rollback_after_an_expiry_finds_the_stamps_of_its_time(
    spark: SparkSession, lake: LakeSettings, group: Callable[[str], Group]
) -> None:
    idle, busy = group("idle"), group("busy")
    first = idle.publish()
    busy.publish(3)
    back = load_table(spark, QUARANTINE).currentSnapshot().snapshotId()
    idle.publish()
    busy.publish(3)
    expired(spark, last=6)
    spark.sql(f"CALL iceberg.system.rollback_to_snapshot('{QUARANTINE}', {back})").collect()

    found = idle.table.newest_stamp(), busy.table.newest_stamp()
    assert [one and one.attempt for one in found] == [first.attempt, "busy3"]
    assert [without_jvm(lake, name) for name in ("idle", "busy")] == [first.attempt, "busy3"]
    idle.newest, busy.newest = found
    idle.publish()
    busy.publish(8)
    expired(spark, last=2)
    assert (idle.table.newest_stamp(), busy.table.newest_stamp()) == (idle.newest, busy.newest)


def test_a_tag_of_a_branch_that_was_rolled_back_moves_no_position(
    spark: SparkSession, group: Callable[[str], Group]
) -> None:
    """The tags say what was before the sixth commit; the table goes back to the second, and something else expires."""
    idle, busy = group("idle"), group("busy")
    busy.publish(2)
    back = load_table(spark, QUARANTINE).currentSnapshot().snapshotId()
    load_table(spark, QUARANTINE).manageSnapshots().createTag("by-hand", back).commit()
    idle.publish(2)
    busy.publish(3)
    expired(spark, last=2)
    load_table(spark, QUARANTINE).manageSnapshots().setCurrentSnapshot(back).commit()
    busy.newest = busy.table.newest_stamp()
    busy.publish(2)

    assert busy.table.newest_stamp() == busy.newest
    with pytest.raises(StampMissing, match="idle"):
        idle.table.newest_stamp()
    late = idle.table.stage(Output(None), "zombie")
    with pytest.raises(WriterConflict, match="the stamp is gone"):
        idle.table.publish(late, stamp("zombie", 5, group="idle"), None)
    with pytest.raises(StampMissing, match="idle"):
        expired(spark, last=1)


def test_a_history_that_something_else_expired_is_refused(spark: SparkSession, group: Callable[[str], Group]) -> None:
    idle, busy = group("idle"), group("busy")
    idle.publish(rows_each=1)
    busy.publish(3)
    later = datetime.now(UTC) + LATER
    expiry = load_table(spark, QUARANTINE).expireSnapshots().expireOlderThan(int(later.timestamp() * 1000))
    expiry.retainLast(1).commit()

    assert busy.table.newest_stamp() == busy.newest
    with pytest.raises(StampMissing, match=QUARANTINE):
        idle.table.newest_stamp()


def test_every_row_is_readable_when_all_staged_snapshots_are_gone(
    spark: SparkSession, group: Callable[[str], Group]
) -> None:
    main = group("main")
    main.publish(6, rows_each=4)
    given_up = main.table.stage(Output(rows(spark, 0, range(100, 110))), "given-up")
    files = [
        file.location()
        for file in each(load_table(spark, QUARANTINE).snapshot(given_up.snapshot_id).addedDataFiles(_io(spark)))
    ]
    done = expired(spark, last=1)

    # The newest one and the stamped one before it.
    assert (done.published, done.staged, snapshots(spark)) == (4, 7, 2)
    assert visible(spark) == 24
    assert files
    assert not any(_io(spark).newInputFile(file).exists() for file in files)


def test_a_staged_snapshot_is_kept_while_it_can_be_published_and_not_published_afterwards(
    spark: SparkSession, group: Callable[[str], Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    main = group("main")
    main.publish(rows_each=1)
    staged = main.table.stage(Output(rows(spark, 0, range(5, 8))), "slow")
    assert expired(spark, last=1, after=timedelta(minutes=50)).staged == 1  # the published one

    monkeypatch.setattr("shoplake_spark_kit.publish.PUBLISH_WITHIN", timedelta(0))
    with pytest.raises(CatalogUnavailable, match="written again"):
        main.table.publish(staged, stamp("slow", 8), main.newest)
    monkeypatch.undo()
    main.table.publish(staged, stamp("slow", 8), main.newest)
    assert visible(spark) == 4


def test_a_stage_trims_a_long_history_only(spark: SparkSession, group: Callable[[str], Group]) -> None:
    main = group("main")
    main.publish(5, rows_each=1)
    housekeeping.drop_leftovers(spark, QUARANTINE)
    housekeeping.trim(spark, QUARANTINE, long=10)
    assert snapshots(spark) == 10
    assert main.table.newest_stamp() == main.newest


def _io(spark: SparkSession) -> Any:
    return load_table(spark, QUARANTINE).io()
