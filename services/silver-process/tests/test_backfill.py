"""Backfill over real tables: days computed again are the same rows, and what became bad moves into quarantine."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from shoplake_contracts import tables
from shoplake_contracts.errors import BronzeIncomplete
from shoplake_lake_kit.stage_tables import SILVER

pytestmark = pytest.mark.spark
Shop = Any  # of conftest
LENIENT, STRICT = date(1990, 1, 1), date(2025, 1, 1)
OLD, NEW = "2024-06-01", "2025-03-04"
TYPED = ("silver.purchases", "silver.page_views")


def filled(shop: Shop) -> None:
    """Two days of purchases, one of page views; an id that two days have; one event that waits in quarantine."""
    shop.ingest("purchases", shop.purchase("p0", NEW), shop.purchase("p1", OLD), "{", shop.purchase("p0", OLD))
    shop.ingest("page-views", shop.page_view("v0", OLD))
    shop.stage().step()


def content(shop: Shop) -> list[list[tuple[object, ...]]]:
    """Every row of the typed tables, silver's clock aside."""

    def columns(table: str) -> list[str]:
        return [column.name for column in tables.load()[table].columns if column.name != "processing_time"]

    return [shop.rows(table, *columns(table)) for table in TYPED]


def test_a_second_run_gives_the_same_rows(shop: Shop) -> None:
    filled(shop)
    before = content(shop)
    assert any("id_conflict" in str(row) for row in before[0])

    for _ in range(2):
        result = shop.backfill(OLD, NEW)
        assert result["tables"] == {
            "silver.page_views": {"before": 1, "after": 1},
            "silver.purchases": {"before": 3, "after": 3},
        }
        assert (result["quarantined"], result["withdrawn"]) == ({}, 0)
        assert content(shop) == before
        assert shop.balanced() == (4, 1, 0, 0)
    carried = {name: stamp.backfill for name, stamp in shop.stage().stamps().items() if stamp}
    assert len({str(backfill) for backfill in carried.values()}) == 1
    assert set(carried) == set(SILVER)

    # Other days are left alone.
    assert shop.backfill(NEW, NEW)["tables"] == {"silver.purchases": {"before": 1, "after": 1}}
    assert content(shop) == before


def test_what_became_bad_moves_into_quarantine_and_back(shop: Shop, dying_at: Callable[..., None]) -> None:
    filled(shop)
    shop.oldest = STRICT

    # Dies when quarantine and its outcomes are published and the typed tables are not.
    dying_at("silver.backfill.between_tables", 2, lambda: shop.backfill(OLD, NEW))
    assert shop.ids("silver.purchases") == ["p0", "p0", "p1"]
    assert len(shop.accounting().backfilling) == 6
    assert shop.balanced() == (1, 4, 0, 0)

    # The next process completes it, even if the rule was mended meanwhile: quarantine has spoken.
    shop.oldest = LENIENT
    dying_at("silver.backfill.between_tables", 1, lambda: shop.backfiller().complete(shop.stage()))
    assert shop.balanced() == (1, 4, 0, 0)
    shop.backfiller().complete(shop.stage())
    assert shop.accounting().backfilling == ()
    assert (shop.ids("silver.purchases"), shop.ids("silver.page_views")) == (["p0"], [])
    assert shop.balanced() == (1, 4, 0, 0)
    before = shop.snapshots()
    shop.backfiller().complete(shop.stage())
    assert shop.snapshots() == before

    # A replay brings them home.
    assert shop.replay(reason="too_old")["rows"] == {"silver.page_views": 1, "silver.purchases": 2}
    assert shop.balanced() == (4, 1, 0, 0)

    # A rule that is tightened again takes them back: quarantine has them already, their status says so.
    shop.oldest = STRICT
    result = shop.backfill(OLD, NEW)
    assert result["tables"]["silver.purchases"] == {"before": 3, "after": 1}
    assert (result["quarantined"], result["withdrawn"]) == ({}, 3)
    assert shop.balanced() == (1, 4, 0, 0)
    assert shop.summary() == {("not_json", "waiting"): 1, ("too_old", "still_bad"): 3}

    # And the stage goes on.
    shop.ingest("purchases", shop.purchase("p5", NEW))
    assert shop.stage().step()
    assert shop.balanced() == (2, 4, 0, 0)


def test_a_table_that_is_rolled_back_across_a_backfill_gets_it_again_before_another(shop: Shop) -> None:
    filled(shop)
    shop.oldest = STRICT
    shop.backfill(OLD, NEW)
    shop.roll_back("silver.purchases")
    assert shop.ids("silver.purchases") == ["p0", "p0", "p1"]
    assert shop.accounting().backfilling == ("silver.purchases",)
    assert shop.balanced() == (1, 4, 0, 0)

    shop.backfill(OLD, NEW)
    assert shop.ids("silver.purchases") == ["p0"]
    assert shop.balanced() == (1, 4, 0, 0)


def test_days_that_bronze_lacks_are_refused(shop: Shop) -> None:
    filled(shop)
    shop.spark.sql("DELETE FROM iceberg.bronze.raw_events WHERE topic = 'purchases' AND offset = 1")
    before = shop.snapshots()
    with pytest.raises(BronzeIncomplete, match="purchases/0: 1"):
        shop.backfill(OLD, NEW)
    assert shop.snapshots() == before
    assert shop.backfill(NEW, NEW)["tables"] == {"silver.purchases": {"before": 1, "after": 1}}
