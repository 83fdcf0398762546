"""What moves the figures of a customer: the snapshot of an eve, what happened since, and what leaves a window."""

from collections.abc import Collection
from datetime import date, timedelta
from functools import partial, reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.money import MONEY

WINDOW = timedelta(days=365)
TODAY = ("page_views", "products_viewed", "cart_adds", "sessions", "engaged_sessions")
ADDITIVE = ("orders", "other_currency_orders", "gross_revenue", "refunds")
ROLLING = ("frequency", "monetary")


def entries(snapshots: DataFrame, customer_days: DataFrame, days: Collection[date], eve: date | None) -> DataFrame:
    """What moves a customer's figures, at most one row per user and day from the first requested day on.

    All that lies before the first requested day is one entry on the day before it. A fact leaves the 365-day window by
    an entry of the opposite sign 365 days later, so that a running sum is the window's sum and no window is ever
    summed anew.

    Args:
        snapshots: gold.daily_customer_analytics with the day `eve`, others or not.
        customer_days: gold.customer_days up to the last requested day, or further.
        days: the business days asked for.
        eve: the newest day before them that has a snapshot; None = there is none, and all of the history is read.
    """
    facts = _facts(customer_days.where(F.col("partition_date") <= F.lit(max(days))))
    known = facts if eve is None else _since(facts, snapshots.where(F.col("partition_date") == F.lit(eve)), eve)
    before = F.lit(min(days) - timedelta(days=1))
    return (
        _stacked(known, _leaving(facts, max(days), eve), _grid(known, days))
        .groupBy(F.greatest("day", before).alias("day"), "user_id")
        .agg(
            *(F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in (*TODAY, *ADDITIVE, *ROLLING)),
            F.min("first_ordered").alias("first_ordered"),
            F.max("last_ordered").alias("last_ordered"),
            F.max("is_asked").alias("is_asked"),
        )
    )


def running(moved: DataFrame) -> DataFrame:
    """Each of the `entries` with the customer's figures up to and with its day."""
    so_far = Window.partitionBy("user_id").orderBy("day").rowsBetween(Window.unboundedPreceding, Window.currentRow)

    def total(name: str, type_: str) -> Column:
        return F.sum(name).over(so_far).cast(type_)

    return moved.select(
        "day",
        "user_id",
        "is_asked",
        *TODAY,
        "orders",
        F.col("gross_revenue").cast(MONEY).alias("gross_revenue"),
        F.col("refunds").cast(MONEY).alias("refunds"),
        total("gross_revenue", MONEY).alias("gross_to_date"),
        total("refunds", MONEY).alias("refunds_to_date"),
        total("orders", "bigint").alias("orders_to_date"),
        total("other_currency_orders", "bigint").alias("other_currency_orders_to_date"),
        total("frequency", "bigint").alias("frequency_365d"),
        total("monetary", MONEY).alias("monetary_365d"),
        F.min("first_ordered").over(so_far).alias("first_order_date"),
        F.max("last_ordered").over(so_far).alias("last_order_date"),
    )


def _facts(customer_days: DataFrame) -> DataFrame:
    orders, day = F.col("orders") + F.col("other_currency_orders"), F.col("partition_date")
    return customer_days.select(
        day.alias("day"),
        "user_id",
        *TODAY,
        *ADDITIVE,
        orders.alias("frequency"),
        (F.col("gross_revenue") - F.col("refunds")).cast(MONEY).alias("monetary"),
        F.when(orders > 0, day).alias("first_ordered"),
        F.when(orders > 0, day).alias("last_ordered"),
    )


def _since(facts: DataFrame, customers: DataFrame, eve: date) -> DataFrame:
    """The customers of the eve with all they have come to by then, and what happened since.

    Who has ordered only since may have moved money before (a refund of what was bought as a guest, the later lines of a
    guest's order). No snapshot knows of that yet, so it is looked up.
    """
    fresh = facts.where(F.col("day") > F.lit(eve))
    came = fresh.where(F.col("first_ordered").isNotNull()).select("user_id").distinct()
    strangers = F.broadcast(came.join(customers.select("user_id"), "user_id", "left_anti"))
    moved = (F.col("gross_revenue") > 0) | (F.col("refunds") > 0)
    in_window = F.when(F.col("day") > F.lit(eve - WINDOW), F.col("monetary"))
    before = facts.where((F.col("day") <= F.lit(eve)) & moved).join(strangers, "user_id", "left_semi")
    ahead = before.select("day", "user_id", "gross_revenue", "refunds", in_window.alias("monetary"))
    return _stacked(_carried(customers), fresh, ahead)


def _carried(customers: DataFrame) -> DataFrame:
    return customers.select(
        F.col("partition_date").alias("day"),
        "user_id",
        F.col("orders_to_date").alias("orders"),
        F.col("other_currency_orders_to_date").alias("other_currency_orders"),
        F.col("gross_to_date").alias("gross_revenue"),
        F.col("refunds_to_date").alias("refunds"),
        F.col("frequency_365d").alias("frequency"),
        F.col("monetary_365d").alias("monetary"),
        F.col("first_order_date").alias("first_ordered"),
        F.col("last_order_date").alias("last_ordered"),
    )


def _leaving(facts: DataFrame, last: date, eve: date | None) -> DataFrame:
    """What leaves the window after the eve and up to the last day, on the day it does."""
    gone = facts.where(F.col("day") <= F.lit(last - WINDOW))
    if eve is not None:
        gone = gone.where(F.col("day") > F.lit(eve - WINDOW))
    return gone.select(
        F.date_add("day", WINDOW.days).alias("day"),
        "user_id",
        (-F.col("frequency")).alias("frequency"),
        (-F.col("monetary")).cast(MONEY).alias("monetary"),
    )


def _grid(known: DataFrame, days: Collection[date]) -> DataFrame:
    """Every customer on every requested day, whether anything happened or not."""
    asked = F.explode(F.array(*(F.lit(day) for day in sorted(days)))).alias("day")
    customers = known.where(F.col("first_ordered").isNotNull()).select("user_id").distinct()
    return customers.select("user_id", asked, F.lit(col=True).alias("is_asked"))


def _stacked(*parts: DataFrame) -> DataFrame:
    return reduce(partial(DataFrame.unionByName, allowMissingColumns=True), parts)
