"""Bugs in maintenance, and in how the newest stamp is found after it."""

from collections.abc import Callable

import pytest
from shoplake_lake_kit.ancestry import Tags
from shoplake_lake_kit.stamp import Stamp

from .model_table import ModelTable, Snapshot
from .planted import Plant


def compaction_writes_a_stamp(patch: pytest.MonkeyPatch) -> None:
    def wrong(table: ModelTable) -> None:
        stamps = [snapshot.stamp() for snapshot in table.stamped()]
        if stamps:
            # Computed before the last publish, committed after it.
            table.current = table._add(table.rows, stamps[min(1, len(stamps) - 1)])

    patch.setattr(ModelTable, "compact", wrong)


def expiry_without_tags(patch: pytest.MonkeyPatch) -> None:
    def wrong(table: ModelTable, _keep: Callable[[int, Snapshot], bool]) -> None:
        if table.current:
            table.snapshots = {table.current.id: table.current}

    patch.setattr(ModelTable, "expire", wrong)


def expiry_tags_no_stamp(patch: pytest.MonkeyPatch) -> None:
    right = ModelTable.tag

    def wrong(table: ModelTable, keep: Callable[[int, Snapshot], bool]) -> list[Snapshot]:
        kept = right(table, keep)
        table.tags = Tags(table.tags.history)
        return kept

    patch.setattr(ModelTable, "tag", wrong)


def stale_tag_trusted(patch: pytest.MonkeyPatch) -> None:
    right = ModelTable.newest_stamp

    def wrong(table: ModelTable, group: str) -> Stamp | None:
        tagged = table.tags.stamps.get(group)
        return tagged.stamp() if tagged else right(table, group)

    patch.setattr(ModelTable, "newest_stamp", wrong)


def stamp_read_from_all_snapshots(patch: pytest.MonkeyPatch) -> None:
    def wrong(table: ModelTable, group: str) -> Stamp | None:
        stamps = [one.carries for one in table.snapshots.values() if one.group == group]
        return stamps[-1] if stamps else None

    patch.setattr(ModelTable, "newest_stamp", wrong)


def stamps_of_groups_mixed_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        ModelTable, "newest_stamp", lambda table, _group: next((one.stamp() for one in table.stamped()), None)
    )


MUTANTS: tuple[Plant, ...] = (
    compaction_writes_a_stamp,
    expiry_without_tags,
    expiry_tags_no_stamp,
    stale_tag_trusted,
    stamp_read_from_all_snapshots,
    stamps_of_groups_mixed_up,
)
