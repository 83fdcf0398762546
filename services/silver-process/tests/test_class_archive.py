"""What the archive of classes is made of: a box that comes through, with rows for every table."""

from typing import Any

import pytest
from shoplake_contracts import examples
from shoplake_lake_kit.stage_tables import SILVER
from silver_process.class_archive import ingest

pytestmark = pytest.mark.spark
Shop = Any  # of conftest


def test_the_examples_fill_every_table_of_silver(shop: Shop) -> None:
    ingest(shop.spark)
    assert shop.stage().step()
    rows = {name: shop.spark.table(f"iceberg.{name}").count() for name in SILVER}
    assert sum(rows.values()) == len(list(examples.load()))
    assert all(rows[name] for name in rows if name != "ops.duplicates")
