"""What several gold tables are computed from: read and put together once per batch, not once per table."""

from collections.abc import Callable, Collection, Mapping
from datetime import date

from pyspark.sql import DataFrame

from gold_batch.activity import TABLES, activity
from gold_batch.orders import order_days, refund_days
from gold_batch.sessions import sessions
from gold_batch.terms import Terms

ACTIVITY, SESSIONS, ORDERS, REFUNDS = "facts.activity", "facts.sessions", "facts.orders", "facts.refunds"
PURCHASES = "silver.purchases"
FACTS: Mapping[str, tuple[str, ...]] = {
    ACTIVITY: TABLES,
    SESSIONS: TABLES,
    ORDERS: (PURCHASES,),
    REFUNDS: (PURCHASES,),
}
"""Fact → the silver tables behind it."""


def facts(
    silver: Mapping[str, DataFrame],
    days: Collection[date],
    terms: Terms,
    keep: Callable[[DataFrame], DataFrame] = lambda frame: frame,
) -> dict[str, DataFrame]:
    """The facts of the given days; a transform takes those of its own days out of them.

    Args:
        silver: the tables behind them.
        days: every day that any table needs.
        terms: as for the transforms.
        keep: makes a frame that is read often cheap to read again.
    """
    events = keep(activity(silver, days, terms))
    return {
        ACTIVITY: events,
        SESSIONS: keep(sessions(events, days, terms)),
        ORDERS: keep(order_days(silver[PURCHASES], days, terms)),
        REFUNDS: keep(refund_days(silver[PURCHASES], days, terms)),
    }
