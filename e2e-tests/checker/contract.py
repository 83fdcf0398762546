"""What a payload has to look like in a typed table: one DuckDB expression per column, from the contract alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shoplake_contracts import tables
from shoplake_contracts.tables import Column, Table

DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_FIELD = re.compile(r"(\w+):\s*(\w+(?:\([\d,]+\))?)")
_TYPES = {"string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER"}


@dataclass(frozen=True)
class Compared:
    """One compared column: `sent` over the relation of payloads, `kept` over the table."""

    name: str
    sent: str
    kept: str


def typed_tables() -> dict[str, Table]:
    """The tables that hold events."""
    return {name: table for name, table in tables.load().items() if table.event_types}


def columns_of(table: Table) -> list[Compared]:
    """Every column of a table that the payload decides, or the payload and the broker's clock."""
    sourced = [column for column in table.columns if column.source is not None]
    found = [_compared(column) for column in sourced if column.name != "metadata"]
    found.append(Compared("metadata", "json(doc ->> '$.metadata')", "json(metadata)"))
    found.append(Compared("kafka_timestamp", "kafka_us", "epoch_us(kafka_timestamp)"))
    return found + [Compared(name, sent, name) for name, sent in _DERIVED.items() if name in table.column_names]


def _compared(column: Column) -> Compared:
    name = column.name
    if column.type == "timestamp":
        return Compared(name, _timestamp(name), f'epoch_us("{name}")')
    if column.type.startswith(("array<", "struct<")):
        return Compared(name, _nested(column), f'"{name}"')
    if name == "event_version":
        return Compared(name, "coalesce(TRY_CAST(doc ->> '$.event_version' AS INTEGER), 1)", name)
    return Compared(name, f"TRY_CAST(doc ->> '$.{name}' AS {duckdb_type(column.type)})", f'"{name}"')


def _timestamp(name: str) -> str:
    return f"epoch_us(TRY_CAST(doc ->> '$.{name}' AS TIMESTAMPTZ))"


_DERIVED: Mapping[str, str] = {
    "visitor_id": "coalesce(nullif(doc ->> '$.user_id', ''), doc ->> '$.anonymous_id')",
    "amount_sign": "CASE doc ->> '$.event_type' WHEN 'refund' THEN -1 ELSE 1 END",
    "lateness_seconds": f"greatest(0, (kafka_us - {_timestamp('timestamp')}) // 1000000)",
}


def _nested(column: Column) -> str:
    fields = _FIELD.findall(column.type)
    shape = "{" + ", ".join(f'"{name}": "{duckdb_type(type_)}"' for name, type_ in fields) + "}"
    is_array = column.type.startswith("array<")
    found = f"doc -> '$.{column.name}'"
    kind, wanted = ("ARRAY", f"[{shape}]") if is_array else ("OBJECT", shape)
    # Of nothing, it would make a value whose members are all NULL.
    return f"CASE WHEN json_type({found}) = '{kind}' THEN json_transform({found}, '{wanted}') END"


def duckdb_type(type_: str) -> str:
    """A contract type of a single value in DuckDB's words."""
    decimal = DECIMAL.fullmatch(type_)
    return f"DECIMAL({decimal[1]},{decimal[2]})" if decimal else _TYPES[type_]
