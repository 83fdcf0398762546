"""Rows and stamps of `bronze.raw_events`, the table that these tests write to."""

from datetime import UTC, datetime

import pyarrow as pa
from pyiceberg.catalog import Catalog
from shoplake_arrow_kit.data_files import write_files
from shoplake_arrow_kit.iceberg_table import Output
from shoplake_contracts import tables
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.table_schema import arrow_schema
from shoplake_lake_kit.vector import Position

RAW = "bronze.raw_events"
TOOK = datetime(2024, 5, 1, 10, tzinfo=UTC)
NOW = datetime(2024, 5, 1, 10, 0, 1, tzinfo=UTC)


def piece(partition: int, offsets: range, topic: str = "purchases", epoch: int = 0) -> pa.Table:
    """One row per offset of a partition."""
    filled = {"topic": topic, "epoch": epoch, "partition": partition, "kafka_timestamp": TOOK, "processing_time": NOW}
    more = {"timestamp": TOOK, "raw_data": "{}", "headers": [{"key": "a", "value": b"\xff"}]}
    names = tables.load()[RAW].column_names
    rows = [{**dict.fromkeys(names), **filled, **more, "offset": offset} for offset in offsets]
    return pa.Table.from_pylist(rows, schema=arrow_schema(tables.load()[RAW]))


def rows(partition: int, offsets: range) -> Output:
    """The same as what a stage is handed."""
    return Output([piece(partition, offsets)])


def stamp(attempt: str, end: int, writer: str = "a", group: str = "main") -> Stamp:
    """A stamp that says complete up to an offset of `purchases/0`."""
    return Stamp(
        stage="bronze",
        group=group,
        writer=writer,
        position=Position({"purchases": (end,)}),
        origin=Position.zero(),
        epochs={},
        topic_ids={},
        cluster="c",
        attempt=attempt,
    )


def visible(catalog: Catalog) -> int:
    """Rows that a reader sees; all of them are read."""
    return int(catalog.load_table(RAW).scan().to_arrow().num_rows)


def append_unstamped(catalog: Catalog, rows: pa.Table) -> None:
    """A commit of somebody who knows nothing of stamps."""
    table = catalog.load_table(RAW)
    with table.transaction() as transaction, transaction.update_snapshot().fast_append() as append:
        for file in write_files(table, [rows], "unstamped"):
            append.append_data_file(file)
