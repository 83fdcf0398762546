"""Expires snapshots: tags what the stages still need to know, then forgets the rest together with its files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from shoplake_spark_kit.java import load_table, raised
from shoplake_spark_kit.maintenance.history import History, read_history
from shoplake_spark_kit.maintenance.retention import Keep, Retention, retain


@dataclass(frozen=True)
class Expired:
    """What an expiry did.

    Attributes:
        published: Published snapshots that went.
        staged: Staged ones, published under another id or never.
        kept: Why the others stay, with their number.
        tags: The tags that hold stamps and the cut, with their snapshots.
        conflict: Another commit that came in between, so that nothing went; None if nothing did.
    """

    published: int
    staged: int
    kept: Mapping[str, int]
    tags: Mapping[str, int]
    conflict: str | None = None


def _nothing(_step: str) -> None:
    """Nobody waits for the steps."""


def expire(
    spark: SparkSession,
    name: str,
    keep: Keep | None = None,
    *,
    clean_files: bool = True,
    passing: Callable[[str], None] = _nothing,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Expired:
    """Expire what the rules do not keep.

    Everything newer than the moment of reading stays, so commits in between do no harm; a rollback in between is a
    conflict, and nothing goes.

    Args:
        spark: the session whose catalog holds the table.
        name: `namespace.table`.
        keep: how much stays.
        clean_files: delete the files that nothing refers to any more; without it only metadata gets smaller.
        passing: told `after_tag`, `before_expire` and `after_expire`.
        now: the clock.

    Raises:
        StampMissing: A group's newest stamp cannot be told; nothing was expired.
    """
    table = load_table(spark, name)
    history = read_history(spark, table)
    decided = retain(history, keep or Keep(), now())
    try:
        _tag(table, history, decided)
        passing("after_tag")
        passing("before_expire")
        _expire(table, (*decided.published, *decided.staged), clean_files=clean_files)
    except Py4JJavaError as error:
        if not raised(error, "CommitFailedException", "ValidationException", "IllegalArgumentException"):
            raise
        conflict = str(error.java_exception.getMessage())
        return Expired(0, 0, decided.kept, history.refs, conflict=conflict)
    passing("after_expire")
    return Expired(len(decided.published), len(decided.staged), decided.kept, decided.tags)


def _tag(table: Any, history: History, decided: Retention) -> None:
    """Set every tag in one commit."""
    changed = {name: number for name, number in decided.tags.items() if history.refs.get(name) != number}
    if not changed and not decided.stale:
        return
    operation = table.manageSnapshots()
    for name, number in changed.items():
        set_tag = operation.replaceTag if name in history.refs else operation.createTag
        set_tag(name, number)
    for name in decided.stale:
        operation.removeTag(name)
    operation.commit()


def _expire(table: Any, snapshots: tuple[int, ...], *, clean_files: bool) -> None:
    if not snapshots:
        return
    # The rules are ours: Iceberg's own, by age, must find nothing.
    operation = table.expireSnapshots().expireOlderThan(0)
    for number in snapshots:
        operation.expireSnapshotId(number)
    operation.cleanExpiredFiles(clean_files).commit()
