"""The one way into a table: a compare-and-swap of staged files on the newest stamp (docs/decisions/0002)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial, reduce
from typing import Any, ClassVar

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession
from shoplake_contracts.errors import CatalogUnavailable, DaysChanged, PublishUnknown, StampMissing, WriterConflict
from shoplake_lake_kit.ancestry import Tags
from shoplake_lake_kit.stamp import Stamp

from shoplake_spark_kit.days import bounds, runs
from shoplake_spark_kit.java import allow_callbacks, each, java_class, load_table, raised, root_cause
from shoplake_spark_kit.snapshots import ancestors, newest_of, tags_of

# A staged snapshot that nobody published is deleted, files and all, once it is this old. It is published only in the
# first half of that time, which every retry of the commit checks: deletion is a commit as well, so a publish that
# comes after it meets a staged snapshot that is too old.
KEEP_STAGED = timedelta(hours=1)
PUBLISH_WITHIN = KEEP_STAGED / 2

# How Iceberg says that rows under an overwrite's filter have come or gone since its starting snapshot.
CONFLICT = "conflicting"


@dataclass(frozen=True)
class Replaced:
    """The rows that an overwrite takes away: those of whole days.

    Attributes:
        days: which days.
        column: a date, or a timestamp whose days (UTC) are meant.
        since: the snapshot that the new rows were computed from; given, a change of these days after it is refused.
    """

    days: tuple[date, ...]
    column: str = "partition_date"
    since: int | None = None


class PlannedOn:
    """Iceberg's ancestry validator in Python: holds while the newest stamp is the one the batch was planned on.

    Iceberg asks it on every retry of the commit, with the ancestors of the base it is about to build on, so neither a
    second writer nor a compaction in between can slip through. Where the ancestors have expired, the tags are read
    afresh: if they are newer than the base, the commit fails and is asked about again.
    """

    def __init__(
        self, group: str, planned_on: Stamp | None, *, tags: Callable[[], Tags], staged_at: datetime | None = None
    ) -> None:
        self._group = group
        self._expected = planned_on.attempt if planned_on else None
        self._tags = tags
        self._staged_at = staged_at
        self.met: Stamp | None = None
        self.problem = ""
        self.is_too_old = False

    def validate(self, base: Any) -> bool:
        """Whether the base still carries the expected stamp; called by Java."""
        self.is_too_old = self._staged_at is not None and datetime.now(UTC) - self._staged_at > PUBLISH_WITHIN
        if self.is_too_old:
            self.problem = f"staged at {self._staged_at}, more than {PUBLISH_WITHIN} ago"
            return False
        try:
            self.met = newest_of(each(base), self._group, self._tags)
        except StampMissing as error:
            self.met, self.problem = None, error.message
            return False
        met = self.met.attempt if self.met else None
        self.problem = f"the newest stamp is {met}, planned on {self._expected}"
        return met == self._expected

    def errorMessage(self) -> str:  # noqa: N802 - the name is Java's
        """What the exception says; Iceberg asks for it before it needs it."""
        return self.problem

    class Java:
        """Tells py4j which interface this object is."""

        implements: ClassVar[list[str]] = ["org.apache.iceberg.SnapshotAncestryValidator"]


def publish(
    spark: SparkSession,
    name: str,
    *,
    staged_id: int | None,
    stamp: Stamp,
    planned_on: Stamp | None,
    replaced: Replaced | None = None,
) -> int:
    """Publish the staged files with the stamp and return the new snapshot's id.

    Args:
        spark: the session whose catalog holds the table.
        name: `namespace.table`.
        staged_id: the staged snapshot; None publishes the stamp alone.
        stamp: what the table is complete up to after this.
        planned_on: the stamp the batch was planned on.
        replaced: overwrite exactly these rows; None appends.

    Raises:
        WriterConflict: the newest stamp is another one.
        DaysChanged: the days to overwrite are not what they were when the rows were computed.
        PublishUnknown: the commit's outcome is not known.
        CatalogUnavailable: the commit did not take place; what was staged may be gone or too old, and is written again.
    """
    allow_callbacks(spark)
    table = load_table(spark, name)
    operation = table.newAppend() if replaced is None else _overwrite(spark, table, replaced)
    staged_at = _add_files(table, operation, staged_id, "appendFile" if replaced is None else "addFile")
    _set_all(operation, stamp.to_properties())
    fresh_tags = partial(_fresh_tags, spark, name)
    validator = PlannedOn(stamp.group, planned_on, tags=fresh_tags, staged_at=staged_at)
    operation.validateWith(validator)
    try:
        operation.commit()
    except Py4JJavaError as error:
        raise _meaning(error, name, validator) from error
    return _published_id(table, stamp.attempt)


def _overwrite(spark: SparkSession, table: Any, replaced: Replaced) -> Any:
    expressions = java_class(spark, "org.apache.iceberg.expressions.Expressions")
    is_date = str(table.schema().findType(replaced.column)) == "date"
    of_days = _of_dates(spark, expressions, replaced) if is_date else _of_instants(expressions, replaced)
    operation = table.newOverwrite().overwriteByRowFilter(of_days)
    if replaced.since is None:
        return operation
    operation = operation.validateFromSnapshot(replaced.since).conflictDetectionFilter(of_days)
    return operation.validateNoConflictingData().validateNoConflictingDeletes()


def _of_dates(spark: SparkSession, expressions: Any, replaced: Replaced) -> Any:
    # Days since the epoch: the literal form that Iceberg takes for a date column.
    literals = java_class(spark, "java.util.ArrayList")()
    for day in sorted(replaced.days):
        literals.add((day - date(1970, 1, 1)).days)
    return getattr(expressions, "in")(replaced.column, literals)


def _of_instants(expressions: Any, replaced: Replaced) -> Any:
    # Ranges from midnight to midnight, so that files of whole days go without a look into them.
    column = replaced.column
    parts = []
    for first, last in map(bounds, runs(sorted(replaced.days))):
        from_first = expressions.greaterThanOrEqual(column, first.isoformat())
        parts.append(getattr(expressions, "and")(from_first, expressions.lessThanOrEqual(column, last.isoformat())))
    return reduce(getattr(expressions, "or"), parts, expressions.alwaysFalse())


def _fresh_tags(spark: SparkSession, name: str) -> Tags:
    return tags_of(load_table(spark, name))


def _add_files(table: Any, operation: Any, staged_id: int | None, method: str) -> datetime | None:
    """Add the staged files and say when they were staged."""
    if staged_id is None:
        return None
    staged = table.snapshot(staged_id)
    if staged is None:
        raise CatalogUnavailable(f"the staged snapshot {staged_id} is gone: it is written again")
    add = getattr(operation, method)
    for file in each(staged.addedDataFiles(table.io())):
        add(file)
    # Without it, expiry of the staged snapshot would delete the files that are published now.
    operation.set("source-snapshot-id", str(staged_id))
    return datetime.fromtimestamp(staged.timestampMillis() / 1000, UTC)


def _set_all(operation: Any, properties: Mapping[str, str]) -> None:
    for key, value in properties.items():
        operation.set(key, value)


def _meaning(error: Py4JJavaError, name: str, validator: PlannedOn) -> Exception:
    class_name, message = root_cause(error)
    if validator.is_too_old:
        return CatalogUnavailable(f"{name}: {validator.problem}: it is written again")
    if raised(error, "ValidationException"):
        if CONFLICT in message:
            return DaysChanged(f"{name}: {message}")
        other = (
            f"{validator.met.writer} (attempt {validator.met.attempt})"
            if validator.met
            else "nobody: the stamp is gone"
        )
        return WriterConflict(f"{name} was published by {other} while this batch was under way")
    if raised(error, "CommitStateUnknownException"):
        return PublishUnknown(f"{name}: the commit's outcome is unknown ({class_name}: {message})")
    return CatalogUnavailable(f"{name}: the commit failed ({class_name}: {message})")


def _published_id(table: Any, attempt: str) -> int:
    table.refresh()
    for snapshot in ancestors(table):
        if snapshot.summary().get("shoplake.attempt") == attempt:
            return int(snapshot.snapshotId())
    raise PublishUnknown(f"the published snapshot of attempt {attempt} is not in the table's history")
