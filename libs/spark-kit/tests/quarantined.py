"""Rows and stamps of `silver.quarantine`, the table that the tests of publishing and maintenance write to."""

from pyspark.sql import DataFrame, SparkSession
from shoplake_contracts import tables
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Position

QUARANTINE = "silver.quarantine"


def rows(spark: SparkSession, partition: int, offsets: range, first_seen: str = "2024-05-01 10:00:01Z") -> DataFrame:
    """One row per offset of a partition of `purchases`."""
    values = {
        "topic": "'purchases'",
        "partition": str(partition),
        "offset": "id",
        "kafka_timestamp": "timestamp'2024-05-01 10:00:00Z'",
        "first_seen": f"timestamp'{first_seen}'",
    }
    return blank(spark.range(offsets.start, offsets.stop), QUARANTINE, values)


def blank(ids: DataFrame, table: str, values: dict[str, str]) -> DataFrame:
    """Rows of a contract table, one per id: the given columns by SQL expression, the others empty or NULL."""
    empty = {"string": "''", "bigint": "0", "int": "0", "timestamp": "timestamp'2024-05-01 10:00:01Z'"}

    def expression(column: tables.Column) -> str:
        value = "NULL" if column.nullable else empty.get(column.type, "0" if "dec" in column.type else "array()")
        return f"cast({values.get(column.name, value)} AS {column.type}) AS {column.name}"

    return ids.selectExpr(*map(expression, tables.load()[table].columns))


def stamp(attempt: str, end: int, writer: str = "a", group: str = "main") -> Stamp:
    """A stamp that says complete up to an offset of `purchases/0`."""
    return Stamp(
        stage="silver",
        group=group,
        writer=writer,
        position=Position({"purchases": (end,)}),
        origin=Position.zero(),
        epochs={},
        topic_ids={},
        cluster="c",
        attempt=attempt,
    )


def visible(spark: SparkSession) -> int:
    """Rows that a reader sees; all of them are read."""
    return len(spark.table(f"iceberg.{QUARANTINE}").select("offset", "errors", "first_seen").collect())
