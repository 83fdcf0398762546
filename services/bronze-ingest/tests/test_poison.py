"""The contract's poison corpus through bronze: nothing stops, every byte is kept, once."""

from datetime import UTC, datetime

import pytest
from bronze_ingest.transforms.raw_events import raw_events
from pyspark.sql import Row, SparkSession
from shoplake_contracts import poison
from shoplake_contracts.poison import Case

pytestmark = pytest.mark.spark
NOW = datetime(2025, 6, 1, 10, 16, tzinfo=UTC)
RECORD = (
    "topic string, epoch int, partition int, offset bigint, kafka_timestamp timestamp, key binary, value binary, "
    "headers array<struct<key:string,value:binary>>"
)


def text_of(case: Case) -> str | None:
    try:
        return None if case.value is None else case.value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def record(offset: int, case: Case) -> Row:
    headers = [Row(key=key, value=value.encode()) for key, value in case.headers.items()]
    return Row(case.topic, 0, 0, offset, NOW, case.key, case.value, headers)


def test_every_record_becomes_one_row_that_keeps_its_bytes_as_text_or_as_they_are(spark: SparkSession) -> None:
    corpus = poison.load()
    frame = raw_events(spark.createDataFrame([record(*numbered) for numbered in enumerate(corpus)], RECORD), NOW)
    rows = {row["offset"]: row for row in frame.collect()}

    assert sorted(rows) == list(range(len(corpus)))
    texts = [text_of(case) for case in corpus]
    assert [rows[offset]["raw_data"] for offset in sorted(rows)] == texts
    values = [None if text is not None else case.value for case, text in zip(corpus, texts, strict=True)]
    kept = [rows[offset]["value"] for offset in sorted(rows)]
    assert [None if value is None else bytes(value) for value in kept] == values
