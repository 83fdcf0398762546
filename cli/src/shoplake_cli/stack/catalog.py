"""The SQLite catalog, made before the first service starts.

Iceberg's JDBC catalog makes its tables at first use and then adds a column to them; two services that start at the same
moment on a new home both try, and one fails. So the tables stand there beforehand, in the form that Iceberg leaves.
"""

import sqlite3
from contextlib import closing

from shoplake_cli.stack.layout import Home

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS iceberg_tables (
      catalog_name VARCHAR(255) NOT NULL,
      table_namespace VARCHAR(255) NOT NULL,
      table_name VARCHAR(255) NOT NULL,
      metadata_location VARCHAR(1000),
      previous_metadata_location VARCHAR(1000),
      iceberg_type VARCHAR(5),
      PRIMARY KEY (catalog_name, table_namespace, table_name)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
      catalog_name VARCHAR(255) NOT NULL,
      namespace VARCHAR(255) NOT NULL,
      property_key VARCHAR(255),
      property_value VARCHAR(1000),
      PRIMARY KEY (catalog_name, namespace, property_key)
    )
    """,
)


def ensure_catalog(home: Home) -> None:
    """Create the catalog's own tables if they are not there; what is in them stays."""
    with closing(sqlite3.connect(home.catalog)) as connection:
        # Readers do not wait for writers, and five processes use it.
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in TABLES:
            connection.execute(statement)
