"""Looks rows up by address: which of some addresses a table has, without reading more of it than their ranges."""

from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_lake_kit.box import Range
from shoplake_lake_kit.topic_life import life_name
from shoplake_lake_kit.vector import Counts
from shoplake_spark_kit.upstream import ranges_filter

from silver_process.routing import ADDRESS

LIFE = ADDRESS[:3]


def ranges_of(addresses: DataFrame) -> tuple[Range, ...]:
    """The narrowest offset range of each partition that holds all of the addresses."""
    bounds = addresses.groupBy(*LIFE).agg(F.min("offset").alias("start"), (F.max("offset") + 1).alias("end"))
    return tuple(Range(*row) for row in bounds.sort(*LIFE).collect())


def at_addresses(spark: SparkSession, table: str, addresses: DataFrame, ranges: Iterable[Range]) -> DataFrame:
    """The rows of a table at these addresses; `ranges` are theirs."""
    rows = spark.table(f"iceberg.{table}").where(ranges_filter(ranges))
    return rows.join(addresses.select(*ADDRESS), list(ADDRESS), "left_semi")


def groups(rows: DataFrame, *columns: str) -> list[dict[str, Any]]:
    """How many rows (`n`) each combination of topic, epoch, partition and these columns has."""
    found = rows.groupBy(*LIFE, *columns).agg(F.count("*").alias("n")).collect()
    return [row.asDict() for row in found]


def counted(rows: Iterable[Mapping[str, Any]]) -> Counts:
    """Rows with topic, epoch, partition and `n`, summed up."""
    return Counts.from_items((life_name(row["topic"], row["epoch"]), row["partition"], row["n"]) for row in rows)
