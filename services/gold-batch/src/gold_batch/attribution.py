"""Which channel an order is owed to: what brought its visitor in the 30 days before."""

from collections.abc import Collection
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.days import dated
from gold_batch.terms import Terms

DAYS = 30
DIRECT = "direct"


def touches(page_views: DataFrame, days: Collection[date], terms: Terms) -> DataFrame:
    """Who came from outside on the given days and the 30 before, when, and by which channel."""
    is_person = ~F.coalesce(F.col("is_bot"), F.lit(col=False))
    seen = dated(page_views, days, terms, before=DAYS).where(is_person & F.col("channel").isNotNull())
    return seen.select("visitor_id", "channel", F.struct("timestamp", "event_id", "channel").alias("touch"))


def attributed(orders: DataFrame, found: DataFrame) -> DataFrame:
    """The orders with the channels they are owed to.

    Args:
        orders: `order_days`; each row is attributed at its own `ordered_at`.
        found: `touches` of at least the same days.

    Returns:
        The orders with last_non_direct (the latest touch that is not direct) and first_touch (the earliest one), both
        within 30 times 24 hours up to the order, and `direct` where there was none.
    """
    age = F.unix_micros("ordered_at") - F.unix_micros("touch.timestamp")
    key = ("order_id", "currency", "day")
    near = orders.select(*key, "visitor_id", "ordered_at").join(found, "visitor_id")
    owed = (
        near.where((age >= 0) & (age <= DAYS * 86_400_000_000))
        .groupBy(*key)
        .agg(
            F.max(F.when(F.col("channel") != DIRECT, F.col("touch"))).getField("channel").alias("last_non_direct"),
            F.min("touch").getField("channel").alias("first_touch"),
        )
    )
    return orders.join(owed, list(key), "left").withColumns(
        {name: or_direct(name) for name in ("last_non_direct", "first_touch")}
    )


def or_direct(channel: str) -> Column:
    """A channel, or `direct` where nothing is known."""
    return F.coalesce(channel, F.lit(DIRECT))
