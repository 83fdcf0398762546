"""The Iceberg implementation of lake-kit's `TablePort`: staged write, count of what was staged, validated publish."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_contracts import tables
from shoplake_contracts.errors import CatalogUnavailable
from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.topic_life import life_name
from shoplake_lake_kit.vector import Counts

from shoplake_spark_kit.housekeeping import trim
from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.publish import Replaced, publish
from shoplake_spark_kit.snapshots import find_staged, require_stamp

TRIM_EVERY = 50
# By what the rows of a table are told apart in the metrics.
_KINDS = {Role.QUARANTINED: ["reason"], Role.DUPLICATES: ["table"]}


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
        self._columns = {column.name for column in tables.load()[name].columns}
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
            return Staged(snapshot_id=None, attempt=attempt, counts=Counts.zero(), rows=0)
        writer = frame.rows.writeTo(f"iceberg.{self.name}")
        if frame.many_days:
            writer = writer.option("distribution-mode", "hash").option("fanout-enabled", "false")
        with self._staging(attempt):
            writer.append()
        table = load_table(self._spark, self.name)
        snapshot = find_staged(table, attempt)
        if snapshot is None:
            raise CatalogUnavailable(f"{self.name}: the staged snapshot of attempt {attempt} is not there")
        rows = int(snapshot.summary().get("added-records") or 0)
        return self._counted(snapshot, attempt, rows)

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

    def _counted(self, snapshot: Any, attempt: str, rows: int) -> Staged:
        staged_id = int(snapshot.snapshotId())
        if rows == 0 or self.role is Role.DERIVED:
            return Staged(snapshot_id=staged_id, attempt=attempt, counts=Counts.zero(), rows=rows)
        kind = _KINDS.get(self.role, [])
        rows_by_life = self._added_rows(snapshot).groupBy("topic", "epoch", "partition", *kind)
        found = rows_by_life.agg(F.count("*").alias("n"), *self._clocks()).collect()
        return Staged(
            snapshot_id=staged_id,
            attempt=attempt,
            counts=Counts.from_items(
                (life_name(row["topic"], row["epoch"]), row["partition"], row["n"]) for row in found
            ),
            rows=rows,
            event_time_min=_instant(min, found, "event_min"),
            event_time_max=_instant(max, found, "event_max"),
            appended_at_min=_instant(min, found, "append_min"),
            appended_at_max=_instant(max, found, "append_max"),
            kinds=_kinds(found, *kind),
        )

    def _added_rows(self, snapshot: Any) -> DataFrame:
        """The rows of a staged snapshot's own files: read back from storage, not from memory."""
        reader = self._spark.read.format("iceberg")
        if snapshot.parentId() is None:
            return reader.option("versionAsOf", str(snapshot.snapshotId())).load(f"iceberg.{self.name}")
        between = reader.option("start-snapshot-id", str(snapshot.parentId()))
        return between.option("end-snapshot-id", str(snapshot.snapshotId())).load(f"iceberg.{self.name}")

    def _clocks(self) -> list[Any]:
        def bound(column: str, alias: str) -> list[Any]:
            # Microseconds since the epoch: Spark hands timestamps to Python in the machine's own zone.
            value = F.unix_micros(column) if column in self._columns else F.lit(None).cast("bigint")
            return [F.min(value).alias(f"{alias}_min"), F.max(value).alias(f"{alias}_max")]

        return [*bound("timestamp", "event"), *bound("kafka_timestamp", "append")]


def _kinds(rows: Iterable[Row], kind: str | None = None) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows if kind else ():
        of_topic = found.setdefault(row["topic"], {})
        of_topic[row[kind]] = of_topic.get(row[kind], 0) + row["n"]
    return found


def _instant(choose: Callable[[Iterable[int]], int], rows: Iterable[Row], field: str) -> datetime | None:
    found = [row[field] for row in rows if row[field] is not None]
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=choose(found)) if found else None
