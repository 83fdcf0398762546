"""Rows in, rows out around the real transforms."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from gold_batch.frames import BASES
from gold_batch.gold_tables import GOLD_TABLES, GoldTable
from gold_batch.terms import Terms
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType
from shoplake_contracts import tables

CASES = Path(__file__).parent / "cases"
TERMS = Terms(computed_at=datetime(2025, 6, 1, tzinfo=UTC), as_of_position='{"purchases":[7]}')
# Every key column of any gold table; a table has none of the others'.
KEYS = ("partition_date", "table_name", "product_id", "user_id", "channel", "cohort_month", "product_a", "product_b")
# What is read beside silver.
BESIDE = (*BASES, "bronze.raw_events", "ops.duplicates", "gold.data_quality_report")
Frames = Mapping[str, DataFrame]


@pytest.fixture(scope="session")
def frames(session: SparkSession) -> Callable[[Mapping[str, pa.Table]], Frames]:
    """One frame per table of rows."""

    def build(rows: Mapping[str, pa.Table]) -> Frames:
        return {name: session.createDataFrame(table) for name, table in rows.items()}

    return build


@pytest.fixture(scope="session")
def rows() -> Callable[[Iterable[Mapping[str, Any]]], dict[str, pa.Table]]:
    """Turns rows that name their `table` into one Arrow table per table that gold reads, or that has rows."""

    def build(given: Iterable[Mapping[str, Any]]) -> dict[str, pa.Table]:
        given = list(given)
        names = {name for name in tables.load() if name.startswith("silver.")} | {
            *BESIDE,
            *(row["table"] for row in given),
        }
        return {name: _arrow(name, [row for row in given if row["table"] == name]) for name in sorted(names)}

    return build


@pytest.fixture(scope="session")
def plain() -> Callable[[DataFrame], list[dict[str, Any]]]:
    """The rows of a frame as JSON has them, decimals and dates as text, in the order of their keys."""

    def read(frame: DataFrame) -> list[dict[str, Any]]:
        found = [{name: _plain(value) for name, value in row.items()} for row in frame.toArrow().to_pylist()]
        return sorted(found, key=_by_key)

    return read


@dataclass(frozen=True)
class Case:
    """One folder of cases/: what goes in, under which terms, and what must come out."""

    name: str
    table: GoldTable
    days: tuple[date, ...]
    terms: Terms
    rows: tuple[Mapping[str, Any], ...]
    expect: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, folder: Path) -> "Case":
        head, *rows = _ndjson(folder / "in.ndjson")
        expect = _ndjson(folder / "expect.ndjson")
        table = next(table for table in GOLD_TABLES if table.name == f"gold.{folder.parent.name}")
        terms = {"margin_factor": "1", "as_of_position": TERMS.as_of_position, **head.get("terms", {})}
        terms["margin_factor"] = Decimal(terms["margin_factor"])
        terms |= {name: date.fromisoformat(terms[name]) for name in ("complete_before", "eve") if name in terms}
        return cls(
            name=f"{folder.parent.name}/{folder.name}",
            table=table,
            days=tuple(date.fromisoformat(day) for day in head["days"]),
            terms=Terms(computed_at=TERMS.computed_at, **terms),
            rows=tuple(rows),
            expect=tuple(expect),
        )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        cases = [Case.read(folder) for folder in sorted(CASES.glob("*/*"))]
        metafunc.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.fixture(scope="session")
def terms() -> Terms:
    return TERMS


def _ndjson(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def _by_key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get(name)) for name in KEYS)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, (Decimal, date, datetime)) else value


@cache
def _schema(name: str) -> pa.Schema:
    columns = tables.load()[name].columns
    return to_arrow_schema(
        StructType.fromDDL(", ".join(f"`{column.name}` {column.type}" for column in columns)), timestamp_utc=True
    )


def _arrow(name: str, rows: list[Mapping[str, Any]]) -> pa.Table:
    schema = _schema(name)
    # ops.duplicates has a column `table`; in a row of a case that says where the row belongs, and `home` the other.
    rows = [{**row, "table": row["home"]} if "home" in row else row for row in rows]
    unknown = {key for row in rows for key in row} - {*schema.names, "table", "home"}
    assert not unknown, f"{name} has no columns {unknown}"
    given = [_with_defaults(name, number, row, schema) for number, row in enumerate(rows)]
    return pa.Table.from_pylist([{f.name: _value(row.get(f.name), f.type) for f in schema} for row in given], schema)


def _with_defaults(name: str, number: int, row: Mapping[str, Any], schema: pa.Schema) -> dict[str, Any]:
    if name.startswith("gold."):
        return (
            {field.name: 0 for field in schema if pa.types.is_integer(field.type)}
            | {field.name: "0" for field in schema if pa.types.is_decimal(field.type)}
            | dict(row)
        )
    defaults: dict[str, Any] = {"event_id": f"{name}-{number:04}", "epoch": 0, "partition": 0, "quality_flags": []}
    defaults["visitor_id"] = row.get("user_id") or row.get("anonymous_id")
    if name == "silver.purchases":
        defaults |= {"event_type": "purchase", "currency": "USD"}
    return {**defaults, **row}


def _value(value: Any, type_: pa.DataType) -> Any:
    """A JSON value as Arrow wants it: instants, dates and decimals come as text."""
    if value is None:
        return None
    if pa.types.is_list(type_):
        return [_value(one, type_.value_type) for one in value]
    if pa.types.is_struct(type_):
        return {field.name: _value(value.get(field.name), field.type) for field in type_}
    if pa.types.is_timestamp(type_):
        return datetime.fromisoformat(value)
    if pa.types.is_date(type_):
        return date.fromisoformat(value)
    return Decimal(value) if pa.types.is_decimal(type_) else value
