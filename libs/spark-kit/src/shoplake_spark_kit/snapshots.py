"""Finds stamps and staged snapshots in a table's history."""

from collections.abc import Iterator
from typing import Any

from shoplake_contracts.errors import StampMissing
from shoplake_lake_kit.stamp import Stamp, from_properties

from shoplake_spark_kit.java import each

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


def stamps(table: Any, group: str) -> Iterator[Stamp]:
    """The stamps of a writer group from the newest to the oldest kept."""
    for snapshot in ancestors(table):
        stamp = from_properties(dict(snapshot.summary()))
        if stamp is not None and stamp.group == group:
            yield stamp


def newest_stamp(snapshots: Iterator[Any], group: str) -> Stamp | None:
    """The newest stamp of a writer group; maintenance commits and other groups carry none of it."""
    for snapshot in snapshots:
        stamp = from_properties(dict(snapshot.summary()))
        if stamp is not None and stamp.group == group:
            return stamp
    return None


def require_stamp(table: Any, name: str, group: str) -> Stamp | None:
    """The newest stamp, or None for a table without rows.

    Raises:
        StampMissing: the table has rows but no stamp says what they are.
    """
    stamp = newest_stamp(ancestors(table), group)
    current = table.currentSnapshot()
    if stamp is None and current is not None and int(current.summary().get("total-records") or 0) > 0:
        raise StampMissing(f"{name} has rows but no stamp of writer group {group}")
    return stamp


def find_staged(table: Any, attempt: str) -> Any:
    """The snapshot staged under this attempt id, or None."""
    newest_first = reversed(list(each(table.operations().current().snapshots())))
    return next((found for found in newest_first if found.summary().get(WAP_ID) == attempt), None)
