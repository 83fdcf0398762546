"""Creates tables from their contracts: whichever stage starts first, they come out the same, and no JVM is needed."""

from collections.abc import Iterable
from itertools import count

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table as IcebergTable
from shoplake_contracts import tables
from shoplake_contracts.errors import SchemaMismatch
from shoplake_contracts.tables import Table

from shoplake_lake_kit.catalog import open_writable
from shoplake_lake_kit.reader import catalog_errors
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.table_properties import PROPERTIES
from shoplake_lake_kit.table_schema import ddl_of, iceberg_schema, iceberg_type, partition_spec


def make_tables(settings: LakeSettings, names: Iterable[str]) -> None:
    """`ensure_tables` for a process that needs the catalog for nothing else."""
    catalog = open_writable(settings)
    try:
        ensure_tables(catalog, names)
    finally:
        catalog.close()


def ensure_tables(catalog: Catalog, names: Iterable[str]) -> None:
    """Create the namespaces and tables that are not there; add columns that a newer contract has.

    Raises:
        SchemaMismatch: A column of a table has another type than the contract's, or is unknown to it.
        CatalogUnavailable: The catalog does not answer, or another stage is creating the same right now.
    """
    for name in names:
        table = tables.load()[name]
        schema = iceberg_schema(table)
        spec = partition_spec(table, schema)
        with catalog_errors():
            catalog.create_namespace_if_not_exists(table.layer)
            there = catalog.create_table_if_not_exists(name, schema, partition_spec=spec, properties=dict(PROPERTIES))
            _reconcile(there, table)


def _reconcile(there: IcebergTable, table: Table) -> None:
    actual = {field.name: ddl_of(field.field_type) for field in there.schema().fields}
    wanted = {column.name: column.type for column in table.columns}
    unknown = sorted(actual.keys() - wanted.keys())
    changed = sorted(name for name in actual.keys() & wanted.keys() if actual[name] != wanted[name])
    if unknown or changed:
        raise SchemaMismatch(f"{table.name}: columns not in the contract {unknown}, of another type {changed}")
    missing = [column for column in table.columns if column.name not in actual]
    if missing:
        with there.update_schema() as update:
            for column in missing:
                # It has no value in old rows, so it may be NULL whatever the contract says of new ones.
                update.add_column(column.name, iceberg_type(column.type, count(1)))
