"""What a box has nothing for is known from counts, before a plan is made for it."""

from collections.abc import Mapping
from datetime import date

import pytest
from shoplake_lake_kit.vector import Counts
from silver_process.work import without_rows

MONDAY, TUESDAY = date(2025, 3, 3), date(2025, 3, 4)
VIEWS, PURCHASES, QUARANTINE = "silver.page_views", "silver.purchases", "silver.quarantine"


@pytest.mark.parametrize(
    ("valid", "read", "empty"),
    [
        ({VIEWS: {MONDAY: 2, TUESDAY: 1}, PURCHASES: {TUESDAY: 1}}, 4, {QUARANTINE}),
        ({VIEWS: {MONDAY: 2, TUESDAY: 1}, PURCHASES: {TUESDAY: 1}}, 5, set()),
        ({VIEWS: {MONDAY: 3}, PURCHASES: {}}, 3, {PURCHASES, QUARANTINE}),
        ({VIEWS: {}, PURCHASES: {}}, 2, {VIEWS, PURCHASES}),
        ({VIEWS: {}, PURCHASES: {}}, 0, {VIEWS, PURCHASES, QUARANTINE}),
    ],
)
def test_tables_without_a_row_in_the_box(valid: Mapping[str, Mapping[date, int]], read: int, empty: set[str]) -> None:
    assert without_rows(valid, Counts({"orders": (read,)})) == empty
