"""The publish protocol against real Iceberg: what is visible when, and who may publish on what."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession
from shoplake_contracts.errors import StampMissing, WriterConflict
from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Counts, Position
from shoplake_spark_kit.housekeeping import trim
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.tables import ensure_tables

pytestmark = pytest.mark.spark
QUARANTINE = "silver.quarantine"


@pytest.fixture
def table(spark: SparkSession) -> Iterator[IcebergTable]:
    ensure_tables(spark, [QUARANTINE])
    yield IcebergTable(spark, QUARANTINE, role=Role.QUARANTINED, group="main")
    spark.sql(f"DROP TABLE iceberg.{QUARANTINE} PURGE")


def rows(spark: SparkSession, partition: int, offsets: range, day: str = "2024-05-01") -> DataFrame:
    return spark.range(offsets.start, offsets.stop).selectExpr(
        "'purchases' AS topic",
        "0 AS epoch",
        f"{partition} AS partition",
        "id AS offset",
        f"timestamp'{day} 10:00:00Z' AS kafka_timestamp",
        f"timestamp'{day} 10:00:01Z' AS ingested_at",
        "cast('x' AS binary) AS value",
        "'purchase' AS event_type",
        "'not_json' AS reason",
        "cast(array() AS array<struct<rule:string,path:string,message:string>>) AS errors",
        "1 AS rule_version",
        f"timestamp'{day} 10:00:02Z' AS first_seen",
        f"timestamp'{day} 10:00:02Z' AS processing_time",
    )


def stamp(attempt: str, end: int, writer: str = "a") -> Stamp:
    return Stamp(
        stage="silver",
        group="main",
        writer=writer,
        position=Position({"purchases": (end,)}),
        origin=Position.zero(),
        epochs={},
        topic_ids={},
        cluster="c",
        attempt=attempt,
    )


def visible(spark: SparkSession) -> int:
    return spark.table(f"iceberg.{QUARANTINE}").count()


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


def test_trimming_keeps_the_newest_stamp_and_the_rows(spark: SparkSession, table: IcebergTable) -> None:
    newest = None
    for number in range(1, 6):
        batch = Output(rows(spark, 0, range(number, number + 1)))
        following = stamp(f"a{number}", number)
        table.publish(table.stage(batch, following.attempt), following, newest)
        newest = following
    trim(spark, QUARANTINE, keep=2, keep_for=datetime.now(UTC) - datetime.now(UTC))

    left = spark.sql(f"SELECT * FROM iceberg.{QUARANTINE}.snapshots").count()
    assert left == 2
    assert table.newest_stamp() == newest
    assert visible(spark) == 5


def test_an_overwrite_replaces_exactly_its_days(spark: SparkSession) -> None:
    spark.sql("CREATE TABLE iceberg.silver.days (partition_date date, n int) USING iceberg PARTITIONED BY (partition_date) TBLPROPERTIES ('write.wap.enabled'='true')")  # fmt: skip
    days = IcebergTable.__new__(IcebergTable)
    days.__dict__.update(_spark=spark, name="silver.days", role=Role.DERIVED, _group="main", _columns={"n"}, _replaces={}, _published=0)  # fmt: skip
    one, two, three = (date(2024, 5, number) for number in (1, 2, 3))

    def publish(content: dict[date, int], replaced: tuple[date, ...], this: Stamp, planned_on: Stamp | None) -> Staged:
        frame = spark.createDataFrame([(day, n) for day, n in content.items()], "partition_date date, n int")
        staged = days.stage(Output(frame, days=replaced), this.attempt)
        days.publish(staged, this, planned_on)
        return staged

    first, second = stamp("a1", 1), stamp("a2", 2)
    publish({one: 1, two: 2, three: 3}, (one, two, three), first, None)
    publish({two: 22}, (two, three), second, replace(first))

    found = {row["partition_date"]: row["n"] for row in spark.table("iceberg.silver.days").collect()}
    assert found == {one: 1, two: 22}
