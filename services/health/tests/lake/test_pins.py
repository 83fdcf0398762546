"""The order of reading: what a pipeline does between two readings never looks like a loss."""

from collections.abc import Callable

import pytest
from health import pins
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table
from shoplake_lake_kit.reader import find_table
from shoplake_lake_kit.vector import Counts

from .small_lake import Lake, quarantined, raw, typed

Ten = Callable[..., Lake]
After = Callable[[set[str], Callable[[], None]], None]
ALL_TEN = {"purchases": [10]}


@pytest.fixture
def after_the_first_of(monkeypatch: pytest.MonkeyPatch) -> After:
    """Does something once, right after the first of some tables was pinned, whichever that is."""

    def arrange(names: set[str], act: Callable[[], None]) -> None:
        left = [act]

        def find(catalog: Catalog, name: str) -> Table | None:
            found = find_table(catalog, name)
            if name in names and left:
                left.pop()()
            return found

        monkeypatch.setattr(pins, "find_table", find)

    return arrange


def test_a_backfill_that_moves_an_event_meanwhile(ten: Ten, after_the_first_of: After) -> None:
    lake = ten()

    def move() -> None:
        told = {"backfill": {"id": "b1"}, "moving": {"silver.purchases": Counts({"purchases": [1]})}}
        lake.publish("silver.quarantine", ALL_TEN, quarantined(9), **told)
        lake.catalog.load_table("silver.purchases").delete("offset = 9")
        nine = Counts({"purchases": [9]})
        lake.publish("silver.purchases", ALL_TEN, backfill={"id": "b1"}, counted=nine)

    after_the_first_of({"silver.purchases", "silver.quarantine"}, move)
    result = lake.audit()
    assert result["holds"], result["reasons"]
    assert lake.audit()["total"]["quarantined"] == 1


def test_a_box_that_goes_through_meanwhile(ten: Ten, after_the_first_of: After) -> None:
    lake = ten()

    def ingest() -> None:
        lake.publish("bronze.raw_events", {"purchases": [12]}, raw(10), raw(11))
        lake.silver({"purchases": [12]}, purchases=[typed(10), typed(11)])

    after_the_first_of({"silver.quarantine", "bronze.raw_events"}, ingest)
    result = lake.audit()
    assert result["holds"], result["reasons"]
    assert lake.audit()["total"]["silver"] == 12


def test_a_person_who_is_erased_meanwhile(ten: Ten, after_the_first_of: After) -> None:
    lake = ten()

    def erase() -> None:
        place = {"topic": "purchases", "epoch": 0, "partition": 0, "offset": 3}
        lake.write("ops.erasures", place | {"table": "silver.purchases"})
        lake.catalog.load_table("bronze.raw_events").delete("offset = 3")

    after_the_first_of({"silver.purchases"}, erase)
    assert lake.audit()["missing"]["total"] == 0
