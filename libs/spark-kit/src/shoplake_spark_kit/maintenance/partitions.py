"""Finds the partitions that are worth compacting: closed, so that a stage rarely writes to them, with small files."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pyspark.sql import SparkSession
from shoplake_contracts import tables

MIB = 1 << 20
TARGET_BYTES = 128 * MIB
SMALL_BYTES = TARGET_BYTES * 3 // 4
_TRANSFORM = re.compile(r"(?P<transform>hours|days)\((?P<column>\w+)\)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bound:
    """One condition on a column, as Iceberg takes it: `equal`, `greaterThanOrEqual` or `lessThan` a text or number."""

    column: str
    test: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition with its small files; `path` as in the table's folders, `bounds` its rows."""

    path: str
    bounds: tuple[Bound, ...]
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class _Field:
    """One partition field of a contract: the column, its name in metadata, and how long a partition stays open."""

    column: str
    name: str
    span: timedelta | None


def small_file_partitions(spark: SparkSession, name: str, *, min_files: int, now: datetime) -> list[Partition]:
    """Closed partitions with at least `min_files` small files, most files first."""
    fields = [_field(text, name) for text in tables.load()[name].partitioning]
    if not any(field.span for field in fields):
        return []
    small = f"content = 0 AND file_size_in_bytes < {SMALL_BYTES}"
    counted = spark.sql(
        f"SELECT partition, count(*) AS files, sum(file_size_in_bytes) AS size FROM iceberg.{name}.files "  # noqa: S608 - names of contracts
        f"WHERE {small} GROUP BY partition HAVING count(*) >= {min_files} ORDER BY files DESC"
    )
    rows = counted.collect()
    return [
        Partition(_path(fields, row["partition"]), tuple(bounds), row["files"], row["size"])
        for row in rows
        if (bounds := _bounds(fields, row["partition"], now)) is not None
    ]


def _field(text: str, table: str) -> _Field:
    found = _TRANSFORM.fullmatch(text)
    if found:
        column, is_hour = found["column"], found["transform"] == "hours"
        return _Field(column, f"{column}_{'hour' if is_hour else 'day'}", timedelta(hours=1 if is_hour else 24))
    types = {column.name: column.type for column in tables.load()[table].columns}
    return _Field(text, text, timedelta(days=1) if types[text] == "date" else None)


def _bounds(fields: list[_Field], partition: Mapping[str, Any], now: datetime) -> list[Bound] | None:
    """The rows of a partition; None if it is still open or cannot be named."""
    bounds: list[Bound] = []
    for field in fields:
        value = partition[field.name]
        if value is None:
            return None
        if field.span is None:
            bounds.append(Bound(field.column, "equal", value))
            continue
        start = _start(value)
        if start + field.span > now:
            return None
        bounds += _range(field, start)
    return bounds


def _range(field: _Field, start: datetime) -> Iterator[Bound]:
    if field.name == field.column:
        yield Bound(field.column, "equal", start.date().isoformat())
        return
    yield Bound(field.column, "greaterThanOrEqual", start.isoformat())
    yield Bound(field.column, "lessThan", (start + (field.span or timedelta())).isoformat())


def _start(value: date | int) -> datetime:
    """The first moment of a day, or of an hour counted since 1970."""
    if isinstance(value, int):
        return _EPOCH + timedelta(hours=value)
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def _path(fields: list[_Field], partition: Mapping[str, Any]) -> str:
    def shown(value: Any) -> str:
        return _start(value).strftime("%Y-%m-%d-%H") if isinstance(value, int) else str(value)

    return "/".join(f"{field.name}={shown(partition[field.name])}" for field in fields)
