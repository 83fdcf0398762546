"""Tells rows apart by the partitions of a table's spec."""

from collections.abc import Iterator
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.partitioning import PartitionField, PartitionFieldValue, PartitionKey
from pyiceberg.table import Table


def split(table: Table, rows: pa.Table) -> Iterator[tuple[PartitionKey, pa.Table]]:
    """The rows of each partition that has any, with its key; one key without values where the table has no partitions.

    Distinct source values are transformed one by one, which suits sources with few of them: a topic, a batch's clock.
    """
    if not rows.num_rows:
        return
    fields = list(table.spec().fields)
    columns = {field.name: _numbers(rows[table.schema().find_column_name(field.source_id)]) for field in fields}
    found = _distinct(columns, rows.num_rows)
    of_key: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for values in found:
        key = tuple(_transformed(table, field, value) for field, value in zip(fields, values, strict=True))
        of_key.setdefault(key, []).append(values)
    for key, sources in of_key.items():
        pairs = [PartitionFieldValue(field, value) for field, value in zip(fields, key, strict=True)]
        # Rows of one key need no filter, and most batches of a quiet topic are of one.
        part = rows if len(of_key) == 1 else rows.filter(_any_of(list(columns.values()), sources))
        yield PartitionKey(pairs, table.spec(), table.schema()), part


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as the integers that Iceberg's transforms take."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.int64())
    return column.cast(pa.int32()) if pa.types.is_date(column.type) else column


def _distinct(columns: dict[str, pa.ChunkedArray], number: int) -> list[tuple[Any, ...]]:
    if not columns:
        return [()]
    table = pa.table(columns)
    assert table.num_rows == number  # noqa: S101 - columns of one table
    return [tuple(row.values()) for row in table.group_by(list(columns)).aggregate([]).to_pylist()]


def _transformed(table: Table, field: PartitionField, value: Any) -> Any:
    return field.transform.transform(table.schema().find_type(field.source_id))(value)


def _any_of(columns: list[pa.ChunkedArray], sources: list[tuple[Any, ...]]) -> pa.ChunkedArray:
    masks = [
        reduce(pc.and_, (_is(column, value) for column, value in zip(columns, values, strict=True)))
        for values in sources
    ]
    return reduce(pc.or_, masks)


def _is(column: pa.ChunkedArray, value: Any) -> pa.ChunkedArray:
    if value is None:
        return pc.is_null(column)
    return pc.fill_null(pc.equal(column, pa.scalar(value, column.type)), fill_value=False)
