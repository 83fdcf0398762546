"""The example of docs/reference/accounting.md, as rows."""

from typing import Any

from shoplake_lake_kit.vector import Counts

from .small_lake import Lake, copied, outcome, quarantined, raw, typed

SILVER_STANDS, BRONZE_STANDS = {"purchases": [900]}, {"purchases": [990]}
MARKERS = (100, 200)
QUARANTINED = range(10, 18)
COPIES = range(20, 40)
REPLAYED = (10, 11, 12)


def figures(result: dict[str, Any]) -> dict[str, int]:
    return {name: number for name, number in result["total"].items() if number}


def example(lake: Lake) -> None:
    elsewhere = {*MARKERS, *QUARANTINED, *COPIES}
    bronze = [raw(offset) for offset in range(990) if offset not in MARKERS]
    lake.publish("bronze.raw_events", BRONZE_STANDS, *bronze, offset_gaps=Counts({"purchases": [2]}))
    lake.silver(
        SILVER_STANDS,
        # The rows that something is going to happen to are in files of their own.
        purchases=[typed(o) for o in range(900) if o not in elsewhere and o not in (500, 510, 511)],
        quarantine=[quarantined(offset) for offset in QUARANTINED],
        duplicates=[copied(offset, kept=0) for offset in COPIES],
    )
    lake.publish("silver.purchases", SILVER_STANDS, typed(500))
    lake.publish("silver.purchases", SILVER_STANDS, typed(510), typed(511))


def test_the_example_of_the_documentation(lake: Lake) -> None:
    example(lake)
    told = {"bronze": 898, "silver": 870, "quarantined": 8, "duplicates": 20, "in_flight": 90}
    assert figures(lake.audit()) == told

    home = Counts({"purchases": [len(REPLAYED)]})
    lake.publish("silver.purchases", SILVER_STANDS, *(typed(offset) for offset in REPLAYED), replayed=home)
    lake.write("silver.quarantine_outcomes", *(outcome(offset) for offset in REPLAYED))
    told |= {"silver": 873, "quarantined": 5, "replayed": 3}
    assert figures(lake.audit()) == told

    lake.catalog.load_table("silver.purchases").delete("offset = 500")
    lake.write("silver.purchases", typed(510), typed(511))
    result = lake.audit()
    assert figures(result) == told | {"silver": 874, "missing": 1, "doubled": 2}
    assert [found["offset"] for found in result["missing"]["listed"]] == [500]
    assert [found["offset"] for found in result["doubled"]["listed"]] == [510, 511]
    (difference,) = result["differences"]["listed"]
    assert (difference["stamped"], difference["rows"]) == (873, 874)
