"""What only looks wrong is explained: a pipeline that runs, replays, moves, erases or gave something up."""

from collections.abc import Callable
from typing import Any

from shoplake_lake_kit.stage_tables import SILVER
from shoplake_lake_kit.vector import Counts

from .small_lake import T0, Lake, copied, outcome, quarantined, raw, typed

Ten = Callable[..., Lake]
ONE = Counts({"purchases": [1]})
ALL_TEN = {"purchases": [10]}


def figures(result: dict[str, Any]) -> dict[str, int]:
    return {name: number for name, number in result["total"].items() if number}


def test_everything_is_somewhere(lake: Lake) -> None:
    rows = [typed(offset) for offset in range(7)]
    lake.silver(ALL_TEN, purchases=rows, quarantine=[quarantined(7), quarantined(8)], duplicates=[copied(9, kept=0)])
    snapshot = lake.publish("bronze.raw_events", ALL_TEN, *(raw(offset) for offset in range(10)))
    result = lake.audit()
    assert (result["verdict"], result["holds"], result["reasons"]) == ("holds", True, [])
    assert figures(result) == {"bronze": 10, "silver": 7, "quarantined": 2, "duplicates": 1}
    assert result["position"] == {"purchases": [10]}
    assert result["tables"][-1] == {
        "table": "bronze.raw_events",
        "snapshot_id": str(snapshot),
        "position": {"purchases": [10]},
        "rows": 10,
    }


def test_a_lake_that_was_not_made_yet_holds(lake: Lake) -> None:
    result = lake.audit()
    assert (result["holds"], figures(result), result["partitions"]) == (True, {}, [])


def test_what_silver_has_not_passed_is_in_flight(lake: Lake) -> None:
    lake.silver({"purchases": [6]}, purchases=[typed(offset) for offset in range(6)])
    # A box that a crash left open: two of its tables have it.
    lake.publish("silver.quarantine", {"purchases": [8]}, quarantined(7))
    lake.publish("silver.purchases", {"purchases": [8]}, typed(6))
    lake.publish("bronze.raw_events", ALL_TEN, *(raw(offset) for offset in range(10)))
    result = lake.audit()
    assert result["holds"], result["reasons"]
    assert figures(result) == {"bronze": 6, "silver": 6, "in_flight": 4}


def test_before_silver_began_everything_is_in_flight(lake: Lake) -> None:
    lake.publish("bronze.raw_events", ALL_TEN, *(raw(offset) for offset in range(10)))
    assert figures(lake.audit()) == {"in_flight": 10}


def test_a_replayed_row_counts_where_it_landed(ten: Ten) -> None:
    lake = ten(landed=range(9))
    lake.publish("silver.quarantine", ALL_TEN, quarantined(9))
    assert figures(lake.audit()) == {"bronze": 10, "silver": 9, "quarantined": 1}

    lake.publish("silver.purchases", ALL_TEN, typed(9), replayed=ONE)
    between = lake.audit()
    lake.write("silver.quarantine_outcomes", outcome(9))
    for result in (between, lake.audit()):
        assert result["holds"], result["reasons"]
        assert figures(result) == {"bronze": 10, "silver": 10, "replayed": 1}


def test_a_replayed_copy_counts_as_a_duplicate(ten: Ten) -> None:
    lake = ten(landed=range(9))
    lake.publish("silver.quarantine", ALL_TEN, quarantined(9))
    lake.publish("ops.duplicates", ALL_TEN, copied(9, kept=0), replayed=ONE)
    assert figures(lake.audit()) == {"bronze": 10, "silver": 9, "duplicates": 1, "replayed": 1}


def test_what_a_backfill_is_moving_counts_once(ten: Ten) -> None:
    lake = ten()
    told = {"backfill": {"id": "b1"}, "moving": {"silver.purchases": ONE}}
    lake.publish("silver.quarantine", ALL_TEN, quarantined(9), **told)
    result = lake.audit()
    assert result["holds"], result["reasons"]
    assert figures(result) == {"bronze": 10, "silver": 10, "replayed": 1}


def test_a_table_that_carries_the_backfill_moves_nothing_any_more(ten: Ten) -> None:
    lake = ten()
    told = {"backfill": {"id": "b1"}, "moving": {"silver.purchases": ONE}}
    lake.publish("silver.quarantine", ALL_TEN, quarantined(9), **told)
    lake.publish("silver.purchases", ALL_TEN, backfill={"id": "b1"})
    assert lake.audit()["doubled"]["total"] == 1


def test_a_row_that_came_home_can_be_quarantined_once_more(lake: Lake) -> None:
    rows = [quarantined(9), quarantined(9)]
    lake.silver(ALL_TEN, purchases=[typed(offset) for offset in range(9)], quarantine=rows)
    lake.publish("bronze.raw_events", ALL_TEN, *(raw(offset) for offset in range(10)))
    lake.write("silver.quarantine_outcomes", outcome(9))
    result = lake.audit()
    assert result["holds"], result["reasons"]
    assert figures(result) == {"bronze": 10, "silver": 9, "quarantined": 1, "replayed": 1}


def test_a_later_life_of_a_topic_has_addresses_of_its_own(lake: Lake) -> None:
    position = {"purchases": [10], "purchases@1": [3]}
    lives = [*range(10)], [*range(3)]
    rows = [[{"offset": o, "epoch": epoch} for o in offsets] for epoch, offsets in enumerate(lives)]
    events = [row for life in rows for row in life]
    silver = [typed(e["offset"], epoch=e["epoch"], event_id=f"{e['epoch']}-{e['offset']}") for e in events]
    lake.silver(position, purchases=silver)
    lake.publish("bronze.raw_events", position, *(raw(e["offset"], epoch=e["epoch"]) for e in events))
    result = lake.audit()
    assert result["holds"], result["reasons"]
    assert [(row["epoch"], row["bronze"]) for row in result["partitions"]] == [(0, 10), (1, 3)]

    lake.write("silver.purchases", typed(1, epoch=1, event_id="1-1"))
    assert [found["epoch"] for found in lake.audit()["doubled"]["listed"]] == [1]


def test_markers_accepted_losses_and_erased_persons_are_explained(lake: Lake) -> None:
    rows = [0, 1, 2, 6, 7, 9]
    lake.silver(ALL_TEN, purchases=[typed(offset) for offset in rows])
    explained = {"offset_gaps": Counts({"purchases": [1]}), "lost": Counts({"purchases": [2]})}
    lake.publish("bronze.raw_events", ALL_TEN, *(raw(offset) for offset in rows), **explained)
    place = {"topic": "purchases", "epoch": 0, "partition": 0}
    loss = place | {"from_offset": 3, "to_offset": 5, "accepted_at": T0}
    lake.write("ops.data_loss", loss)
    lake.write("ops.data_loss", loss, loss | {"from_offset": 4})
    lake.write("ops.erasures", place | {"offset": 8, "table": "silver.purchases", "erased_at": T0})
    result = lake.audit()
    assert result["holds"], result["reasons"]
    assert figures(result) == {"bronze": 6, "silver": 6, "erased": 1, "lost": 2}


def test_a_loss_that_nobody_accepted_in_writing_is_missing(lake: Lake) -> None:
    lake.silver(ALL_TEN, purchases=[typed(offset) for offset in range(8)])
    rows = [raw(offset) for offset in range(8)]
    lake.publish("bronze.raw_events", ALL_TEN, *rows, lost=Counts({"purchases": [2]}))
    assert lake.audit()["missing"]["total"] == 2


def test_two_writer_groups_share_the_tables(ten: Ten) -> None:
    lake = ten()
    theirs = {"page-views": [1]}
    for table in SILVER:
        rows = [typed(0, topic="page-views", event_id="v1")] if table == "silver.page_views" else []
        lake.counts[table].clear()
        lake.publish(table, theirs, *rows, group="views")
    lake.counts["bronze.raw_events"].clear()
    lake.publish("bronze.raw_events", theirs, raw(0, topic="page-views"), group="views")
    result = lake.audit()
    assert result["holds"], result["reasons"]
    assert [(row["topic"], row["silver"]) for row in result["partitions"]] == [("page-views", 1), ("purchases", 10)]
