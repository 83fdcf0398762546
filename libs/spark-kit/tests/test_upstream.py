"""What a stage finds before, and after, the stage before it has published."""

import pytest
from pyspark.sql import SparkSession
from shoplake_contracts.errors import UpstreamNotReady
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.vector import Position
from shoplake_spark_kit.tables import ensure_tables
from shoplake_spark_kit.upstream import Upstream, box_filter

pytestmark = pytest.mark.spark
RAW = "bronze.raw_events"


def test_a_table_that_is_not_there_yet_is_waited_for(spark: SparkSession) -> None:
    spark.sql("CREATE NAMESPACE IF NOT EXISTS iceberg.bronze")
    spark.sql(f"DROP TABLE IF EXISTS iceberg.{RAW}")

    with pytest.raises(UpstreamNotReady, match=RAW):
        Upstream(spark, [RAW], "main").source()


def test_an_empty_table_is_waited_for(spark: SparkSession) -> None:
    ensure_tables(spark, [RAW])

    with pytest.raises(UpstreamNotReady, match=RAW):
        Upstream(spark, [RAW], "main").source()


def test_a_box_takes_its_addresses_and_no_others(spark: SparkSession) -> None:
    rows = [(topic, 0, partition, offset) for topic in ("a", "b") for partition in (0, 1) for offset in range(4)]
    frame = spark.createDataFrame(rows, "topic string, epoch int, partition int, offset bigint")
    box = Box(Position({"a": (1, 4), "b": (0, 0)}), Position({"a": (3, 4), "b": (0, 1)}))

    found = sorted((row["topic"], row["partition"], row["offset"]) for row in frame.where(box_filter(box)).collect())
    assert found == [("a", 0, 1), ("a", 0, 2), ("b", 1, 0)]
