"""Lag and the equation from stamps alone."""

from datetime import UTC, datetime, timedelta

from health.observation import RAW_EVENTS, Observation
from shoplake_lake_kit.stage_tables import GOLD, SILVER
from shoplake_lake_kit.stamp import Stamp, Totals
from shoplake_lake_kit.vector import Counts, Position

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
TOPIC = "purchases"


def stamp(position: int, *, rows: int = 0, table: str = RAW_EVENTS, age: float = 0) -> Stamp:
    role = {"silver.quarantine": "quarantined", "ops.duplicates": "duplicates"}.get(table, "out")
    totals = Totals(**{"read": Counts({TOPIC: (position,)}), role: Counts({TOPIC: (rows,)})})
    return Stamp(
        stage="any",
        group="main",
        writer="w",
        position=Position({TOPIC: (position,)}),
        origin=Position({TOPIC: (0,)}),
        epochs={},
        topic_ids={},
        cluster="c",
        attempt=f"a{position}",
        appended_at_max=NOW - timedelta(seconds=age),
        totals=totals,
    )


def observed(end: int, bronze: int, silver: dict[str, int], position: int) -> Observation:
    """Silver and gold stand at one position; `silver` says how many rows each table has of it."""
    stamps = {RAW_EVENTS: (stamp(bronze, rows=bronze, age=3),)}
    stamps |= {name: (stamp(position, rows=silver.get(name, 0), table=name, age=9),) for name in SILVER}
    stamps |= {name: (stamp(position, table=name, age=9),) for name in GOLD}
    return Observation(NOW, Position({TOPIC: (end,)}), stamps)


def test_everything_is_somewhere() -> None:
    rows = {"silver.purchases": 85, "silver.quarantine": 3, "ops.duplicates": 2}
    total = observed(end=110, bronze=100, silver=rows, position=90).accounting().total

    assert (total.produced, total.bronze, total.silver, total.quarantined, total.duplicates) == (110, 100, 85, 3, 2)
    assert (total.in_flight, total.unaccounted) == (20, 0)


def test_a_missing_row_is_unaccounted() -> None:
    total = observed(end=110, bronze=100, silver={"silver.purchases": 89}, position=90).accounting().total

    assert total.unaccounted == 1


def test_lag_is_counted_in_events_and_seconds() -> None:
    lags = observed(end=110, bronze=100, silver={"silver.purchases": 90}, position=90).lags()

    assert (lags["bronze"].events, lags["bronze"].seconds) == (10, 3)
    assert (lags["silver"].events, lags["silver"].seconds) == (20, 9)


def test_a_stage_that_has_everything_is_not_late() -> None:
    lags = observed(end=90, bronze=90, silver={"silver.purchases": 90}, position=90).lags()

    assert [(lag.events, lag.seconds) for lag in lags.values()] == [(0, 0.0)] * 3


def test_before_the_first_publish_all_is_in_flight() -> None:
    empty = Observation(NOW, Position({TOPIC: (7,)}), dict.fromkeys((RAW_EVENTS, *SILVER, *GOLD), ()))

    assert empty.accounting().total.in_flight == 7
    assert empty.accounting().total.unaccounted == 0
    assert empty.lags()["gold"].events == 7
