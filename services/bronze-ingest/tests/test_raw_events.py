"""Kafka records become rows that keep every byte, whatever the payload is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from bronze_ingest.transforms.raw_events import TABLE, raw_events
from shoplake_arrow_kit.records import RECORDS, header_lists
from shoplake_contracts import tables

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
EVENT = b'{"event_id":"e1","event_type":"page_view","timestamp":"2024-05-01T10:00:00+02:00","price":1.10}'
Headers = Sequence[tuple[str, bytes | None]]


def rows_of(*payloads: bytes | None, headers: Headers | None = None) -> list[dict[str, Any]]:
    address = {"topic": "page-views", "epoch": 0, "partition": 1, "kafka_timestamp": NOW, "key": b"k"}
    records = [{**address, "offset": number, "value": payload} for number, payload in enumerate(payloads)]
    table = pa.Table.from_pylist(records, schema=RECORDS)
    lists = header_lists([headers] * len(payloads))
    found = raw_events(table.set_column(RECORDS.get_field_index("headers"), RECORDS.field("headers"), lists), NOW)
    assert found.column_names == list(tables.load()[TABLE].column_names)
    return list(found.to_pylist())


def test_a_good_event_can_be_read_and_is_kept_once() -> None:
    (row,) = rows_of(EVENT)

    assert (row["event_id"], row["event_type"], row["raw_data"]) == ("e1", "page_view", EVENT.decode())
    assert row["timestamp"] == datetime(2024, 5, 1, 8, tzinfo=UTC)
    assert (row["value"], row["processing_time"]) == (None, NOW)


def test_no_payload_stops_a_row_or_loses_a_byte() -> None:
    payloads = [b"\xff\xfe{}", b"", None, b"{not json", b"[1]", b'{"timestamp":"soon"}', "£ \0 é".encode()]
    found = rows_of(*payloads)

    kept = [row["raw_data"].encode() if row["raw_data"] is not None else row["value"] for row in found]
    assert kept == payloads
    assert [row["timestamp"] for row in found] == [None] * len(payloads)


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"event_id":' + b"9" * 5_000 + b"}",
        b'{"event_id":1e999}',
        b'{"event_id":NaN}',
        b'{"event_id":"\\ud800"}',
        b'\xef\xbb\xbf{"event_id":"e1"}',
        b'{"event_id":{"event_id":"e1"},"timestamp":1714557600}',
        b'{"timestamp":"12025-01-01T00:00:00Z"}',
        b'{"timestamp":"0001-01-01T00:00:00+14:00"}',
        b'{"timestamp":"9999-12-31T23:59:59-14:00"}',
        b'{"timestamp":"0001-06-01T00:00:00Z"}',
        b'{"timestamp":"9999-01-01T00:00:00Z"}',
    ],
)
def test_what_cannot_be_told_is_null(payload: bytes) -> None:
    (row,) = rows_of(payload)
    assert (row["event_id"], row["event_type"], row["timestamp"]) == (None, None, None)
    assert row["raw_data"] == payload.decode()


def test_of_duplicate_keys_the_last_one_counts() -> None:
    assert rows_of(b'{"event_id":"a","event_id":"b"}')[0]["event_id"] == "b"


def test_a_time_without_a_zone_is_utc() -> None:
    assert rows_of(b'{"timestamp":"2024-05-01 10:00:00.123456"}')[0]["timestamp"] == datetime(
        2024, 5, 1, 10, 0, 0, 123456, tzinfo=UTC
    )


def test_a_header_names_the_event_before_the_payload_does() -> None:
    headers = [("event_type", b"purchase"), ("event_id", b"h1"), ("event_id", b"h2")]
    first, second = rows_of(EVENT, b"[]", headers=headers)

    assert (first["event_type"], first["event_id"]) == ("purchase", "h1")
    assert (second["event_type"], second["event_id"]) == ("purchase", "h1")
    assert [(it["key"], it["value"]) for it in first["headers"]] == headers


def test_a_header_that_is_no_text_does_not_hide_the_payload() -> None:
    (row,) = rows_of(EVENT, headers=[("event_id", b"\xff"), ("event_type", None)])
    assert (row["event_id"], row["event_type"]) == ("e1", "page_view")
