"""The publish protocol against real Iceberg: what is visible when, and who may publish on what."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_contracts.errors import DaysChanged, StampMissing, WriterConflict
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.table_creation import make_tables
from shoplake_lake_kit.touched import Touched
from shoplake_lake_kit.vector import Counts
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.java import load_table

from .quarantined import QUARANTINE, blank, rows, stamp, visible

pytestmark = pytest.mark.spark


@pytest.fixture
def table(spark: SparkSession, lake: LakeSettings) -> Iterator[IcebergTable]:
    make_tables(lake, [QUARANTINE])
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


def test_an_overwrite_replaces_exactly_its_days(spark: SparkSession, lake: LakeSettings) -> None:
    name = "gold.customer_days"
    make_tables(lake, [name])
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


def test_days_of_a_timestamp_are_replaced_unless_they_changed_meanwhile(
    spark: SparkSession, lake: LakeSettings
) -> None:
    name, days = "silver.user_sessions", [date(2024, 5, number) for number in (1, 2, 3)]
    make_tables(lake, [name])
    typed = IcebergTable(spark, name, role=Role.OUT, group="main")

    def content(attempt: str, dated: list[date]) -> DataFrame:
        ids = spark.createDataFrame([(day, number) for number, day in enumerate(dated)], "day date, number int")
        midnight = "cast(day AS timestamp) + interval 1 day - interval 1 microsecond"
        return blank(ids, name, {"timestamp": midnight, "event_id": f"'{attempt}'", "offset": "number"})

    def snapshot() -> int:
        return int(load_table(spark, name).currentSnapshot().snapshotId())

    def replaced(attempt: str, dated: list[date], since: int) -> Output:
        return Output(content(attempt, dated), days=tuple(days[:2]), day_column="timestamp", since=since)

    first, second = stamp("a1", 3), stamp("a2", 3)
    typed.publish(typed.stage(Output(content("a1", days)), "a1"), first, None)
    since = snapshot()
    typed.publish(typed.stage(replaced("a2", days[1:2], since), "a2"), second, first)
    rows = spark.table(f"iceberg.{name}").select("event_id", F.to_date("timestamp")).collect()
    assert {tuple(row) for row in rows} == {("a2", days[1]), ("a1", days[2])}

    # Rows that came to these days after the new ones were computed refuse the publish; to another day they may come.
    since = snapshot()
    content("elsewhere", days[2:]).writeTo(f"iceberg.{name}").append()
    late = typed.stage(replaced("a3", days[:1], since), "a3")
    content("meanwhile", days[:1]).writeTo(f"iceberg.{name}").append()
    with pytest.raises(DaysChanged, match=name):
        typed.publish(late, stamp("a3", 3), second)
    # Without rows the days are emptied.
    emptied = Output(None, days=tuple(days[:2]), day_column="timestamp", since=snapshot())
    typed.publish(typed.stage(emptied, "a4"), stamp("a4", 3), second)
    left = sorted(row["event_id"] for row in spark.table(f"iceberg.{name}").collect())
    spark.sql(f"DROP TABLE iceberg.{name} PURGE")
    assert left == ["a1", "elsewhere"]


def test_staged_rows_tell_the_days_they_touch(spark: SparkSession, table: IcebergTable, lake: LakeSettings) -> None:
    names = {"silver.purchases": Role.OUT, "ops.duplicates": Role.DUPLICATES}
    make_tables(lake, list(names))
    typed, copies = (IcebergTable(spark, name, role=role, group="main") for name, role in names.items())
    ten = int(datetime(2024, 5, 1, 10, tzinfo=UTC).timestamp())
    # Four events, five hours apart, over two days; all arrived in one second.
    clock = {"timestamp": "timestamp'2024-05-01 10:00:00.9Z' + make_interval(0, 0, 0, 0, 5 * int(id))"}

    assert table.stage(Output(rows(spark, 1, range(7))), "a1").touched == Touched(arrived=((ten + 1, ten + 1),))
    assert typed.stage(Output(blank(spark.range(4), "silver.purchases", clock)), "a1").touched == Touched(
        happened=((ten, ten + 36_000), (ten + 54_000, ten + 54_000)), arrived=((ten + 1, ten + 1),)
    )
    assert typed.stage(Output(None), "a2").touched == Touched()
    assert copies.stage(Output(blank(spark.range(1), "ops.duplicates", {"ingested_at": "NULL"})), "a1").touched is None
    for name in names:
        spark.sql(f"DROP TABLE iceberg.{name} PURGE")
