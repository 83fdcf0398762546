"""The contract's poison corpus through bronze: nothing stops, every byte is kept, once."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from bronze_ingest.transforms.raw_events import raw_events
from shoplake_arrow_kit.records import RECORDS
from shoplake_contracts import poison
from shoplake_contracts.poison import Case

NOW = datetime(2025, 6, 1, 10, 16, tzinfo=UTC)


def text_of(case: Case) -> str | None:
    try:
        return None if case.value is None else case.value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def record(offset: int, case: Case) -> dict[str, Any]:
    headers = [{"key": key, "value": value.encode()} for key, value in case.headers.items()]
    address = {"topic": case.topic, "epoch": 0, "partition": 0, "offset": offset, "kafka_timestamp": NOW}
    return {**address, "key": case.key, "value": case.value, "headers": headers}


def test_every_record_becomes_one_row_that_keeps_its_bytes_as_text_or_as_they_are() -> None:
    corpus = poison.load()
    records = pa.Table.from_pylist([record(*numbered) for numbered in enumerate(corpus)], schema=RECORDS)
    rows = {row["offset"]: row for row in raw_events(records, NOW).to_pylist()}

    assert sorted(rows) == list(range(len(corpus)))
    texts = [text_of(case) for case in corpus]
    assert [rows[offset]["raw_data"] for offset in sorted(rows)] == texts
    values = [None if text is not None else case.value for case, text in zip(corpus, texts, strict=True)]
    assert [rows[offset]["value"] for offset in sorted(rows)] == values
