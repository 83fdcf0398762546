"""Kafka records become rows that keep every byte, whatever the payload is."""

from datetime import UTC, datetime

import pytest
from bronze_ingest.transforms.raw_events import TABLE, raw_events
from pyspark.sql import Row, SparkSession
from shoplake_contracts import tables

pytestmark = pytest.mark.spark
NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
RECORD = "topic string, epoch int, partition int, offset bigint, kafka_timestamp timestamp, key binary, value binary, headers array<struct<key:string,value:binary>>"  # fmt: skip # noqa: E501 - one schema, one line
EVENT = b'{"event_id":"e1","event_type":"page_view","timestamp":"2024-05-01T10:00:00+02:00","price":1.10}'


def rows_of(spark: SparkSession, *payloads: bytes | None, headers: list[Row] | None = None) -> list[Row]:
    records = [("page-views", 0, 1, number, NOW, b"k", payload, headers) for number, payload in enumerate(payloads)]
    frame = raw_events(spark.createDataFrame(records, RECORD), NOW)
    assert frame.columns == list(tables.load()[TABLE].column_names)
    return sorted(frame.collect(), key=lambda row: row["offset"])


def test_a_good_event_can_be_read_and_is_kept_once(spark: SparkSession) -> None:
    (row,) = rows_of(spark, EVENT)

    assert (row["event_id"], row["event_type"], row["raw_data"]) == ("e1", "page_view", EVENT.decode())
    assert row["timestamp"].timestamp() == datetime(2024, 5, 1, 8, tzinfo=UTC).timestamp()
    assert row["value"] is None


def test_no_payload_stops_a_row_or_loses_a_byte(spark: SparkSession) -> None:
    payloads = [b"\xff\xfe{}", b"", None, b"{not json", b"[1]", b'{"timestamp":"soon"}', "£ \0 é".encode()]
    found = rows_of(spark, *payloads)

    kept = [row["raw_data"].encode() if row["raw_data"] is not None else row["value"] for row in found]
    assert [bytes(value) if value is not None else None for value in kept] == payloads
    assert [row["timestamp"] for row in found] == [None] * len(payloads)


def test_a_header_names_the_event_before_the_payload_does(spark: SparkSession) -> None:
    headers = [Row(key="event_type", value=b"purchase"), Row(key="event_id", value=b"h1")]
    (row,) = rows_of(spark, EVENT, headers=headers)

    assert (row["event_type"], row["event_id"]) == ("purchase", "h1")
