"""Records through the real box, all in one run, and where each of them ended."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from shoplake_spark_kit.lineage import cut
from silver_process.box import judge, settle

# (topic, payload, event type in the header) in; per record (table, row) of every row it became out.
Record = tuple[str, bytes | None, str | None]
Ends = list[list[tuple[str, dict[str, Any]]]]
Boxed = Callable[[Sequence[Record]], Ends]

# Just after the time that the contract's good examples carry.
ARRIVAL = datetime(2025, 6, 1, 10, 16, tzinfo=UTC)
PARAMETERS = {"oldest_event": date(1990, 1, 1)}
BRONZE = (
    "topic string, epoch int, partition int, offset bigint, kafka_timestamp timestamp, value binary, "
    "event_type string, raw_data string, processing_time timestamp"
)
HELD = "event_id string, timestamp timestamp, topic string, epoch int, partition int, offset bigint"


@pytest.fixture(scope="session")
def boxed(spark: SparkSession) -> Boxed:
    """Makes one box of records, with the record's number as its offset, and settles it against empty tables."""

    def run(records: Sequence[Record]) -> Ends:
        rows = [_bronze_row(number, record) for number, record in enumerate(records)]
        judged = judge(spark.createDataFrame(rows, BRONZE), ARRIVAL, PARAMETERS, cut)
        nothing = spark.createDataFrame([], HELD)
        return _ends(settle(judged, lambda _: nothing, cut), len(records))

    return run


def _bronze_row(number: int, record: Record) -> tuple[Any, ...]:
    """As bronze keeps it: text where the payload is UTF-8, bytes where it is not."""
    topic, payload, header = record
    try:
        text, value = None if payload is None else payload.decode("utf-8"), None
    except UnicodeDecodeError:
        text, value = None, payload
    return (topic, 0, 0, number, ARRIVAL, value, header, text, ARRIVAL)


def _ends(frames: Mapping[str, DataFrame], count: int) -> Ends:
    found: dict[int, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for table, frame in frames.items():
        for row in frame.collect():
            found[row["offset"]].append((table, row.asDict(recursive=True)))
    assert found.keys() <= set(range(count))
    return [found[number] for number in range(count)]
