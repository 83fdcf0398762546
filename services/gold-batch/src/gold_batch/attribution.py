"""Which channel an order is owed to: what brought its visitor in the 30 days before.

Orders and touches of a visitor are laid side by side in time and walked through once, so that a visitor with thousands
of both (everybody behind one careless id) costs no more than thousands of visitors.
"""

from collections.abc import Collection
from datetime import date

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.days import dated
from gold_batch.terms import Terms

DAYS = 30
MICROS = DAYS * 86_400_000_000
DIRECT = "direct"


def touches(page_views: DataFrame, days: Collection[date], terms: Terms) -> DataFrame:
    """Who came from outside on the given days and the 30 before: visitor_id, at (microseconds), touch."""
    is_person = ~F.coalesce(F.col("is_bot"), F.lit(col=False))
    seen = dated(page_views, days, terms, before=DAYS).where(is_person & F.col("channel").isNotNull())
    return seen.select(
        "visitor_id",
        F.unix_micros("timestamp").alias("at"),
        F.struct("timestamp", "event_id", "channel").alias("touch"),
    )


def attributed(orders: DataFrame, found: DataFrame) -> DataFrame:
    """The orders with the channels they are owed to.

    Args:
        orders: `order_days`; each row is attributed at its own `ordered_at`.
        found: `touches` of at least the same days.

    Returns:
        The orders with last_non_direct (the latest touch that is not direct) and first_touch (the earliest one), both
        within 30 times 24 hours up to the order, and `direct` where there was none.
    """
    visitor, ordered = Window.partitionBy("visitor_id"), F.unix_micros("ordered_at")
    latest = F.max(F.when(F.col("touch.channel") != DIRECT, F.col("touch")))
    with_last = _looked_up(orders, found, ordered, visitor.orderBy("at"), latest, "last_non_direct")
    # Backwards in time, the least touch so far is the one that comes next: here, the first after the 30 days begin.
    backwards = visitor.orderBy(F.desc("at"))
    return _looked_up(with_last, found, ordered - MICROS, backwards, F.min("touch"), "first_touch")


def or_direct(channel: str) -> Column:
    """A channel, or `direct` where nothing is known."""
    return F.coalesce(channel, F.lit(DIRECT))


def _looked_up(
    orders: DataFrame, found: DataFrame, at: Column, until: WindowSpec, choice: Column, name: str
) -> DataFrame:
    """The orders, each with the channel of the touch that is chosen among those met until `at`."""
    marked = orders.select("visitor_id", at.alias("at"), F.struct(*orders.columns).alias("order"))
    chosen = marked.unionByName(found, allowMissingColumns=True).withColumn("chosen", choice.over(until))
    age = F.unix_micros("order.ordered_at") - F.unix_micros("chosen.timestamp")
    channel = F.when(age.between(0, MICROS), F.col("chosen.channel"))
    return chosen.where(F.col("order").isNotNull()).select("order.*", F.coalesce(channel, F.lit(DIRECT)).alias(name))
