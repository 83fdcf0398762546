"""Replay over real tables: what can be repaired comes home once, whatever is asked twice or dies in between."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

pytestmark = pytest.mark.spark
Shop = Any  # of conftest
LENIENT, STRICT = date(1990, 1, 1), date(2025, 1, 1)
OLD = "2024-06-01"
HOMES = ("silver.purchases", "silver.page_views", "ops.duplicates")


def filled(shop: Shop) -> None:
    """One good purchase, one that is no JSON; two old page views, two old purchases and a copy of one of them."""
    shop.oldest = STRICT
    shop.ingest("purchases", shop.purchase("p0", "2025-03-04"), shop.purchase("p1", OLD), "{", shop.purchase("p1", OLD))
    shop.ingest("raw-events", shop.page_view("v0", OLD), shop.purchase("p2", OLD))
    shop.ingest("page-views", shop.page_view("v1", OLD))
    shop.stage().step()


def homes(shop: Shop) -> list[list[str]]:
    return [shop.ids(table) for table in HOMES]


def test_a_mended_rule_brings_events_home_once(shop: Shop, dying_at: Callable[..., None]) -> None:
    filled(shop)
    assert shop.balanced() == (1, 6, 0, 0)
    assert shop.summary() == {("too_old", "waiting"): 5, ("not_json", "waiting"): 1}
    shop.oldest = LENIENT

    # A dry run tells and writes nothing.
    before = shop.snapshots()
    told = shop.replay(dry_run=True)
    assert told["reasons"] == {
        "not_json": {"replayed": 0, "duplicate": 0, "already_landed": 0, "still_bad": {"not_json": 1}},
        "too_old": {"replayed": 4, "duplicate": 1, "already_landed": 0, "still_bad": {}},
    }
    assert (told["changed"], shop.snapshots()) == (False, before)

    # A process that dies after the first table loses and doubles nothing.
    dying_at("silver.replay.between_tables", 1, shop.replay)
    assert sum(map(len, homes(shop))) in {3, 4}
    silver, quarantined, duplicates, in_flight = shop.balanced()
    assert (silver + quarantined + duplicates, in_flight) == (7, 0)

    # Asked for again, what landed is told as landed, and the rest follows.
    again = shop.replay()
    too_old = again["reasons"]["too_old"]
    assert too_old["already_landed"] >= 2
    assert too_old["already_landed"] + too_old["replayed"] + too_old["duplicate"] == 5
    assert homes(shop) == [["p0", "p1", "p2"], ["v0", "v1"], ["p1"]]
    assert shop.balanced() == (5, 1, 1, 0)
    assert shop.quarantined() == [
        ("page-views", 0, "replayed", None),
        ("purchases", 1, "replayed", None),
        ("purchases", 2, "still_bad", "not_json"),
        ("purchases", 3, "replayed", None),
        ("raw-events", 0, "replayed", None),
        ("raw-events", 1, "replayed", None),
    ]

    # A second replay changes nothing.
    before = shop.snapshots()
    second = shop.replay()
    assert (second["changed"], second["rows"], second["outcomes"]) == (False, {}, {})
    assert second["reasons"]["too_old"] == {"replayed": 0, "duplicate": 0, "already_landed": 5, "still_bad": {}}
    assert shop.snapshots() == before
    assert shop.balanced() == (5, 1, 1, 0)

    # The tables are the truth, not the outcomes: rows that a roll-back took away come home again.
    shop.roll_back("silver.page_views")
    assert shop.balanced() == (3, 3, 1, 0)
    third = shop.replay()
    assert (third["rows"], third["outcomes"]) == ({"silver.page_views": 2}, {})
    assert shop.balanced() == (5, 1, 1, 0)

    # The stage goes on from where it stood.
    shop.ingest("purchases", shop.purchase("p1", OLD), shop.purchase("p9", OLD))
    assert shop.stage().step()
    assert shop.balanced() == (6, 1, 2, 0)


def test_filters_bound_what_is_looked_at(shop: Shop) -> None:
    filled(shop)
    shop.oldest = LENIENT
    assert shop.replay(reason="not_json", dry_run=True)["selected"] == 1
    assert shop.replay(rule="timestamp_not_too_old", topic="page-views", dry_run=True)["selected"] == 1
    assert shop.replay(to="2025-03-04T00:00:00Z", dry_run=True)["selected"] == 0

    told = shop.replay(topic="raw-events")
    assert told["rows"] == {"silver.page_views": 1, "silver.purchases": 1}
    assert homes(shop) == [["p0", "p2"], ["v0"], []]
    assert shop.balanced() == (3, 4, 0, 0)
    kinds = [publication.kinds for publication in shop.published if publication.table == "silver.quarantine"]
    assert kinds[0]["purchases"] == {"too_old": 2, "not_json": 1}
