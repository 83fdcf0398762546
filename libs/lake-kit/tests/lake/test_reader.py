"""Stamps and rows read from real Iceberg files, without a JVM."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from shoplake_contracts.errors import CatalogUnavailable, NotFound
from shoplake_lake_kit.reader import find_table, load_table, open_catalog, scan_arrow, stamps, table_names
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp


@pytest.mark.usefixtures("purchases")
def test_stamps_come_newest_first(lake: LakeSettings) -> None:
    table = load_table(open_catalog(lake), "silver.purchases")
    assert [stamp.attempt for _, stamp in stamps(table)] == ["a2", "a1"]


@pytest.mark.usefixtures("purchases")
def test_snapshots_that_are_no_ancestors_are_not_looked_at(lake: LakeSettings, writer: SqlCatalog) -> None:
    table = writer.load_table("silver.purchases")
    oldest = table.metadata.snapshots[0]
    table.manage_snapshots().rollback_to_snapshot(oldest.snapshot_id).commit()
    assert [stamp.attempt for _, stamp in stamps(load_table(open_catalog(lake), "silver.purchases"))] == ["a1"]


@pytest.mark.usefixtures("purchases")
def test_every_call_sees_what_was_committed_since(
    lake: LakeSettings, writer: SqlCatalog, make_stamp: Callable[..., Stamp]
) -> None:
    catalog = open_catalog(lake)
    before = scan_arrow(load_table(catalog, "silver.purchases"))
    writer.load_table("silver.purchases").append(before, make_stamp(attempt="a3").to_properties())
    after = load_table(catalog, "silver.purchases")
    assert next(stamps(after))[1].attempt == "a3"
    assert scan_arrow(after).num_rows == 2 * before.num_rows


@pytest.mark.usefixtures("purchases")
def test_metadata_is_read_again_only_when_somebody_has_committed(lake: LakeSettings, writer: SqlCatalog) -> None:
    catalog = open_catalog(lake)
    first, same = (load_table(catalog, "silver.purchases") for _ in range(2))
    writer.load_table("silver.purchases").transaction().set_properties(seen="yes").commit_transaction()
    newer = load_table(catalog, "silver.purchases")
    assert same.metadata is first.metadata
    assert newer.properties["seen"] == "yes"
    assert "seen" not in first.properties


@pytest.mark.usefixtures("purchases")
def test_a_commit_leaves_what_others_have_read_as_it_was(lake: LakeSettings) -> None:
    catalog = open_catalog(lake)
    mine, other = (load_table(catalog, "silver.purchases") for _ in range(2))
    mine.transaction().set_properties(seen="yes").commit_transaction()
    assert "seen" not in other.properties
    assert load_table(catalog, "silver.purchases").properties["seen"] == "yes"


@pytest.mark.usefixtures("purchases")
def test_rows_by_column_filter_and_snapshot(lake: LakeSettings) -> None:
    table = load_table(open_catalog(lake), "silver.purchases")
    oldest = list(stamps(table))[-1][0]
    assert scan_arrow(table, ["user_id"], "user_id != 'b'").to_pydict() == {"user_id": ["c", "a"]}
    assert scan_arrow(table, ["user_id"], snapshot_id=oldest).to_pydict() == {"user_id": ["a"]}


@pytest.mark.usefixtures("purchases")
def test_an_unknown_table_names_those_that_exist(lake: LakeSettings) -> None:
    with pytest.raises(NotFound, match=r"no table iceberg.silver.purchase; tables: silver.purchases$"):
        load_table(open_catalog(lake), "silver.purchase")


def test_a_lake_that_was_not_created_yet_is_empty(lake: LakeSettings) -> None:
    catalog = open_catalog(lake)
    assert table_names(catalog) == []
    assert find_table(catalog, "silver.purchases") is None


def test_reading_creates_no_catalog_tables(lake: LakeSettings) -> None:
    find_table(open_catalog(lake), "silver.purchases")
    catalog = SqlCatalog("iceberg", uri=lake.catalog_uri, init_catalog_tables="false")
    assert find_table(catalog, "silver.purchases") is None


def test_a_catalog_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    catalog = open_catalog(LakeSettings(catalog_uri=f"sqlite:///{tmp_path}/no/such/folder.db"))
    with pytest.raises(CatalogUnavailable):
        find_table(catalog, "silver.purchases")


@pytest.mark.usefixtures("purchases")
def test_stamps_that_expiry_kept_by_tag_come_last(
    lake: LakeSettings, writer: SqlCatalog, make_stamp: Callable[..., Stamp]
) -> None:
    table = writer.load_table("silver.purchases")
    table.append(scan_arrow(table), make_stamp(attempt="b1", group="other").to_properties())
    oldest, without, newer, kept = table.metadata.snapshots
    tags = table.manage_snapshots().create_tag(kept.snapshot_id, "shoplake-history")
    tags.create_tag(oldest.snapshot_id, "shoplake-stamp-main").commit()
    writer.load_table("silver.purchases").maintenance.expire_snapshots().by_ids(
        [without.snapshot_id, newer.snapshot_id]
    ).commit()
    writer.load_table("silver.purchases").append(
        scan_arrow(table), make_stamp(attempt="b2", group="other").to_properties()
    )
    found = [stamp.attempt for _, stamp in stamps(load_table(open_catalog(lake), "silver.purchases"))]
    assert found == ["b2", "b1", "a1"]
