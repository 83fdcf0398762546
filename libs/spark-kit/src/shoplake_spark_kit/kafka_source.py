"""Reads a box from Kafka by its exact offsets: the same box gives the same rows, whenever it is read."""

import json
from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_lake_kit.box import Box


def read_box(spark: SparkSession, options: Mapping[str, str], box: Box) -> DataFrame:
    """The events of a box.

    Args:
        spark: the session to read with.
        options: Kafka client options by their plain names, such as `bootstrap.servers`.
        box: half-open ranges of offsets.

    Returns:
        topic, epoch, partition, offset, kafka_timestamp, key, value, headers(array of key and value).
    """
    reader = spark.read.format("kafka")
    for key, value in options.items():
        reader = reader.option(f"kafka.{key}", value)
    rows = (
        reader.option("kafka.isolation.level", "read_committed")
        .option("assign", json.dumps(_assignment(box)))
        .option("startingOffsets", json.dumps(_offsets(box, start=True)))
        .option("endingOffsets", json.dumps(_offsets(box, start=False)))
        .option("failOnDataLoss", "true")
        .option("includeHeaders", "true")
        .load()
    )
    return rows.select(
        "topic",
        _epoch(box).alias("epoch"),
        "partition",
        "offset",
        F.col("timestamp").alias("kafka_timestamp"),
        "key",
        "value",
        "headers",
    )


def _assignment(box: Box) -> dict[str, list[int]]:
    assigned: dict[str, list[int]] = {}
    for part in box.ranges():
        assigned.setdefault(part.topic, []).append(part.partition)
    return assigned


def _offsets(box: Box, *, start: bool) -> dict[str, dict[str, int]]:
    offsets: dict[str, dict[str, int]] = {}
    for part in box.ranges():
        offsets.setdefault(part.topic, {})[str(part.partition)] = part.start if start else part.end
    return offsets


def _epoch(box: Box) -> Column:
    epoch = F.lit(0)
    for topic, number in sorted({(part.topic, part.epoch) for part in box.ranges() if part.epoch}):
        epoch = F.when(F.col("topic") == topic, F.lit(number)).otherwise(epoch)
    return epoch
