"""The publish protocol over PyIceberg: what is visible when, and who may publish on what."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyiceberg.table
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitStateUnknownException
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import update_table_metadata
from shoplake_arrow_kit import iceberg_table, publish
from shoplake_arrow_kit.iceberg_table import IcebergTable, Output
from shoplake_contracts.errors import CatalogUnavailable, PublishUnknown, StampMissing, WriterConflict
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.touched import Touched
from shoplake_lake_kit.vector import Counts

from .raw import NOW, RAW, TOOK, append_unstamped, piece, rows, stamp, visible


def data_files(catalog: Catalog) -> list[Path]:
    return list(Path(catalog.load_table(RAW).location().removeprefix("file://")).glob("data/**/*.parquet"))


def another(catalog: Catalog) -> IcebergTable:
    return IcebergTable(catalog, RAW, role=Role.OUT, group="main")


def test_staged_rows_are_counted_and_seen_by_nobody(catalog: Catalog, table: IcebergTable) -> None:
    staged = table.stage(Output([piece(1, range(7)), piece(0, range(2)), piece(0, range(3), epoch=1)]), "a1")

    assert (staged.rows, staged.counts) == (12, Counts({"purchases": (2, 7), "purchases@1": (3,)}))
    assert (staged.appended_at_min, staged.event_time_max) == (TOOK, TOOK)
    assert visible(catalog) == 0
    assert table.newest_stamp() is None


def test_staged_rows_tell_when_they_arrived_and_judge_no_time_of_an_event(table: IcebergTable) -> None:
    second = int(NOW.timestamp())

    assert table.stage(rows(0, range(7)), "a1").touched == Touched(arrived=((second, second),))
    assert table.stage(Output(None), "a2").touched == Touched()


def test_what_is_counted_is_what_lies_in_storage(
    catalog: Catalog, table: IcebergTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def losing(held: Table, pieces: Iterator[pa.Table], attempt: str) -> object:
        return write_files(held, [it.slice(1) for it in pieces], attempt)

    write_files = iceberg_table.write_files
    monkeypatch.setattr(iceberg_table, "write_files", losing)
    assert table.stage(rows(0, range(7)), "a1").counts == Counts({"purchases": (6,)})
    assert data_files(catalog)


def test_a_commit_copies_the_history_once(table: IcebergTable, monkeypatch: pytest.MonkeyPatch) -> None:
    copies: list[int] = []

    def counting(metadata: TableMetadata, *args: Any, **kwargs: Any) -> TableMetadata:
        copies.append(len(metadata.snapshots))
        return update_table_metadata(metadata, *args, **kwargs)

    monkeypatch.setattr(pyiceberg.table, "update_table_metadata", counting)
    table.publish(table.stage(rows(0, range(7)), "a1"), stamp("a1", 7), None)
    assert copies == [0]


def test_publish_shows_the_rows_and_the_stamp(catalog: Catalog, table: IcebergTable) -> None:
    first = stamp("a1", 7)
    number = table.publish(table.stage(rows(0, range(7)), "a1"), first, None)

    assert visible(catalog) == 7
    assert table.newest_stamp() == first
    assert catalog.load_table(RAW).metadata.current_snapshot_id == number


def test_a_batch_planned_on_an_older_stamp_is_refused_and_its_files_go(catalog: Catalog, table: IcebergTable) -> None:
    first, second, zombie = stamp("a1", 7), stamp("a2", 9), another(catalog)
    table.publish(table.stage(rows(0, range(7)), "a1"), first, None)
    late = zombie.stage(rows(0, range(7, 8)), "zombie")
    table.publish(table.stage(rows(0, range(7, 9)), "a2"), second, first)

    with pytest.raises(WriterConflict, match="attempt a2"):
        zombie.publish(late, stamp("zombie", 8, writer="z"), first)
    with pytest.raises(WriterConflict):
        zombie.publish(late, stamp("zombie", 8, writer="z"), None)
    assert visible(catalog) == 9
    assert len(data_files(catalog)) == 2


def test_the_stamp_is_compared_again_when_another_commit_came_first(
    catalog: Catalog, table: IcebergTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked at the same stamp; the requirement on main's snapshot tells them apart."""
    first, other = stamp("a1", 7), another(catalog)
    staged = table.stage(rows(0, range(7)), "a1")
    swap, raced = publish._swap, []

    def slow(held: Table, *rest: object) -> int:
        if not raced:
            raced.append(True)
            other.publish(other.stage(rows(0, range(5)), "b1"), stamp("b1", 5, writer="b"), None)
        return swap(held, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(publish, "_swap", slow)
    with pytest.raises(WriterConflict, match="attempt b1"):
        table.publish(staged, first, None)
    assert visible(catalog) == 5


def test_a_commit_without_a_stamp_in_between_does_no_harm(
    catalog: Catalog, table: IcebergTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = stamp("a1", 7), stamp("a2", 9)
    table.publish(table.stage(rows(0, range(7)), "a1"), first, None)
    staged = table.stage(rows(0, range(7, 9)), "a2")
    swap, raced = publish._swap, []

    def slow(held: Table, *rest: object) -> int:
        if not raced:
            raced.append(True)
            append_unstamped(catalog, piece(1, range(1)))
        return swap(held, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(publish, "_swap", slow)
    table.publish(staged, second, first)
    assert (visible(catalog), table.newest_stamp()) == (10, second)


def test_the_same_batch_is_not_published_twice(catalog: Catalog, table: IcebergTable) -> None:
    first = stamp("a1", 7)
    staged = table.stage(rows(0, range(7)), "a1")
    table.publish(staged, first, None)

    with pytest.raises(WriterConflict):
        table.publish(staged, first, None)
    assert visible(catalog) == 7


@pytest.mark.parametrize("landed", [True, False])
def test_a_lost_reply_deletes_nothing(
    catalog: Catalog, table: IcebergTable, monkeypatch: pytest.MonkeyPatch, *, landed: bool
) -> None:
    commit = Table._do_commit

    def lost(held: Table, *rest: object) -> None:
        if landed:
            commit(held, *rest)  # type: ignore[arg-type]
        raise CommitStateUnknownException("gateway timeout")

    staged = table.stage(rows(0, range(7)), "a1")
    with monkeypatch.context() as patched:
        patched.setattr(Table, "_do_commit", lost)
        with pytest.raises(PublishUnknown, match="gateway timeout"):
            table.publish(staged, stamp("a1", 7), None)
    table.stage(rows(0, range(1)), "a2")
    assert visible(catalog) == (7 if landed else 0)
    assert (table.newest_stamp() is not None) is landed
    assert len(data_files(catalog)) == 2


def test_no_rows_still_move_the_position(catalog: Catalog, table: IcebergTable) -> None:
    first, second = stamp("a1", 3), stamp("a2", 6)
    table.publish(table.stage(Output(None), "a1"), first, None)
    table.publish(table.stage(rows(0, range(0)), "a2"), second, first)

    assert table.newest_stamp() == second
    assert visible(catalog) == 0


def test_rows_without_a_stamp_are_refused(catalog: Catalog, table: IcebergTable) -> None:
    append_unstamped(catalog, piece(0, range(2)))

    with pytest.raises(StampMissing, match=RAW):
        table.newest_stamp()


def test_an_attempt_that_was_given_up_leaves_no_files(catalog: Catalog, table: IcebergTable) -> None:
    given_up = table.stage(rows(0, range(7)), "a1")
    staged = table.stage(rows(0, range(5)), "a2")
    assert len(data_files(catalog)) == 1

    with pytest.raises(CatalogUnavailable, match="written again"):
        table.publish(given_up, stamp("a1", 7), None)
    table.publish(staged, stamp("a2", 5), None)
    assert visible(catalog) == 5


def test_a_process_that_slept_writes_its_files_again(catalog: Catalog) -> None:
    now = [NOW]
    table = IcebergTable(catalog, RAW, role=Role.OUT, group="main", clock=lambda: now[0])
    staged = table.stage(rows(0, range(7)), "a1")
    now[0] += timedelta(hours=2)

    with pytest.raises(CatalogUnavailable, match="too long ago"):
        table.publish(staged, stamp("a1", 7), None)
    assert (visible(catalog), data_files(catalog)) == (0, [])


def test_a_source_that_breaks_off_leaves_no_files(catalog: Catalog, table: IcebergTable) -> None:
    def broken() -> Iterator[pa.Table]:
        yield piece(0, range(7))
        raise CatalogUnavailable("halfway")

    with pytest.raises(CatalogUnavailable, match="halfway"):
        table.stage(Output(broken()), "a1")
    assert data_files(catalog) == []


def test_many_commits_keep_few_manifests(
    catalog: Catalog, table: IcebergTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "_MERGING", {**publish._MERGING, "commit.manifest.min-count-to-merge": "5"})
    before = None
    for number in range(1, 13):
        after = stamp(f"a{number}", number)
        table.publish(table.stage(rows(0, range(number - 1, number)), f"a{number}"), after, before)
        before = after
    now = catalog.load_table(RAW)
    snapshot = now.current_snapshot()
    assert snapshot is not None
    assert len(snapshot.manifests(now.io)) < 6
    assert visible(catalog) == 12
