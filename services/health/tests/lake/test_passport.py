"""The passport of an event: by id and by address, wherever it went."""

from collections.abc import Callable
from typing import Any

import pytest
from health.passport.address import Address
from health.passport.document import publishing_snapshot
from health.passport.lookup import MOST, Lookup
from shoplake_contracts.errors import NotFound
from shoplake_lake_kit.stage_tables import GOLD
from shoplake_lake_kit.vector import Counts

from .small_lake import T0, Lake, copied, outcome, quarantined, raw, typed

Ten = Callable[..., Lake]
ALL_TEN = {"purchases": [10]}


def at(lake: Lake, offset: int, **other: Any) -> dict[str, Any]:
    """The passport at an address of purchases/0."""
    address = Address(**{"topic": "purchases", "partition": 0, "offset": offset} | other)
    (found,) = Lookup(lake.settings).by_address(address)["events"]
    return found


def test_an_event_in_silver_with_its_clocks(lake: Lake) -> None:
    lake.silver({"purchases": [9]})
    lake.publish("bronze.raw_events", {"purchases": [9]}, raw(8))
    headers = [
        {"key": "event_id", "value": b"id-purchases-0-9"},
        {"key": "produced_at", "value": b"2024-05-01T10:00:08Z"},
    ]
    snapshot = lake.publish("bronze.raw_events", ALL_TEN, raw(9) | {"headers": headers, "raw_data": "secret"})
    lake.publish("silver.purchases", ALL_TEN, typed(9, quality_flags=["late"], lateness_seconds=7, user_id="u1"))
    for table in GOLD:
        lake.publish(table, {"purchases": [10 if table == "gold.customer_days" else 9]})

    (found,) = Lookup(lake.settings).by_id("id-purchases-0-9")["events"]

    assert found["address"] == {"topic": "purchases", "epoch": 0, "partition": 0, "offset": 9}
    assert (found["where"], found["produced_at"]) == ("silver", "2024-05-01T10:00:08+00:00")
    assert found["bronze"] == {"snapshot_id": str(snapshot), "processing_time": "2024-05-01T10:00:11+00:00"}
    assert found["silver"] == [
        {
            "table": "silver.purchases",
            "day": "2024-05-01",
            "ingested_at": "2024-05-01T10:00:11+00:00",
            "processing_time": "2024-05-01T10:00:14+00:00",
            "quality_flags": ["late"],
            "lateness_seconds": 7,
        }
    ]
    assert found["latency_seconds"] == {"produced_to_broker": 1.0, "broker_to_bronze": 2.0, "broker_to_silver": 5.0}
    complete = {gold["table"]: gold["complete"] for gold in found["gold"][0]["tables"]}
    # The report counts the event on its day of arrival, which may be another.
    assert (found["gold"][0]["day"], complete.keys()) == ("2024-05-01", GOLD.keys() - {"gold.data_quality_report"})
    assert [table for table, is_complete in complete.items() if is_complete] == ["gold.customer_days"]
    assert "secret" not in str(found)
    assert "u1" not in str(found)


def test_a_quarantined_event_with_its_outcomes_newest_first(ten: Ten) -> None:
    lake = ten(landed=range(9))
    lake.publish("silver.quarantine", ALL_TEN, quarantined(9) | {"value": b"secret"})
    lake.write("silver.quarantine_outcomes", outcome(9, "still_bad", 1), outcome(9, "still_bad", 3))
    found = at(lake, 9)
    assert (found["where"], found["quarantine"]["reason"]) == ("quarantined", "not_json")
    assert [one["run_id"] for one in found["quarantine"]["outcomes"]] == ["r3", "r1"]
    assert "secret" not in str(found)

    lake.publish("silver.purchases", ALL_TEN, typed(9), replayed=Counts({"purchases": [1]}))
    assert at(lake, 9)["where"] == "replayed"


def test_a_copy_names_the_one_that_was_kept(ten: Ten) -> None:
    lake = ten(landed=range(9))
    lake.publish("ops.duplicates", ALL_TEN, copied(9, kept=0))
    found = at(lake, 9)
    assert found["where"] == "duplicate"
    assert found["duplicate_of"]["address"] == {"topic": "purchases", "epoch": 0, "partition": 0, "offset": 0}
    assert found["duplicate_of"]["table"] == "silver.purchases"

    both = Lookup(lake.settings).by_id("id-purchases-0-0")["events"]
    assert [event["where"] for event in both] == ["silver", "duplicate"]


def test_what_silver_has_not_passed_is_in_flight_and_what_it_has_passed_is_missing(lake: Lake) -> None:
    lake.publish("bronze.raw_events", ALL_TEN, *(raw(offset) for offset in range(10)))
    assert at(lake, 3)["where"] == "in_flight"
    lake.silver({"purchases": [5]})
    assert (at(lake, 3)["where"], at(lake, 5)["where"]) == ("missing", "in_flight")


def test_what_was_erased_or_given_up_is_known_to_the_ledgers(ten: Ten) -> None:
    lake = ten(landed=range(7), held=range(7))
    place = {"topic": "purchases", "epoch": 0, "partition": 0}
    lake.write("ops.data_loss", place | {"from_offset": 7, "to_offset": 9, "accepted_at": T0})
    lake.write("ops.erasures", place | {"offset": 9, "table": "silver.purchases", "erased_at": T0})
    assert [at(lake, offset)["where"] for offset in (7, 8, 9)] == ["lost", "lost", "erased"]


def test_a_later_life_is_another_event(lake: Lake) -> None:
    position = {"purchases": [10], "purchases@1": [3]}
    lake.silver(position, purchases=[typed(1), typed(1, epoch=1, event_id="new")])
    lake.publish("bronze.raw_events", position, raw(1), raw(1, epoch=1) | {"event_id": "new"})
    assert (at(lake, 1)["event_id"], at(lake, 1, epoch=1)["event_id"]) == ("id-purchases-0-1", "new")


@pytest.mark.parametrize(
    ("address", "message", "remedy"),
    [
        ({"topic": "nowhere"}, "bronze has never read nowhere/0; it has read purchases", "Correct topic"),
        ({"epoch": 2}, "bronze has never read purchases@2/0", "Correct topic"),
        ({"offset": 12}, "offset 12 was not read yet: bronze stands at 10", "GET /health/lag"),
        ({"offset": 4}, "no table has purchases/0 offset 4", "POST /health/audits"),
    ],
)
def test_an_address_of_which_nothing_is_known(ten: Ten, address: dict[str, Any], message: str, remedy: str) -> None:
    lake = ten(landed=[0], held=[0])
    with pytest.raises(NotFound, match=message) as error:
        at(lake, address.pop("offset", 0), **address)
    assert remedy in error.value.advice


def test_an_id_that_is_nowhere(ten: Ten) -> None:
    with pytest.raises(NotFound, match="'never sent'"):
        Lookup(ten().settings).by_id("never sent")


def test_an_id_that_is_always_the_same_is_followed_so_far_and_no_further(lake: Lake) -> None:
    rows = [raw(offset) | {"event_id": "null"} for offset in range(MOST + 5)]
    lake.publish("bronze.raw_events", {"purchases": [MOST + 5]}, *rows)
    found = Lookup(lake.settings).by_id("null")
    assert (len(found["events"]), found["more"]) == (MOST, True)


def test_the_snapshot_that_brought_an_offset(make_history: Callable[..., Any]) -> None:
    history = make_history((30, 30, 10), (20, 20, 0), (20, 20, 10), (10, 10, 10))
    snapshots = [
        publishing_snapshot(history, Address(topic="t", partition=0, offset=o)) for o in (5, 10, 19, 20, 29, 30)
    ]
    assert snapshots == [1, 2, 2, 4, 4, None]


def test_it_is_not_told_when_the_snapshot_has_expired(make_history: Callable[..., Any]) -> None:
    history = make_history((30, 30, 10), (20, 20, 10))
    snapshots = [publishing_snapshot(history, Address(topic="t", partition=0, offset=o)) for o in (5, 19, 20)]
    assert snapshots == [None, None, 2]
