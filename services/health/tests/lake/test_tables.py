"""What the probe reads of the tables: the stamps of its own writer group, and of bronze those of all that count."""

from health.probes.tables import HISTORY, Tables
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.vector import Position

from .small_lake import Lake, raw, typed

RAW, PURCHASES = "bronze.raw_events", "silver.purchases"


def positions(settings: LakeSettings, name: str) -> list[Position]:
    return [stamp.position for stamp in Tables(settings, "main").newest([name])[name]]


def test_a_table_that_is_not_there_has_none(lake: Lake) -> None:
    assert positions(lake.settings, RAW) == positions(lake.settings, PURCHASES) == []


def test_the_newest_of_its_own_group_come_first(lake: Lake) -> None:
    for offset in range(HISTORY + 2):
        lake.publish(PURCHASES, {"purchases": [offset + 1]}, typed(offset))
    lake.counts[PURCHASES].clear()
    lake.publish(PURCHASES, {"page-views": [1]}, group="views")
    newest = [Position({"purchases": [number]}) for number in range(HISTORY + 2, 2, -1)]
    assert positions(lake.settings, PURCHASES) == newest


def test_bronze_stands_where_all_groups_that_count_have_brought_it(lake: Lake) -> None:
    lake.publish(RAW, {"purchases": [1]}, raw(0))
    lake.counts[RAW].clear()
    lake.publish(RAW, {"page-views": [1]}, raw(0, topic="page-views"), group="views")
    both = lake.settings.model_copy(update={"bronze_groups": ("main", "views", "nobody")})
    assert positions(lake.settings, RAW) == [Position({"purchases": [1]})]
    assert positions(both, RAW) == [Position({"purchases": [1], "page-views": [1]})]
