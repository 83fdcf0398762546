"""gold.daily_traffic_sources: what each channel brought in a day; its parts make exactly the day's summary."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.activity import TABLES
from gold_batch.attribution import DAYS, attributed, or_direct, touches
from gold_batch.changed_days import Reach
from gold_batch.days import only
from gold_batch.facts import ACTIVITY, ORDERS, SESSIONS
from gold_batch.money import average, number, ratio, total
from gold_batch.sessions import first_channel
from gold_batch.stacking import stacked
from gold_batch.terms import Terms

PAGE_VIEWS = "silver.page_views"
INPUTS = (ACTIVITY, SESSIONS, ORDERS, PAGE_VIEWS)
# An order is owed to what brought its visitor up to 30 times 24 hours before: that is 31 dates.
REACH: Mapping[str, Reach] = {
    **dict.fromkeys(TABLES, Reach(before=1, after=1)),
    PAGE_VIEWS: Reach(before=1, after=DAYS + 1),
}
KEYS = ("day", "channel")


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per day and channel with a visitor, a session or an order.

    Args:
        inputs: the facts of these days or more; page views with the 31 days before as well.
        days: the business days asked for.
        terms: time zone, base currency, session rules and the run's clock.
    """
    events, found, orders = (only(inputs[name], days) for name in (ACTIVITY, SESSIONS, ORDERS))
    orders = attributed(orders, touches(inputs[PAGE_VIEWS], days, terms))
    parts = [
        _sessions(found),
        _visitors(events),
        _orders(orders, "last_non_direct", ""),
        _orders(orders, "first_touch", "first_touch_"),
    ]
    return stacked(parts, KEYS).select(
        F.col("day").alias("partition_date"),
        "channel",
        "sessions",
        "engaged_sessions",
        "converted_sessions",
        ratio(F.col("converted_sessions"), F.col("sessions")).alias("session_conversion_rate"),
        "visitors",
        "orders",
        "revenue",
        F.lit(terms.base_currency).alias("currency"),
        average(F.col("revenue"), F.col("orders")).alias("avg_order_value"),
        average(F.col("revenue"), F.col("sessions")).alias("revenue_per_session"),
        "first_touch_orders",
        "first_touch_revenue",
        F.lit(terms.computed_at).alias("computed_at"),
        F.lit(terms.as_of_position).alias("as_of_position"),
    )


def _sessions(found: DataFrame) -> DataFrame:
    return (
        found.withColumn("channel", or_direct("channel"))
        .groupBy(*KEYS)
        .agg(
            F.count(F.lit(1)).alias("sessions"),
            number(F.col("is_engaged")).alias("engaged_sessions"),
            number(F.col("is_converted")).alias("converted_sessions"),
        )
    )


def _visitors(events: DataFrame) -> DataFrame:
    """A visitor counts once a day, for the first channel of that day."""
    who = events.groupBy("day", "visitor_id").agg(first_channel())
    return who.groupBy("day", or_direct("channel").alias("channel")).agg(F.count(F.lit(1)).alias("visitors"))


def _orders(orders: DataFrame, model: str, prefix: str) -> DataFrame:
    base = F.col("is_base")
    return orders.groupBy("day", F.col(model).alias("channel")).agg(
        number(base & F.col("is_order")).alias(f"{prefix}orders"),
        total(F.col("gross"), base).alias(f"{prefix}revenue"),
    )
