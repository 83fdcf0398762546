"""An empty lake, and one in which ten purchases have gone all the way."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp, Totals
from shoplake_lake_kit.vector import Counts, Position

from .small_lake import Lake, raw, typed


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    settings = LakeSettings(catalog_uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}/warehouse")
    catalog = SqlCatalog("iceberg", uri=settings.catalog_uri, warehouse=settings.warehouse)
    for namespace in ("bronze", "silver", "gold", "ops"):
        catalog.create_namespace(namespace)
    yield Lake(settings, catalog)
    catalog.engine.dispose()


@pytest.fixture
def ten(lake: Lake) -> Callable[..., Lake]:
    """Ten purchases: `landed` of them in silver.purchases, `held` in bronze; both stand at 10."""

    def make(landed: Sequence[int] = range(10), held: Sequence[int] = range(10)) -> Lake:
        lake.silver({"purchases": [10]}, purchases=[typed(offset) for offset in landed])
        lake.publish("bronze.raw_events", {"purchases": [10]}, *(raw(offset) for offset in held))
        return lake

    return make


@pytest.fixture
def make_history() -> Callable[..., list[tuple[int, Stamp]]]:
    """Stamps of topic t from (position, events read since the origin, events of the batch), newest first."""

    def make(*told: tuple[int, int, int]) -> list[tuple[int, Stamp]]:
        ids = range(len(told), 0, -1)
        return [(number, _stamp(*figures)) for number, figures in zip(ids, told, strict=True)]

    return make


def _stamp(position: int, total: int, batch: int) -> Stamp:
    return Stamp(
        stage="bronze",
        group="main",
        writer="w",
        position=Position({"t": [position]}),
        origin=Position({"t": [0]}),
        epochs={},
        topic_ids={},
        cluster="c",
        attempt=str(position),
        read=Counts({"t": [batch]}),
        totals=Totals(read=Counts({"t": [total]})),
    )
