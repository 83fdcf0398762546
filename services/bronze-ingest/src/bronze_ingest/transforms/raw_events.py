"""Kafka records as rows of `bronze.raw_events`: every byte kept, nothing judged."""

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_contracts import tables

TABLE = "bronze.raw_events"
PEEK = "event_id string, event_type string, timestamp string"


def raw_events(records: DataFrame, processing_time: datetime) -> DataFrame:
    """Add the columns that make bronze readable.

    Args:
        records: topic, epoch, partition, offset, kafka_timestamp, key, value, headers.
        processing_time: bronze's clock for this batch, UTC.

    Returns:
        The columns of the contract. The payload is kept once: as text in `raw_data` when it is UTF-8, as bytes in
        `value` when it is not. `event_id`, `event_type` and `timestamp` are best effort and never stop a row.
    """
    text = F.try_validate_utf8(F.col("value").cast("string"))
    peeked = records.withColumn("raw_data", text).withColumn("peek", F.from_json("raw_data", PEEK))
    filled = (
        peeked.withColumn("value", F.when(F.col("raw_data").isNull(), F.col("value")))
        .withColumn("event_id", F.coalesce(_header("event_id"), F.col("peek.event_id")))
        .withColumn("event_type", F.coalesce(_header("event_type"), F.col("peek.event_type")))
        .withColumn("timestamp", _believable(F.try_to_timestamp(F.col("peek.timestamp"))))
        .withColumn("processing_time", F.lit(processing_time))
    )
    return filled.select(*(F.col(column.name).cast(column.type) for column in tables.load()[TABLE].columns))


def _header(name: str) -> Column:
    found = F.filter("headers", lambda header: header["key"] == name)
    return F.try_validate_utf8(F.try_element_at(found, F.lit(1))["value"].cast("string"))


def _believable(timestamp: Column) -> Column:
    # Spark knows the year 12025; a row with it, or with the first or last that Python knows, could not be read by most.
    return F.when(F.year(timestamp).between(2, 9998), timestamp)
