"""Kafka records as rows of `bronze.raw_events`: every byte kept, nothing judged."""

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from shoplake_contracts import tables
from shoplake_lake_kit.table_schema import arrow_schema

from bronze_ingest.transforms.peek import MICROS, believable, peek

TABLE = "bronze.raw_events"


def raw_events(records: pa.Table, processing_time: datetime) -> pa.Table:
    """Add the columns that make bronze readable.

    Args:
        records: topic, epoch, partition, offset, kafka_timestamp, key, value, headers (arrow-kit's `RECORDS`).
        processing_time: bronze's clock for this batch, UTC.

    Returns:
        The columns of the contract. The payload is kept once: as text in `raw_data` when it is UTF-8, as bytes in
        `value` when it is not. `event_id`, `event_type` and `timestamp` are best effort and never stop a row.
    """
    records = records.combine_chunks()
    payload = records["value"].combine_chunks()
    text, seen = texts(payload), peek(payload.to_pylist())
    columns = {name: records[name] for name in records.column_names} | {
        "value": pc.if_else(pc.is_valid(text), pa.scalar(None, payload.type), payload),
        "event_id": pc.coalesce(_header(records, "event_id"), pa.array(seen.event_id, pa.large_string())),
        "event_type": pc.coalesce(_header(records, "event_type"), pa.array(seen.event_type, pa.large_string())),
        "timestamp": believable(seen.timestamp),
        "raw_data": text,
        "processing_time": pa.repeat(pa.scalar(processing_time, MICROS), records.num_rows),
    }
    schema = arrow_schema(tables.load()[TABLE])
    return pa.Table.from_arrays([columns[name] for name in schema.names], names=schema.names).cast(schema)


def texts(values: pa.Array) -> pa.Array:
    """The values that are valid UTF-8 as text; NULL for the others."""
    try:
        return values.cast(pa.large_string())
    except pa.ArrowInvalid:
        return pa.array([_decoded(value) for value in values.to_pylist()], pa.large_string())


def _decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _header(records: pa.Table, name: str) -> pa.Array:
    """The first header of that name in every record, where it is UTF-8."""
    headers = records["headers"].combine_chunks()
    flat = pc.list_flatten(headers)
    named = pc.equal(pc.struct_field(flat, "key"), name)
    rows, values = pc.list_parent_indices(headers).filter(named), pc.struct_field(flat, "value").filter(named)
    found = pa.table({"row": rows, "at": pa.array(range(len(rows)), pa.int64())})
    first = found.group_by("row").aggregate([("at", "min")])
    of_row = pc.index_in(pa.array(range(len(headers)), pa.int64()), first["row"].cast(pa.int64()).combine_chunks())
    return texts(values).take(first["at_min"].combine_chunks().take(of_row))
