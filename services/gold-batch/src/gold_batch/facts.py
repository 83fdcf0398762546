"""What several gold tables are computed from: read and put together once per batch, not once per table."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import DataFrame
from shoplake_spark_kit.lineage import Keep

from gold_batch.activity import TABLES, activity
from gold_batch.orders import order_days, refund_days
from gold_batch.quality.arrivals import fates
from gold_batch.sessions import sessions, visits
from gold_batch.terms import Terms

ACTIVITY, VISITS, SESSIONS = "facts.activity", "facts.visits", "facts.sessions"
ORDERS, REFUNDS = "facts.orders", "facts.refunds"
FATES = "facts.fates"
PURCHASES = "silver.purchases"
FACTS: Mapping[str, tuple[str, ...]] = {
    ACTIVITY: TABLES,
    VISITS: TABLES,
    SESSIONS: TABLES,
    ORDERS: (PURCHASES,),
    REFUNDS: (PURCHASES,),
}
"""Fact → the silver tables behind it; `FATES` is apart, its days being those of arrival."""


def as_it_is(frame: DataFrame) -> DataFrame:
    """Keeps nothing: the frame is computed again whenever it is read."""
    return frame


def visit_facts(
    silver: Mapping[str, DataFrame], days: Collection[date], terms: Terms, keep: Keep = as_it_is
) -> dict[str, DataFrame]:
    """What visitors did on the given days; a transform takes the facts of its own days out of them.

    Args:
        silver: the tables behind them.
        days: every day that any table needs.
        terms: as for the transforms.
        keep: makes a frame that is read often cheap to read again.
    """
    events = keep(activity(silver, days, terms))
    return {ACTIVITY: events, VISITS: visits(events, days, terms)}


def session_facts(
    inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms, keep: Keep = as_it_is
) -> dict[str, DataFrame]:
    """The sessions of the given days, from `ACTIVITY` of them; as for `visit_facts`."""
    return {SESSIONS: keep(sessions(inputs[ACTIVITY], days, terms))}


def order_facts(
    silver: Mapping[str, DataFrame], days: Collection[date], terms: Terms, keep: Keep = as_it_is
) -> dict[str, DataFrame]:
    """What was sold and paid back on the given days; as for `visit_facts`."""
    return {
        ORDERS: keep(order_days(silver[PURCHASES], days, terms)),
        REFUNDS: keep(refund_days(silver[PURCHASES], days, terms)),
    }


def arrival_facts(
    inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms, keep: Keep = as_it_is
) -> dict[str, DataFrame]:
    """The facts of the given days of arrival, from bronze and silver's tables; as for `visit_facts`."""
    return {FATES: keep(fates(inputs, days, terms))}
