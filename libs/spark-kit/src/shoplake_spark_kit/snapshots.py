"""Finds stamps and staged snapshots in a table's history."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from shoplake_lake_kit.ancestry import (
    HISTORY_TAG,
    STAMP_TAG_PREFIX,
    Ancestor,
    Lineage,
    Tags,
    newest_stamp,
    required_stamp,
)
from shoplake_lake_kit.stamp import Stamp

from shoplake_spark_kit.java import each, java_class

WAP_ID = "wap.id"


def ancestors(table: Any) -> Iterator[Any]:
    """Snapshots from the current one back to the oldest kept.

    The list of all snapshots would be wrong: staged ones, never published, are in it.
    """
    snapshot = table.currentSnapshot()
    while snapshot is not None:
        yield snapshot
        parent = snapshot.parentId()
        snapshot = None if parent is None else table.snapshot(parent)


def as_ancestor(snapshot: Any) -> Ancestor:
    """A Java snapshot as lake-kit sees it, in one call: each entry of its summary would be several."""
    told = json.loads(java_class(snapshot, "org.apache.iceberg.SnapshotParser").toJson(snapshot))
    return Ancestor(told["snapshot-id"], told.get("parent-snapshot-id"), told.get("summary", {}))


def tags_of(table: Any) -> Tags:
    """What maintenance left behind when it expired ancestors."""
    history, stamps = None, {}
    for entry in each(table.refs().entrySet()):
        name, ref = entry.getKey(), entry.getValue()
        if name == HISTORY_TAG:
            history = ref.snapshotId()
        elif name.startswith(STAMP_TAG_PREFIX):
            stamps[name.removeprefix(STAMP_TAG_PREFIX)] = as_ancestor(table.snapshot(ref.snapshotId()))
    return Tags(history, stamps)


def newest_of(snapshots: Iterator[Any], group: str, tags: Callable[[], Tags]) -> Stamp | None:
    """The newest stamp of a writer group; maintenance commits and other groups carry none of it.

    Raises:
        StampMissing: it cannot be read, or the history that may have held it is gone.
    """
    return newest_stamp(map(as_ancestor, snapshots), group, tags)


def stamps(table: Any, group: str) -> Iterator[Stamp]:
    """The stamps of a writer group from the newest to the oldest kept."""
    return (ancestor.stamp() for ancestor in _lineage(table).stamped() if ancestor.group == group)


def published(table: Any, group: str) -> Iterator[tuple[datetime, Stamp]]:
    """When each stamp of a writer group was published, from the newest to the oldest whose snapshot is kept."""
    for snapshot in ancestors(table):
        ancestor = as_ancestor(snapshot)
        if ancestor.group == group:
            yield datetime.fromtimestamp(snapshot.timestampMillis() / 1000, UTC), ancestor.stamp()


def require_stamp(table: Any, name: str, group: str) -> Stamp | None:
    """The newest stamp, or None for a table to which the group has never published.

    Raises:
        StampMissing: the table has rows and no stamp of any group says what they are; or the group's own is gone.
    """
    return required_stamp(name, lambda: map(as_ancestor, ancestors(table)), group, lambda: tags_of(table))


def find_staged(table: Any, attempt: str) -> Any:
    """The snapshot staged under this attempt id, or None."""
    snapshots = table.operations().current().snapshots()
    newest_first = map(snapshots.get, reversed(range(snapshots.size())))
    return next((found for found in newest_first if found.summary().get(WAP_ID) == attempt), None)


def _lineage(table: Any) -> Lineage:
    return Lineage(map(as_ancestor, ancestors(table)), lambda: tags_of(table))
