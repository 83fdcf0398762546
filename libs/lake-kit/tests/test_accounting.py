"""The equation from stamps: the worked example, and what a loss or a double looks like."""

from collections.abc import Callable
from dataclasses import replace

from shoplake_lake_kit.accounting import Accounting, Figures, account
from shoplake_lake_kit.stamp import Stamp, Totals
from shoplake_lake_kit.vector import Counts, Position

MakeStamp = Callable[..., Stamp]


def counts(number: int) -> Counts:
    return Counts({"purchases": [number]})


def at(make_stamp: MakeStamp, position: int, **totals: int) -> Stamp:
    return make_stamp(
        position={"purchases": [position]},
        origin={"purchases": [0]},
        totals=Totals(**{name: counts(number) for name, number in totals.items()}),
    )


def example(make_stamp: MakeStamp, purchases: int = 55) -> Accounting:
    """The one in the module's docstring."""
    return account(
        Position({"purchases": [110]}),
        at(make_stamp, 100, read=98, out=98, offset_gaps=2),
        {
            "silver.quarantine": [
                at(make_stamp, 100, read=98, quarantined=5, offset_gaps=2),
                at(make_stamp, 60, read=59, quarantined=3, offset_gaps=1),
            ],
            "silver.purchases": [at(make_stamp, 60, read=59, out=purchases, offset_gaps=1)],
            "ops.duplicates": [at(make_stamp, 60, read=59, duplicates=1, offset_gaps=1)],
        },
    )


def test_the_worked_example(make_stamp: MakeStamp) -> None:
    accounting = example(make_stamp)
    assert accounting.total == Figures(
        produced=108, bronze=98, silver=55, quarantined=3, duplicates=1, in_flight=49, unaccounted=0
    )
    assert accounting.position == Position({"purchases": [60]})
    assert accounting.per_table == {"silver.quarantine": 3, "silver.purchases": 55, "ops.duplicates": 1}


def test_a_missing_event_is_plus_one_and_a_doubled_one_minus_one(make_stamp: MakeStamp) -> None:
    missing, doubled = example(make_stamp, purchases=54), example(make_stamp, purchases=56)
    assert missing.partitions["purchases", 0].unaccounted == 1
    assert doubled.partitions["purchases", 0].unaccounted == -1
    assert missing.total.unaccounted == doubled.total.unaccounted == 1


def test_one_missing_and_one_doubled_do_not_cancel_out(make_stamp: MakeStamp) -> None:
    bronze = make_stamp(totals=Totals(read=Counts({"purchases": [10, 20]}), out=Counts({"purchases": [10, 20]})))
    silver = make_stamp(totals=Totals(read=Counts({"purchases": [10, 20]}), out=Counts({"purchases": [9, 21]})))
    accounting = account(bronze.position, bronze, {"silver.purchases": [silver]})
    assert accounting.total.silver == 30
    assert accounting.total.unaccounted == 2


def test_an_event_that_silver_never_read_is_missing_once_it_has_caught_up(make_stamp: MakeStamp) -> None:
    bronze = at(make_stamp, 100, read=100, out=100)
    silver = at(make_stamp, 100, read=99, out=99, offset_gaps=1)
    assert account(bronze.position, bronze, {"silver.purchases": [silver]}).total.unaccounted == 1


def test_an_event_that_bronze_never_read_is_missing(make_stamp: MakeStamp) -> None:
    bronze = at(make_stamp, 100, read=99, out=99)
    assert account(bronze.position, bronze, {}).total.unaccounted == 1


def test_before_the_first_publish_everything_is_in_flight() -> None:
    accounting = account(Position({"purchases": [7, 3]}), None, {"silver.purchases": []})
    assert accounting.total == Figures(produced=10, in_flight=10)


def test_a_first_box_half_published_is_in_flight(make_stamp: MakeStamp) -> None:
    bronze = at(make_stamp, 100, read=98, out=98, offset_gaps=2)
    lead = make_stamp(
        position={"purchases": [100]},
        origin={"purchases": [0]},
        read={"purchases": [98]},
        quarantined={"purchases": [5]},
        totals=Totals(read=counts(98), quarantined=counts(5), offset_gaps=counts(2)),
    )
    accounting = account(bronze.position, bronze, {"silver.quarantine": [lead], "silver.purchases": []})
    assert accounting.total == Figures(produced=98, bronze=98, in_flight=98)


def test_silver_read_after_bronze_moved_on_is_no_fault(make_stamp: MakeStamp) -> None:
    bronze = at(make_stamp, 50, read=50, out=50)
    silver = at(make_stamp, 100, read=98, out=98, offset_gaps=2)
    accounting = account(Position({"purchases": [60]}), bronze, {"silver.purchases": [silver]})
    assert accounting.total == Figures(produced=98, bronze=50, silver=98)


def test_accepted_loss_is_accounted_for(make_stamp: MakeStamp) -> None:
    bronze = at(make_stamp, 100, read=90, out=90, lost=10)
    silver = at(make_stamp, 100, read=90, out=90, offset_gaps=10)
    accounting = account(bronze.position, bronze, {"silver.purchases": [silver]})
    assert accounting.total == Figures(produced=100, bronze=90, silver=90, lost=10)


def test_a_replayed_event_counts_where_it_landed(make_stamp: MakeStamp) -> None:
    bronze = at(make_stamp, 100, read=100, out=100)
    silver = {
        "silver.quarantine": [at(make_stamp, 100, read=100, quarantined=10)],
        "silver.purchases": [at(make_stamp, 100, read=100, out=96, replayed=6)],
        "ops.duplicates": [at(make_stamp, 100, read=100, duplicates=1, replayed=1)],
    }
    accounting = account(bronze.position, bronze, silver)
    assert accounting.total == Figures(
        produced=100, bronze=100, silver=96, quarantined=3, duplicates=1, replayed=7, unaccounted=0
    )


def test_a_backfill_under_way_counts_no_event_twice(make_stamp: MakeStamp) -> None:
    bronze = at(make_stamp, 100, read=100, out=100)
    lead = replace(
        at(make_stamp, 100, read=100, quarantined=14),
        backfill={"id": "b1"},
        moving={"silver.purchases": counts(3), "silver.cart_events": counts(1)},
    )
    purchases = replace(at(make_stamp, 100, read=100, out=57), backfill={"id": "b1"})
    carts = at(make_stamp, 100, read=100, out=30)
    silver = {"silver.quarantine": [lead], "silver.purchases": [purchases], "silver.cart_events": [carts]}
    under_way = account(bronze.position, bronze, silver)
    assert under_way.backfilling == ("silver.cart_events",)
    assert (under_way.total.silver, under_way.total.quarantined, under_way.total.unaccounted) == (86, 14, 0)

    done = silver | {"silver.cart_events": [replace(at(make_stamp, 100, read=100, out=29), backfill={"id": "b1"})]}
    after = account(bronze.position, bronze, done)
    assert (after.backfilling, after.total.silver, after.total.unaccounted) == ((), 86, 0)


def test_a_table_whose_backfill_is_expired_is_not_backfilling(make_stamp: MakeStamp) -> None:
    done = {"id": "b1"}
    bronze = at(make_stamp, 100, read=100, out=100)
    lead = replace(at(make_stamp, 60, read=60, quarantined=3), backfill=done, moving={"silver.purchases": counts(3)})
    box = {"position": Position({"purchases": [100]}), "read": counts(40)}
    ahead = replace(at(make_stamp, 100, read=100, quarantined=3), **box, backfill=done, moving=lead.moving)
    purchases = replace(at(make_stamp, 100, read=100, out=97), **box, out=counts(40), backfill=done)
    behind = replace(at(make_stamp, 60, read=60), backfill=done)
    silver = {"silver.quarantine": [ahead, lead], "silver.purchases": [purchases], "ops.duplicates": [behind]}
    accounting = account(bronze.position, bronze, silver)
    assert (accounting.backfilling, accounting.total.unaccounted) == ((), 0)
    assert (accounting.total.silver, accounting.total.quarantined, accounting.total.in_flight) == (57, 3, 40)


def test_a_later_life_of_a_topic_is_counted_apart(make_stamp: MakeStamp) -> None:
    totals = Totals(
        read=Counts({"purchases": [5], "purchases@1": [3]}), out=Counts({"purchases": [5], "purchases@1": [3]})
    )
    stamp = make_stamp(
        position={"purchases": [5], "purchases@1": [3]}, origin={"purchases": [0], "purchases@1": [0]}, totals=totals
    )
    accounting = account(Position({"purchases@1": [4]}), stamp, {"silver.purchases": [stamp]})
    assert accounting.per_topic["purchases"].produced == 5
    assert accounting.per_topic["purchases@1"].in_flight == 1
    assert accounting.total.unaccounted == 0


def test_the_document_has_total_topics_tables_and_position(make_stamp: MakeStamp) -> None:
    document = example(make_stamp).to_dict()
    assert document["total"]["unaccounted"] == 0
    assert document["topics"]["purchases"]["produced"] == 108
    assert document["topics"]["purchases"]["partitions"][0]["in_flight"] == 49
    assert document["tables"]["silver.purchases"] == 55
    assert document["position"] == {"purchases": [60]}
