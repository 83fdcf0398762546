"""A table's contract as an Arrow schema, for tables that are written without Spark."""

import re

import pyarrow as pa
from shoplake_contracts.tables import Table

_SIMPLE = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


def arrow_schema(table: Table) -> pa.Schema:
    """The columns of the contract, in order."""
    return pa.schema([pa.field(it.name, arrow_type(it.type), nullable=it.nullable) for it in table.columns])


def arrow_type(type_: str) -> pa.DataType:
    """A contract type as Arrow has it."""
    if decimal := _DECIMAL.fullmatch(type_):
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    if type_.startswith("array<"):
        return pa.list_(arrow_type(type_[len("array<") : -1]))
    if type_.startswith("struct<"):
        fields = [field.partition(":") for field in _split(type_[len("struct<") : -1])]
        return pa.struct([pa.field(name, arrow_type(inner)) for name, _, inner in fields])
    return _SIMPLE[type_]


def _split(fields: str) -> list[str]:
    """Split at the commas that are in no bracket."""
    parts, depth = [""], 0
    for letter in fields:
        depth += letter in "<("
        depth -= letter in ">)"
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
