"""Creates tables from their contracts, so that no schema is written twice."""

from collections.abc import Iterable

from pyspark.sql import SparkSession
from pyspark.sql.types import DataType
from shoplake_contracts import tables
from shoplake_contracts.errors import SchemaMismatch
from shoplake_contracts.tables import Table
from shoplake_lake_kit.table_properties import PROPERTIES


def ensure_tables(spark: SparkSession, names: Iterable[str]) -> None:
    """Create the namespaces and tables that are not there; add columns that a newer contract has.

    Raises:
        SchemaMismatch: a column of a table has another type than the contract's, or is unknown to it.
    """
    for name in names:
        table = tables.load()[name]
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS iceberg.{name.partition('.')[0]}")
        spark.sql(create_statement(table))
        _reconcile(spark, table)


def create_statement(table: Table) -> str:
    """The contract as one `CREATE TABLE IF NOT EXISTS`."""
    columns = ",\n  ".join(_column_line(column.name, column.type, nullable=column.nullable) for column in table.columns)
    properties = ", ".join(f"'{key}'='{value}'" for key, value in PROPERTIES.items())
    partitioned = f"PARTITIONED BY ({', '.join(table.partitioning)}) " if table.partitioning else ""
    return (
        f"CREATE TABLE IF NOT EXISTS iceberg.{table.name} (\n  {columns}\n) USING iceberg "
        f"{partitioned}TBLPROPERTIES ({properties})"
    )


def _column_line(name: str, type_: str, *, nullable: bool) -> str:
    return f"`{name}` {type_}{'' if nullable else ' NOT NULL'}"


def _reconcile(spark: SparkSession, table: Table) -> None:
    actual = {field.name: field.dataType for field in spark.table(f"iceberg.{table.name}").schema.fields}
    wanted = {column.name: _data_type(column.type) for column in table.columns}
    unknown = sorted(actual.keys() - wanted.keys())
    changed = sorted(name for name in actual.keys() & wanted.keys() if not _same(actual[name], wanted[name]))
    if unknown or changed:
        raise SchemaMismatch(f"{table.name}: columns not in the contract {unknown}, of another type {changed}")
    for column in table.columns:
        if column.name not in actual:
            # A column added later has no value in old rows, so it is nullable whatever the contract says of new ones.
            spark.sql(f"ALTER TABLE iceberg.{table.name} ADD COLUMN `{column.name}` {column.type}")


def _data_type(ddl: str) -> DataType:
    return DataType.fromDDL(ddl)


def _same(one: DataType, other: DataType) -> bool:
    # Nullability inside arrays and structs differs between a parsed type and a table's; the names and types decide.
    return one.simpleString() == other.simpleString()
