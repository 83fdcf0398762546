"""One table, two kits: what this one writes Spark reads, compacts and expires, and of two writers one gives way."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pyiceberg.catalog import Catalog
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_arrow_kit.iceberg_table import IcebergTable
from shoplake_contracts.errors import WriterConflict
from shoplake_lake_kit.catalog import open_writable
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.table_creation import ensure_tables
from shoplake_spark_kit import iceberg_table
from shoplake_spark_kit.maintenance.compaction import compact, rewrite_manifests
from shoplake_spark_kit.maintenance.expiry import expire
from shoplake_spark_kit.maintenance.partitions import small_file_partitions
from shoplake_spark_kit.maintenance.retention import Keep

from .raw import NOW, RAW, TOOK, rows, stamp

pytestmark = pytest.mark.spark


@pytest.fixture
def shared(lake: LakeSettings, spark: SparkSession) -> Iterator[Catalog]:
    """The catalog of the run's Spark session, as this kit opens it, with a table that this kit made."""
    opened = open_writable(lake)
    ensure_tables(opened, [RAW])
    yield opened
    opened.close()
    spark.sql(f"DROP TABLE iceberg.{RAW} PURGE")


def without_jvm(catalog: Catalog) -> IcebergTable:
    return IcebergTable(catalog, RAW, role=Role.OUT, group="main")


def with_spark(spark: SparkSession) -> iceberg_table.IcebergTable:
    return iceberg_table.IcebergTable(spark, RAW, role=Role.OUT, group="main")


def publish(table: IcebergTable, number: int, planned_on: Stamp | None) -> Stamp:
    new = stamp(f"a{number}", number)
    table.publish(table.stage(rows(0, range(number - 1, number)), new.attempt), new, planned_on)
    return new


def offsets(spark: SparkSession, where: str = "true") -> list[int]:
    return sorted(row["offset"] for row in spark.table(f"iceberg.{RAW}").where(where).select("offset").collect())


def test_spark_reads_every_value(spark: SparkSession, shared: Catalog) -> None:
    first = publish(without_jvm(shared), 1, None)

    (row,) = spark.table(f"iceberg.{RAW}").select("*", F.unix_micros("kafka_timestamp").alias("us")).collect()
    assert (row["topic"], row["offset"], row["raw_data"], row["value"]) == ("purchases", 0, "{}", None)
    assert [(it["key"], bytes(it["value"])) for it in row["headers"]] == [("a", b"\xff")]
    assert row["us"] == TOOK.timestamp() * 1_000_000
    assert offsets(spark, "topic = 'purchases' AND offset < 1") == [0]
    assert offsets(spark, "topic = 'carts' OR offset > 0") == []
    assert with_spark(spark).newest_stamp() == first


def test_maintenance_between_plan_and_publish_does_no_harm(spark: SparkSession, shared: Catalog) -> None:
    table, newest = without_jvm(shared), None
    for number in range(1, 5):
        newest = publish(table, number, newest)
    staged = table.stage(rows(0, range(4, 5)), "a5")

    (partition,) = small_file_partitions(spark, RAW, min_files=2, now=NOW + timedelta(days=1))
    done = compact(spark, RAW, partition, min_files=2)
    assert (done.files_before, done.files_after, done.conflict) == (4, 1, None)
    rewrite_manifests(spark, RAW, above=1)
    gone = expire(spark, RAW, Keep(last=1), now=lambda: datetime.now(UTC) + timedelta(hours=2))
    assert (gone.published > 0, gone.conflict) == (True, None)

    assert table.newest_stamp() == newest
    last = stamp("a5", 5)
    table.publish(staged, last, newest)
    assert offsets(spark) == [0, 1, 2, 3, 4]
    assert with_spark(spark).newest_stamp() == last


def test_of_two_writers_the_second_gives_way_whichever_kit_it_is_of(spark: SparkSession, shared: Catalog) -> None:
    ours, theirs = without_jvm(shared), with_spark(spark)
    first = publish(ours, 1, None)
    ours_staged = ours.stage(rows(0, range(1, 2)), "ours")
    theirs_staged = theirs.stage(iceberg_table.Output(None), "theirs")
    theirs.publish(theirs_staged, stamp("theirs", 2, writer="b"), first)
    with pytest.raises(WriterConflict, match="attempt theirs"):
        ours.publish(ours_staged, stamp("ours", 2), first)

    newest = theirs.newest_stamp()
    late = theirs.stage(iceberg_table.Output(spark.table(f"iceberg.{RAW}")), "late")
    following = publish(ours, 3, newest)
    with pytest.raises(WriterConflict, match="attempt a3"):
        theirs.publish(late, stamp("late", 3, writer="b"), newest)
    assert theirs.newest_stamp() == ours.newest_stamp() == following
    assert offsets(spark) == [0, 2]
