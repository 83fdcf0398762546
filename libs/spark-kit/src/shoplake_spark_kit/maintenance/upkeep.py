"""Maintenance of one table, in the order that wastes nothing: compact, then expire what compaction has replaced."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pyspark.sql import SparkSession

from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.maintenance.compaction import Compacted, Manifests, compact, rewrite_manifests
from shoplake_spark_kit.maintenance.expiry import Expired, expire
from shoplake_spark_kit.maintenance.partitions import small_file_partitions
from shoplake_spark_kit.maintenance.retention import Keep


@dataclass(frozen=True, slots=True)
class Wish:
    """What to do to a table.

    Attributes:
        keep: How much history stays; None expires nothing.
        partitions: Most partitions to compact; 0 compacts nothing.
        min_files: Small files that make a partition worth it.
        manifests: Above this number they are rewritten.
    """

    keep: Keep | None = field(default_factory=Keep)
    partitions: int = 20
    min_files: int = 5
    manifests: int = 120


@dataclass(frozen=True)
class Size:
    """A table as its newest snapshot has it."""

    data_files: int
    delete_files: int
    size: int
    snapshots: int


@dataclass
class Report:
    """What was done to a table, and why the rest was not.

    Attributes:
        table: Its name.
        compacted: Partitions by what became of them.
        over_budget: Partitions that are worth it and have to wait for the next run.
        manifests: None if there were few.
        expired: None if nothing was asked for.
        size: The table afterwards.
    """

    table: str
    compacted: list[Compacted] = field(default_factory=list)
    over_budget: int = 0
    manifests: Manifests | None = None
    expired: Expired | None = None
    size: Size | None = None

    def to_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def maintain(
    spark: SparkSession,
    report: Report,
    wish: Wish,
    *,
    clock: Callable[[], datetime],
    passing: Callable[[str], None],
    still: Callable[[], None],
) -> None:
    """Do what is wished to the report's table, and write down what was done as it is done.

    Args:
        spark: a session of its own: nothing it writes may be staged.
        report: of the table; complete up to the failure if this raises.
        wish: what to do.
        clock: the time.
        passing: told the steps `before_compact`, `after_compact`, `after_tag`, `before_expire`, `after_expire`.
        still: called where stopping is safe; ends the work by raising.
    """
    name = report.table
    passing("before_compact")
    if wish.partitions:
        _compact(spark, report, wish, clock(), still)
        report.manifests = rewrite_manifests(spark, name, above=wish.manifests)
    passing("after_compact")
    still()
    if wish.keep is not None:
        report.expired = expire(spark, name, wish.keep, passing=passing, now=clock)
    report.size = measure(spark, name)


def _compact(spark: SparkSession, report: Report, wish: Wish, now: datetime, still: Callable[[], None]) -> None:
    if measure(spark, report.table).data_files < wish.min_files:
        return
    found = small_file_partitions(spark, report.table, min_files=wish.min_files, now=now)
    report.over_budget = max(0, len(found) - wish.partitions)
    for partition in found[: wish.partitions]:
        still()
        report.compacted.append(compact(spark, report.table, partition, min_files=wish.min_files))


def measure(spark: SparkSession, name: str) -> Size:
    """The table's size, from metadata alone."""
    table = load_table(spark, name)
    current = table.currentSnapshot()
    summary: Mapping[str, str] = dict(current.summary()) if current is not None else {}
    return Size(
        data_files=int(summary.get("total-data-files", 0)),
        delete_files=int(summary.get("total-delete-files", 0)),
        size=int(summary.get("total-files-size", 0)),
        snapshots=int(table.operations().current().snapshots().size()),
    )
