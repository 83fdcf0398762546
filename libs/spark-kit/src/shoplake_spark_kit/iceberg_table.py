"""The Iceberg implementation of lake-kit's `TablePort`: staged write, count of what was staged, validated publish."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame, SparkSession
from shoplake_contracts.errors import CatalogUnavailable
from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.reader import catalog_errors
from shoplake_lake_kit.recount import recount
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.touched import Touched
from shoplake_lake_kit.vector import Counts

from shoplake_spark_kit.housekeeping import trim
from shoplake_spark_kit.java import each, load_table
from shoplake_spark_kit.publish import Replaced, publish
from shoplake_spark_kit.snapshots import find_staged, require_stamp
from shoplake_spark_kit.storage import file_io

TRIM_EVERY = 50


@dataclass(frozen=True)
class Output:
    """What a batch has for one table: rows to append, or the whole content of some days.

    `rows=None` says that there are none, which spares a Spark job. `days` names the days of `partition_date` that the
    rows replace, also those that end up without rows; where they are those (UTC) of a timestamp, `day_column` names it.
    `since` is the snapshot that the rows were computed from: whatever changed these days after it refuses the publish.
    `many_days` says that the rows spread over so many partitions that a task must not keep a file open for each.
    """

    rows: DataFrame | None
    days: tuple[date, ...] | None = None
    many_days: bool = False
    day_column: str = "partition_date"
    since: int | None = None


class IcebergTable:
    """One table of a stage; implements `shoplake_lake_kit.ports.TablePort[Output]`."""

    def __init__(self, spark: SparkSession, name: str, *, role: Role, group: str) -> None:
        self.name = name
        self.role = role
        self._spark = spark
        self._group = group
        self._replaces: dict[str, Replaced | None] = {}
        self._published = 0

    def newest_stamp(self) -> Stamp | None:
        """The newest stamp of the writer group among the current snapshot's ancestors."""
        return require_stamp(load_table(self._spark, self.name), self.name, self._group)

    def stage(self, frame: Output, attempt: str) -> Staged:
        """Write the rows as files of a staged snapshot that no reader sees, and count what was written."""
        replaced = None if frame.days is None else Replaced(frame.days, frame.day_column, frame.since)
        self._replaces = {attempt: replaced}
        if frame.rows is None:
            return Staged(snapshot_id=None, attempt=attempt, counts=Counts.zero(), rows=0, touched=Touched())
        writer = frame.rows.writeTo(f"iceberg.{self.name}")
        if frame.many_days:
            writer = writer.option("distribution-mode", "hash").option("fanout-enabled", "false")
        with self._staging(attempt):
            writer.append()
        table = load_table(self._spark, self.name)
        snapshot = find_staged(table, attempt)
        if snapshot is None:
            raise CatalogUnavailable(f"{self.name}: the staged snapshot of attempt {attempt} is not there")
        # From the files as they lie in storage, and by another engine than the one that wrote them.
        paths = [str(file.location()) for file in each(snapshot.addedDataFiles(table.io()))]
        snapshot_id = int(snapshot.snapshotId())
        with catalog_errors():
            return recount(file_io(self._spark), paths, self.role, attempt=attempt, snapshot_id=snapshot_id)

    def publish(self, staged: Staged, stamp: Stamp, planned_on: Stamp | None) -> int:
        """Make the staged files the table's newest snapshot if its newest stamp is still `planned_on`."""
        snapshot_id = publish(
            self._spark,
            self.name,
            staged_id=staged.snapshot_id,
            stamp=stamp,
            planned_on=planned_on,
            replaced=self._replaces.pop(staged.attempt, None),
        )
        self._published += 1
        if self._published % TRIM_EVERY == 0:
            trim(self._spark, self.name)
        return snapshot_id

    @contextmanager
    def _staging(self, attempt: str) -> Iterator[None]:
        self._spark.conf.set("spark.wap.id", attempt)
        try:
            yield
        finally:
            self._spark.conf.unset("spark.wap.id")
