"""Whatever is planted in a lake is found by the recount and named."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from shoplake_lake_kit.vector import Counts

from .small_lake import T0, Lake, copied, quarantined, raw, typed

Ten = Callable[..., Lake]
AT = {"topic": "purchases", "epoch": 0, "partition": 0}
ALL_TEN = {"purchases": [10]}


def figures(result: dict[str, Any]) -> dict[str, int]:
    """The total without the terms that are 0."""
    return {name: number for name, number in result["total"].items() if number}


def test_a_row_that_silver_never_wrote_is_missing(ten: Ten) -> None:
    result = ten(landed=[0, 1, 2, 3, 5, 6, 7, 8, 9]).audit()
    assert result["missing"] == {
        "total": 1,
        "listed": [AT | {"offset": 4, "absent_from": "silver", "certain": True}],
    }
    assert figures(result) == {"bronze": 10, "silver": 9, "missing": 1}
    assert (result["verdict"], result["reasons"]) == ("broken", ["1 addresses are missing"])


def test_rows_that_went_after_their_publish_differ_from_the_stamp_as_well(lake: Lake) -> None:
    lake.silver(ALL_TEN)
    rows = [typed(offset) for offset in range(9)]
    lake.publish("silver.purchases", ALL_TEN, *rows, counted=Counts({"purchases": [10]}))
    lake.publish("bronze.raw_events", ALL_TEN, *(raw(offset) for offset in range(10)))
    result = lake.audit()
    assert result["differences"]["listed"] == [
        {"table": "silver.purchases", "topic": "purchases", "partition": 0, "stamped": 10, "rows": 9}
    ]
    assert [found["offset"] for found in result["missing"]["listed"]] == [9]


def test_a_file_that_is_there_twice_doubles_its_addresses(ten: Ten) -> None:
    lake = ten()
    lake.write("silver.purchases", typed(2), typed(3))
    result = lake.audit()
    assert result["doubled"]["total"] == 2
    assert result["doubled"]["listed"][0] == AT | {
        "offset": 2,
        "tables": {"bronze.raw_events": 1, "silver.purchases": 2},
    }
    assert result["doubled_ids"]["total"] == 0
    assert figures(result) == {"bronze": 10, "silver": 12, "doubled": 2}
    assert result["differences"]["total"] == 1


def test_a_row_in_two_tables_is_doubled(ten: Ten) -> None:
    lake = ten()
    lake.publish("silver.cart_events", ALL_TEN, typed(7))
    result = lake.audit()
    (found,) = result["doubled"]["listed"]
    assert found["tables"] == {"bronze.raw_events": 1, "silver.cart_events": 1, "silver.purchases": 1}
    assert not result["holds"]


def test_a_row_that_is_quarantined_and_landed_without_a_replay_is_doubled(ten: Ten) -> None:
    lake = ten()
    lake.publish("silver.quarantine", ALL_TEN, quarantined(5))
    result = lake.audit()
    (found,) = result["doubled"]["listed"]
    assert found["tables"] == {"bronze.raw_events": 1, "silver.purchases": 1, "silver.quarantine": 1}
    assert figures(result) == {"bronze": 10, "silver": 10, "quarantined": 1, "doubled": 1}


def test_a_row_that_is_quarantined_twice_is_doubled(ten: Ten) -> None:
    lake = ten(landed=range(9))
    lake.publish("silver.quarantine", ALL_TEN, quarantined(9), quarantined(9))
    result = lake.audit()
    assert figures(result) == {"bronze": 10, "silver": 9, "quarantined": 2, "doubled": 1}


def test_a_doubled_row_of_bronze_is_doubled(ten: Ten) -> None:
    lake = ten()
    lake.write("bronze.raw_events", raw(1))
    result = lake.audit()
    assert result["doubled"]["listed"][0]["tables"] == {"bronze.raw_events": 2, "silver.purchases": 1}


def test_the_same_id_twice_on_one_day_is_a_copy_that_was_not_left_out(ten: Ten) -> None:
    lake = ten(landed=range(9))
    lake.publish("silver.purchases", ALL_TEN, typed(9, event_id="id-purchases-0-0"))
    result = lake.audit()
    assert result["doubled_ids"]["listed"] == [
        {
            "table": "silver.purchases",
            "event_id": "id-purchases-0-0",
            "events": [{"day": "2024-05-01", **AT, "offset": offset} for offset in (0, 9)],
        }
    ]
    assert result["reasons"] == ["1 ids are twice in one table on one day"]


def test_the_same_id_on_two_days_is_listed_and_no_fault_of_the_pipeline(ten: Ten) -> None:
    lake = ten(landed=range(9))
    other_day = typed(9, event_id="id-purchases-0-0", timestamp=T0 + timedelta(days=1))
    lake.publish("silver.purchases", ALL_TEN, other_day)
    result = lake.audit()
    (found,) = result["id_conflicts"]["listed"]
    assert [event["day"] for event in found["events"]] == ["2024-05-01", "2024-05-02"]
    assert result["id_conflicts"]["total"] == 1
    assert result["holds"]


def test_a_copy_whose_original_is_nowhere_means_that_the_event_is_gone(ten: Ten) -> None:
    lake = ten(landed=range(1, 9))
    lake.publish("ops.duplicates", ALL_TEN, copied(9, kept=0))
    result = lake.audit()
    assert result["lost_originals"] == {"total": 1, "listed": [AT | {"offset": 0, "table": "silver.purchases"}]}
    assert result["missing"]["total"] == 1


def test_offsets_that_bronze_passed_and_lost_are_missing(ten: Ten) -> None:
    result = ten(landed=[0, 1, 2, 3, 4, 5, 8, 9], held=[0, 1, 2, 4, 5, 8, 9]).audit()
    listed = [(found["offset"], found["absent_from"], found["certain"]) for found in result["missing"]["listed"]]
    assert listed == [(3, "bronze", True), (6, "bronze", True), (7, "bronze", True)]
    assert result["missing"]["total"] == 3


def test_where_markers_are_among_the_offsets_the_number_is_right_and_the_addresses_are_candidates(lake: Lake) -> None:
    rows = [0, 1, 3, 4, 6, 7, 9]
    lake.silver(ALL_TEN, purchases=[typed(offset) for offset in rows])
    gaps = Counts({"purchases": [2]})
    lake.publish("bronze.raw_events", ALL_TEN, *(raw(offset) for offset in rows), offset_gaps=gaps)
    missing = lake.audit()["missing"]
    assert missing["total"] == 1
    assert [(found["offset"], found["certain"]) for found in missing["listed"]] == [(2, False), (5, False), (8, False)]


def test_rows_that_no_stamp_knows_are_a_difference(ten: Ten) -> None:
    lake = ten()
    lake.write("silver.purchases", typed(0, topic="elsewhere"))
    result = lake.audit()
    assert result["differences"]["listed"][0]["topic"] == "elsewhere"
    assert not result["holds"]


def test_a_table_with_rows_and_no_stamp_is_named(lake: Lake) -> None:
    lake.write("silver.purchases", typed(0))
    assert "silver.purchases has rows and no stamp" in lake.audit()["reasons"]


@pytest.mark.parametrize("listed", [3])
def test_lists_are_bounded_and_totals_are_true(ten: Ten, monkeypatch: pytest.MonkeyPatch, listed: int) -> None:
    for module in ("findings", "recount"):
        monkeypatch.setattr(f"health.audit.{module}.LISTED", listed)
    missing = ten(landed=[0]).audit()["missing"]
    assert (missing["total"], len(missing["listed"])) == (9, listed)
