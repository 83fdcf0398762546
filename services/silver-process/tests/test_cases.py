"""Ring one: `cases/<group>/<case>/in.ndjson` through the real box, against `expect.ndjson`, all in one run.

A line of in.ndjson is a bronze row: topic, offset, and the payload as `event` (an object), `raw` (a text, kept to the
letter), `value_base64` (bytes) or none of them (a null payload). Left out: partition 0, epoch 0, kafka_timestamp
`ARRIVAL`, `headers` {}; `pad_to` fills `raw` up with blanks to so many bytes. `existing.ndjson` is what the tables hold
before. A line of expect.ndjson is one row of one table: every row of the seven frames has its line and vice versa;
what a line does not name is not compared.
"""

import base64
import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from shoplake_contracts import tables
from shoplake_contracts.reasons import Reason
from shoplake_spark_kit.lineage import cut
from silver_process.box import Judged, judge, settle
from silver_process.routing import typed_tables

Settled = Mapping[str, DataFrame]
pytestmark = pytest.mark.spark

CASES = sorted(Path(__file__).parent.glob("cases/*/*/in.ndjson"))
ARRIVAL = "2025-03-04T12:00:00Z"
NOW = datetime(2025, 3, 4, 12, 0, 30, tzinfo=UTC)
PARAMETERS = {"oldest_event": date(1990, 1, 1)}
BRONZE = (
    "topic string, epoch int, partition int, offset bigint, kafka_timestamp timestamp, value binary, "
    "event_type string, raw_data string, processing_time timestamp"
)
HELD = "table string, event_id string, timestamp timestamp, topic string, epoch int, partition int, offset bigint"
# Cases run as one box: each gets partitions of its own, so that addresses tell them apart.
STRIDE = 100


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def bronze_row(line: Mapping[str, Any], case: int) -> tuple[Any, ...]:
    raw = json.dumps(line["event"], ensure_ascii=False) if "event" in line else line.get("raw")
    if raw is not None:
        raw = raw.ljust(line.get("pad_to", 0))
    value = base64.b64decode(line["value_base64"]) if "value_base64" in line else None
    return (
        line["topic"],
        line.get("epoch", 0),
        line.get("partition", 0) + case * STRIDE,
        line["offset"],
        instant(line.get("kafka_timestamp", ARRIVAL)),
        value,
        line.get("headers", {}).get("event_type") or line.get("event", {}).get("event_type"),
        raw,
        instant(ARRIVAL),
    )


def held_row(line: Mapping[str, Any], case: int) -> tuple[Any, ...]:
    place = (line["topic"], line.get("epoch", 0), line.get("partition", 0) + case * STRIDE, line["offset"])
    return (line["table"], line["event_id"], instant(line["timestamp"]), *place)


@pytest.fixture(scope="module")
def judged(spark: SparkSession) -> Judged:
    rows = [bronze_row(line, number) for number, file in enumerate(CASES) for line in lines(file)]
    return judge(spark.createDataFrame(rows, BRONZE), NOW, PARAMETERS, cut)


@pytest.fixture(scope="module")
def held(spark: SparkSession) -> DataFrame:
    files = [file.with_name("existing.ndjson") for file in CASES]
    return spark.createDataFrame(
        [held_row(line, number) for number, file in enumerate(files) for line in lines(file)], HELD
    )


@pytest.fixture(scope="module")
def settled(judged: Judged, held: DataFrame) -> Settled:
    return settle(judged, lambda name: held.where(held["table"] == name), cut)


@pytest.fixture(scope="module")
def found(settled: Settled) -> dict[str, list[dict[str, Any]]]:
    return {name: [in_case(shown(row)) for row in frame.collect()] for name, frame in settled.items()}


def in_case(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the partitions of its case's files, and the number of the case."""
    shifted = {name: row[name] % STRIDE for name in ("partition", "kept_partition") if name in row}
    return {**row, **shifted, "case": row["partition"] // STRIDE}


def shown(value: Any) -> Any:
    """A Spark value as JSON has it; decimals as text, so that no zero is lost; bytes as text where they are."""
    if isinstance(value, Row):
        return {key: shown(inner) for key, inner in value.asDict().items()}
    if isinstance(value, list):
        return [shown(inner) for inner in value]
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "backslashreplace").rstrip(" ")
    return str(value) if isinstance(value, Decimal) else value


def place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (row["table"], row["topic"], row.get("partition", 0), row["offset"])


def matches(actual: Any, expected: Any) -> bool:
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(key in actual and matches(actual[key], inner) for key, inner in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(actual) == len(expected) and all(map(matches, actual, expected))
    return bool(actual == expected)


@pytest.mark.parametrize("number", range(len(CASES)), ids=["/".join(file.parts[-3:-1]) for file in CASES])
def test_case(found: dict[str, list[dict[str, Any]]], number: int) -> None:
    actual = {
        place({**row, "table": name}): row for name, rows in found.items() for row in rows if row["case"] == number
    }
    expected = {place(line): line for line in lines(CASES[number].with_name("expect.ndjson"))}
    assert sorted(actual) == sorted(expected)
    wrong = {
        key: {name: (actual[key].get(name), wanted) for name, wanted in line.items() if name in actual[key]}
        for key, line in expected.items()
        if not matches({**actual[key], "table": key[0]}, line)
    }
    assert wrong == {}


def test_every_row_ends_in_exactly_one_frame(found: dict[str, list[dict[str, Any]]]) -> None:
    came = Counter((number, *bronze_row(line, 0)[:4]) for number, file in enumerate(CASES) for line in lines(file))
    address = ("case", "topic", "epoch", "partition", "offset")
    went = Counter(tuple(row[name] for name in address) for rows in found.values() for row in rows)
    assert went == came
    assert set(went.values()) == {1}


def test_frames_are_the_contracts(settled: Settled) -> None:
    for name, frame in settled.items():
        actual = [(field.name, field.dataType.simpleString()) for field in frame.schema]
        assert actual == [(column.name, column.type) for column in tables.load()[name].columns]


def test_the_frames_are_the_seven_tables(settled: Settled) -> None:
    names = {table.name for table in typed_tables()}
    assert set(settled) == names | {"silver.quarantine", "ops.duplicates"}
    assert len(names) == 5


def test_there_is_a_case_for_every_reason(found: dict[str, list[dict[str, Any]]]) -> None:
    assert {row["reason"] for row in found["silver.quarantine"]} == {reason.value for reason in Reason}


def test_what_is_required_is_there(settled: Settled) -> None:
    for name, frame in settled.items():
        required = [column.name for column in tables.load()[name].columns if not column.nullable]
        absent = reduce(lambda one, other: one | other, (frame[column].isNull() for column in required))
        assert frame.where(absent).count() == 0, name


def test_a_box_done_again_after_it_was_published_is_the_same(judged: Judged, held: DataFrame, settled: Settled) -> None:
    columns = held.columns[1:]

    def published(name: str) -> DataFrame:
        return held.where(held["table"] == name).select(columns).union(settled[name].select(columns))

    again = settle(judged, published, cut)
    for name in ("silver.page_views", "silver.purchases", "ops.duplicates"):
        assert places(again[name]) == places(settled[name])


def places(frame: DataFrame) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in frame.select("topic", "epoch", "partition", "offset").collect()}


def test_the_days_are_those_of_the_valid_events(judged: Judged, found: dict[str, list[dict[str, Any]]]) -> None:
    days = {(row["table"], row["day"].isoformat()) for row in judged.days().collect()}
    kept = {(table.name, row["timestamp"][:10]) for table in typed_tables() for row in found[table.name]}
    assert kept <= days
