"""A small lake made with PyIceberg alone, in the place and under the names that Spark would use."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp

TIME = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> LakeSettings:
    """Settings of a lake that was not created yet."""
    return LakeSettings(catalog_uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}/warehouse")


@pytest.fixture
def writer(lake: LakeSettings) -> Iterator[SqlCatalog]:
    """What stands for Spark here: the catalog, created, with an empty namespace silver."""
    catalog = SqlCatalog("iceberg", uri=lake.catalog_uri, warehouse=lake.warehouse)
    catalog.create_namespace("silver")
    yield catalog
    catalog.engine.dispose()


@pytest.fixture
def purchases(writer: SqlCatalog, make_stamp: Callable[..., Stamp]) -> None:
    """silver.purchases with two stamped batches and a commit without a stamp between them."""
    table = writer.create_table("silver.purchases", rows("a", "1.0000").schema)
    table.append(rows("a", "10.5000"), make_stamp(attempt="a1").to_properties())
    table.append(rows("b", "0.0001"))
    table.append(rows("c", "2.2500"), make_stamp(attempt="a2").to_properties())


def rows(user: str, amount: str) -> pa.Table:
    """One purchase."""
    return pa.table(
        {
            "user_id": [user],
            "total_amount": pa.array([Decimal(amount)], pa.decimal128(18, 4)),
            "timestamp": pa.array([TIME], pa.timestamp("us", "UTC")),
            "items": [[{"product_id": "p1", "quantity": 2}]],
        }
    )
