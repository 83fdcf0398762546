"""The catalog is there before anybody races to make it, in the form both readers and writers know."""

import sqlite3
from contextlib import closing

from pyiceberg.catalog import load_catalog
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField
from shoplake_cli.stack.catalog import ensure_catalog
from shoplake_cli.stack.layout import Home


def test_pyiceberg_writes_to_it_and_a_second_start_changes_nothing(home: Home) -> None:
    ensure_catalog(home)
    properties = {
        "type": "sql",
        "uri": home.catalog_uri,
        "warehouse": home.warehouse_uri,
        "init_catalog_tables": "false",
    }
    catalog = load_catalog("iceberg", **properties)
    catalog.create_namespace("gold")
    catalog.create_table("gold.t", Schema(NestedField(1, "n", LongType(), required=False)))
    ensure_catalog(home)
    assert catalog.list_tables("gold") == [("gold", "t")]
    catalog.close()


def test_the_column_that_iceberg_would_add_is_there(home: Home) -> None:
    ensure_catalog(home)
    with closing(sqlite3.connect(home.catalog)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(iceberg_tables)")]
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    assert columns[-1] == "iceberg_type"
    assert mode == "wal"
