"""A table's contract in Iceberg's and in Arrow's words, so that no schema is written twice."""

import re
from itertools import count

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    YearTransform,
)
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    NestedField,
    StringType,
    StructType,
    TimestamptzType,
)
from shoplake_contracts.tables import Table

_SIMPLE: dict[str, IcebergType] = {
    "string": StringType(),
    "int": IntegerType(),
    "bigint": LongType(),
    "double": DoubleType(),
    "boolean": BooleanType(),
    "binary": BinaryType(),
    "date": DateType(),
    "timestamp": TimestamptzType(),
}
_NAMES = {type_: name for name, type_ in _SIMPLE.items()}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
# Transform and suffix of the partition's name by Spark's word for it, as Spark's `CREATE TABLE` makes them.
_TRANSFORMS: dict[str, tuple[Transform[int, int], str]] = {
    "years": (YearTransform(), "_year"),
    "months": (MonthTransform(), "_month"),
    "days": (DayTransform(), "_day"),
    "hours": (HourTransform(), "_hour"),
}
_FIRST_PARTITION_FIELD = 1000


def iceberg_schema(table: Table) -> Schema:
    """The columns of a contract; the field ids are those that a new table gets."""
    ids = count(1)
    heads = [(next(ids), column) for column in table.columns]
    return Schema(
        *(
            NestedField(number, column.name, iceberg_type(column.type, ids), required=not column.nullable)
            for number, column in heads
        )
    )


def arrow_schema(table: Table) -> pa.Schema:
    """The columns of a contract as what is handed to `IcebergTable.stage` should have them."""
    return schema_to_pyarrow(iceberg_schema(table), include_field_ids=False)


def partition_spec(table: Table, schema: Schema) -> PartitionSpec:
    """The partitioning of a contract, under the names that Spark gives to the partitions' fields."""
    fields = [_partition_field(number, text, schema) for number, text in enumerate(table.partitioning)]
    return PartitionSpec(*fields)


def iceberg_type(ddl: str, ids: "count[int]") -> IcebergType:
    """A contract's type as Iceberg has it; what is nested may be NULL, as everywhere in Spark's tables.

    Args:
        ddl: Spark DDL, lower case and without blanks, such as `array<struct<key:string,value:binary>>`.
        ids: Where nested fields take their ids from.
    """
    if decimal := _DECIMAL.fullmatch(ddl):
        return DecimalType(int(decimal[1]), int(decimal[2]))
    if ddl.startswith("array<"):
        number = next(ids)
        return ListType(number, iceberg_type(ddl[len("array<") : -1], ids), element_required=False)
    if ddl.startswith("struct<"):
        heads = [(next(ids), part.partition(":")) for part in _split(ddl[len("struct<") : -1])]
        return StructType(
            *(NestedField(number, name, iceberg_type(inner, ids), required=False) for number, (name, _, inner) in heads)
        )
    return _SIMPLE[ddl]


def ddl_of(type_: IcebergType) -> str:
    """The reverse of `iceberg_type`: what names and types are, whatever ids they have."""
    if isinstance(type_, ListType):
        return f"array<{ddl_of(type_.element_type)}>"
    if isinstance(type_, StructType):
        return f"struct<{','.join(f'{field.name}:{ddl_of(field.field_type)}' for field in type_.fields)}>"
    if isinstance(type_, DecimalType):
        return f"decimal({type_.precision},{type_.scale})"
    return _NAMES.get(type_, str(type_))


def _partition_field(number: int, text: str, schema: Schema) -> PartitionField:
    word, _, rest = text.partition("(")
    column = rest.rstrip(")") or word
    transform, suffix = _TRANSFORMS[word] if rest else (IdentityTransform(), "")
    source = schema.find_field(column).field_id
    return PartitionField(source, _FIRST_PARTITION_FIELD + number, transform, f"{column}{suffix}")


def _split(fields: str) -> list[str]:
    """Split at the commas that are in no bracket."""
    parts, depth = [""], 0
    for letter in fields:
        depth += (letter in "<(") - (letter in ">)")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
