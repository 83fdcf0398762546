"""Opens the lake's catalog for a stage that writes, and closes it again."""

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog

from shoplake_lake_kit.reader import catalog_errors, open_catalog
from shoplake_lake_kit.settings import LakeSettings


def open_writable(settings: LakeSettings) -> Catalog:
    """The catalog, its own tables created where there are none.

    Raises:
        CatalogUnavailable: It does not answer, or another process is creating it right now.
    """
    with catalog_errors():
        catalog = open_catalog(settings, create=True)
        if isinstance(catalog, SqlCatalog) and settings.catalog == "sqlite":
            with catalog.engine.connect() as connection:
                # As the JVM's catalogs set it: who reads does not wait for who commits.
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        return catalog
