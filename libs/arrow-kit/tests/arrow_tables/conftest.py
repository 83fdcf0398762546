"""A lake of this kit's own making, on SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog
from shoplake_arrow_kit.iceberg_table import IcebergTable
from shoplake_lake_kit.catalog import open_writable
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.table_creation import ensure_tables

from .raw import RAW


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalog with `bronze.raw_events`."""
    settings = LakeSettings(catalog_uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}/warehouse")
    opened = open_writable(settings)
    ensure_tables(opened, [RAW])
    yield opened
    opened.close()


@pytest.fixture
def table(catalog: Catalog) -> IcebergTable:
    """The table as bronze's stage holds it."""
    return IcebergTable(catalog, RAW, role=Role.OUT, group="main")
