"""The publish protocol against real Iceberg: what is visible when, and who may publish on what."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from pyspark.sql import SparkSession
from shoplake_contracts.errors import StampMissing, WriterConflict
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Counts
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.tables import ensure_tables

from .quarantined import QUARANTINE, blank, rows, stamp, visible

pytestmark = pytest.mark.spark


@pytest.fixture
def table(spark: SparkSession) -> Iterator[IcebergTable]:
    ensure_tables(spark, [QUARANTINE])
    yield IcebergTable(spark, QUARANTINE, role=Role.QUARANTINED, group="main")
    spark.sql(f"DROP TABLE iceberg.{QUARANTINE} PURGE")


def test_staged_rows_are_counted_and_seen_by_nobody(spark: SparkSession, table: IcebergTable) -> None:
    staged = table.stage(Output(rows(spark, 1, range(7))), "a1")

    assert (staged.rows, staged.counts) == (7, Counts({"purchases": (0, 7)}))
    assert staged.appended_at_min == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert visible(spark) == 0
    assert table.newest_stamp() is None


def test_publish_shows_the_rows_and_the_stamp(spark: SparkSession, table: IcebergTable) -> None:
    first = stamp("a1", 7)
    table.publish(table.stage(Output(rows(spark, 0, range(7))), "a1"), first, None)

    assert visible(spark) == 7
    assert table.newest_stamp() == first


def test_a_batch_planned_on_an_older_stamp_is_refused(spark: SparkSession, table: IcebergTable) -> None:
    first, second = stamp("a1", 7), stamp("a2", 9)
    table.publish(table.stage(Output(rows(spark, 0, range(7))), "a1"), first, None)
    late = table.stage(Output(rows(spark, 0, range(7))), "zombie")
    table.publish(table.stage(Output(rows(spark, 0, range(7, 9))), "a2"), second, first)

    with pytest.raises(WriterConflict, match="attempt a2"):
        table.publish(late, stamp("zombie", 7, writer="z"), first)
    with pytest.raises(WriterConflict):
        table.publish(late, stamp("zombie", 7, writer="z"), None)
    assert visible(spark) == 9


def test_the_same_batch_is_not_published_twice(spark: SparkSession, table: IcebergTable) -> None:
    first = stamp("a1", 7)
    staged = table.stage(Output(rows(spark, 0, range(7))), "a1")
    table.publish(staged, first, None)

    with pytest.raises(WriterConflict):
        table.publish(staged, first, None)
    assert visible(spark) == 7


def test_a_compaction_in_between_does_no_harm(spark: SparkSession, table: IcebergTable) -> None:
    first, second = stamp("a1", 3), stamp("a2", 6)
    table.publish(table.stage(Output(rows(spark, 0, range(3))), "a1"), first, None)
    staged = table.stage(Output(rows(spark, 0, range(3, 6))), "a2")
    spark.sql(
        f"CALL iceberg.system.rewrite_data_files(table => '{QUARANTINE}', options => map('rewrite-all', 'true'))"
    ).collect()
    table.publish(staged, second, first)

    assert visible(spark) == 6
    assert table.newest_stamp() == second


def test_no_rows_still_move_the_position(spark: SparkSession, table: IcebergTable) -> None:
    first, second = stamp("a1", 3), stamp("a2", 6)
    table.publish(table.stage(Output(None), "a1"), first, None)
    table.publish(table.stage(Output(rows(spark, 0, range(0))), "a2"), second, first)

    assert table.newest_stamp() == second
    assert visible(spark) == 0


def test_rows_without_a_stamp_are_refused(spark: SparkSession, table: IcebergTable) -> None:
    rows(spark, 0, range(2)).writeTo(f"iceberg.{QUARANTINE}").append()

    with pytest.raises(StampMissing, match=QUARANTINE):
        table.newest_stamp()


def test_an_overwrite_replaces_exactly_its_days(spark: SparkSession) -> None:
    name = "gold.customer_days"
    ensure_tables(spark, [name])
    gold = IcebergTable(spark, name, role=Role.DERIVED, group="main")
    days = [date(2024, 5, number) for number in (1, 2, 3)]

    def publish(dated: list[date], replaced: list[date], this: Stamp, planned_on: Stamp | None) -> None:
        ids = spark.createDataFrame([(day,) for day in dated], "day date")
        content = blank(ids, name, {"partition_date": "day", "user_id": f"'{this.attempt}'"})
        gold.publish(gold.stage(Output(content, days=tuple(replaced)), this.attempt), this, planned_on)

    first, second = stamp("a1", 1), stamp("a2", 2)
    publish(days, days, first, None)
    publish([days[1]], days[1:], second, first)

    found = {row["partition_date"]: row["user_id"] for row in spark.table(f"iceberg.{name}").collect()}
    spark.sql(f"DROP TABLE iceberg.{name} PURGE")
    assert found == {days[0]: "a1", days[1]: "a2"}
