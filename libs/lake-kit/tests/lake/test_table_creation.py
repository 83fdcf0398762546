"""Tables come out of their contracts as Spark would make them."""

from collections.abc import Iterator

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.types import StringType
from shoplake_contracts import tables
from shoplake_contracts.errors import SchemaMismatch
from shoplake_lake_kit.catalog import open_writable
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.table_creation import ensure_tables, make_tables
from shoplake_lake_kit.table_properties import PROPERTIES
from shoplake_lake_kit.table_schema import arrow_schema, ddl_of, iceberg_schema

RAW = "bronze.raw_events"


@pytest.fixture
def catalog(lake: LakeSettings) -> Iterator[Catalog]:
    """An empty catalog with `bronze.raw_events`."""
    make_tables(lake, [RAW])
    opened = open_writable(lake)
    yield opened
    opened.close()


@pytest.mark.parametrize("name", sorted(tables.load()))
def test_every_contract_has_a_schema_that_says_the_same(name: str) -> None:
    table = tables.load()[name]
    fields = iceberg_schema(table).fields
    assert [(it.name, ddl_of(it.field_type), not it.required) for it in fields] == [
        (column.name, column.type, column.nullable) for column in table.columns
    ]
    assert arrow_schema(table).names == list(table.column_names)


def test_a_new_table_is_partitioned_and_set_up_as_its_contract_says(catalog: Catalog) -> None:
    table = catalog.load_table(RAW)
    assert [field.name for field in table.spec().fields] == ["topic", "processing_time_hour"]
    assert table.metadata.format_version == 2
    assert table.properties.items() >= {key: PROPERTIES[key] for key in PROPERTIES if key != "format-version"}.items()


def test_a_second_start_changes_nothing(catalog: Catalog) -> None:
    before = catalog.load_table(RAW).metadata
    ensure_tables(catalog, [RAW])
    assert catalog.load_table(RAW).metadata == before


def test_a_column_that_came_later_is_added(catalog: Catalog) -> None:
    with catalog.load_table(RAW).update_schema(allow_incompatible_changes=True) as update:
        update.delete_column("headers")
    ensure_tables(catalog, [RAW])
    assert ddl_of(catalog.load_table(RAW).schema().find_type("headers")) == "array<struct<key:string,value:binary>>"


def test_a_column_that_no_contract_knows_is_refused(catalog: Catalog) -> None:
    with catalog.load_table(RAW).update_schema() as update:
        update.add_column("stranger", StringType())
    with pytest.raises(SchemaMismatch, match="stranger"):
        ensure_tables(catalog, [RAW])
