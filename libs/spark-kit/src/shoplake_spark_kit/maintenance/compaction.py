"""Rewrites small files of closed partitions, and manifests when there are many; neither changes a row or a stamp.

A rewrite reads some files and replaces exactly those. A stage that appends meanwhile is no conflict; one that
overwrites the same day is, and then the rewrite gives way: Iceberg refuses it and its files are removed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from shoplake_spark_kit.java import java_class, load_table, raised, root_cause
from shoplake_spark_kit.maintenance.partitions import TARGET_BYTES, Bound, Partition

CONFLICTS = ("ValidationException", "CommitFailedException")


@dataclass(frozen=True)
class Compacted:
    """What became of a partition; `conflict` names the commit that came in between, then nothing was changed."""

    partition: str
    files_before: int
    files_after: int
    size: int
    conflict: str | None = None


@dataclass(frozen=True)
class Manifests:
    """How many manifests there were and are; `conflict` as for a partition."""

    before: int
    after: int
    conflict: str | None = None


def compact(spark: SparkSession, name: str, partition: Partition, *, min_files: int) -> Compacted:
    """Rewrite the small files of one partition into few.

    Args:
        spark: a session without `spark.wap.id`, or the result would be staged.
        name: `namespace.table`.
        partition: what to rewrite.
        min_files: as in the search for partitions.
    """
    actions = java_class(spark, "org.apache.iceberg.spark.actions.SparkActions")
    action = actions.get(spark._jsparkSession).rewriteDataFiles(load_table(spark, name)).binPack()  # noqa: SLF001 - PySpark has no public way to Iceberg's actions
    for bound in partition.bounds:
        action = action.filter(_expression(spark, bound))
    options = {"target-file-size-bytes": TARGET_BYTES, "min-input-files": min_files}
    for key, value in {**options, "max-concurrent-file-group-rewrites": 1}.items():
        action = action.option(key, str(value))
    try:
        result = action.execute()
    except Py4JJavaError as error:
        return Compacted(partition.path, partition.files, partition.files, 0, conflict=_conflict(error))
    gone, new = int(result.rewrittenDataFilesCount()), int(result.addedDataFilesCount())
    return Compacted(partition.path, partition.files, partition.files - gone + new, int(result.rewrittenBytesCount()))


def rewrite_manifests(spark: SparkSession, name: str, *, above: int) -> Manifests | None:
    """Sort many manifests into few by partition, so that a plan reads those of its days; None if there are few."""
    table = load_table(spark, name)
    before = _manifests(table)
    if before <= above:
        return None
    actions = java_class(spark, "org.apache.iceberg.spark.actions.SparkActions")
    action = actions.get(spark._jsparkSession).rewriteManifests(table).option("use-caching", "false")  # noqa: SLF001 - as above
    try:
        action.execute()
    except Py4JJavaError as error:
        return Manifests(before, before, conflict=_conflict(error))
    table.refresh()
    return Manifests(before, _manifests(table))


def _manifests(table: Any) -> int:
    current = table.currentSnapshot()
    return 0 if current is None else int(current.allManifests(table.io()).size())


def _expression(spark: SparkSession, bound: Bound) -> object:
    expressions = java_class(spark, "org.apache.iceberg.expressions.Expressions")
    test: Callable[[str, str | int], object] = getattr(expressions, bound.test)
    return test(bound.column, bound.value)


def _conflict(error: Py4JJavaError) -> str:
    """What came in between; any other failure is raised again."""
    if not raised(error, *CONFLICTS):
        raise error
    _, message = root_cause(error)
    return message
