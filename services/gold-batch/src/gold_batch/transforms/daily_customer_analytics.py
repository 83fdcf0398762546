"""gold.daily_customer_analytics: every known customer as of the end of a day."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.activity import TABLES
from gold_batch.changed_days import Reach
from gold_batch.money import MONEY
from gold_batch.segments import rfm_group, scored, segmented
from gold_batch.terms import Terms

INPUTS = ("gold.customer_days",)
# What was bought stays in every later snapshot; what was browsed shows on its own day, sessions beside midnight.
REACH: Mapping[str, Reach] = {
    **dict.fromkeys(TABLES, Reach(before=1, after=1)),
    "silver.purchases": Reach(before=1, after=None),
}
WINDOW_DAYS = 365
TODAY = ("page_views", "products_viewed", "cart_adds", "sessions", "engaged_sessions")
ADDITIVE = ("orders", "other_currency_orders", "gross_revenue", "refunds")
ROLLING = ("frequency", "monetary")


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per requested day and customer: a user_id with an order above 0 on that day or before.

    Args:
        inputs: gold.customer_days with everything up to the last requested day, that day included.
        days: the business days asked for; all of them in one pass over the history.
        terms: margin factor, the rule for New, and the run's clock.
    """
    facts = _facts(inputs["gold.customer_days"], max(days))
    rows = _running(_entries(facts, days)).where(F.col("is_asked") & F.col("first_order_date").isNotNull())
    customers = rows.withColumn("recency_days", F.datediff("day", "last_order_date"))
    return segmented(scored(customers), terms).select(*_columns(terms))


def _columns(terms: Terms) -> list[Column | str]:
    net_today, net = F.col("gross_revenue") - F.col("refunds"), F.col("gross_to_date") - F.col("refunds_to_date")
    return [
        F.col("day").alias("partition_date"),
        "user_id",
        F.col("orders").alias("orders_today"),
        net_today.cast(MONEY).alias("spent_today"),
        F.col("gross_revenue").alias("gross_today"),
        F.col("refunds").alias("refunds_today"),
        *TODAY,
        net.cast(MONEY).alias("total_spent"),
        "gross_to_date",
        "refunds_to_date",
        "orders_to_date",
        "other_currency_orders_to_date",
        "first_order_date",
        "last_order_date",
        "recency_days",
        "frequency_365d",
        "monetary_365d",
        "r_score",
        "f_score",
        "m_score",
        rfm_group().alias("rfm_group"),
        "customer_segment",
        "segment_rule",
        _value(net, terms).alias("lifetime_value"),
        F.lit(None).cast(MONEY).alias("predicted_ltv_12m"),
        (F.col("first_order_date") == F.col("day")).alias("is_new_today"),
        F.lit(terms.base_currency).alias("currency"),
        F.lit(terms.computed_at).alias("computed_at"),
        F.lit(terms.as_of_position).alias("as_of_position"),
    ]


def _value(net: Column, terms: Terms) -> Column:
    return F.round(net.cast(MONEY) * F.lit(terms.margin_factor).cast("decimal(9,6)"), 4).cast(MONEY)


def _facts(customer_days: DataFrame, last: date) -> DataFrame:
    orders = F.col("orders") + F.col("other_currency_orders")
    return customer_days.where(F.col("partition_date") <= F.lit(last)).select(
        F.col("partition_date").alias("day"),
        "user_id",
        *TODAY,
        *ADDITIVE,
        orders.alias("frequency"),
        (F.col("gross_revenue") - F.col("refunds")).cast(MONEY).alias("monetary"),
        F.when(orders > 0, F.col("partition_date")).alias("ordered_on"),
    )


def _entries(facts: DataFrame, days: Collection[date]) -> DataFrame:
    """What moves a customer's figures, at most one row per user and day from the first requested day on.

    All that lies before the first requested day is one entry on its eve. A fact leaves the 365-day window by an entry
    of the opposite sign 365 days later, so that a running sum is the window's sum and no window is ever summed anew.
    """
    first, last = min(days), max(days)
    eve, oldest = F.lit(first - timedelta(days=1)), F.lit(first - timedelta(days=WINDOW_DAYS))
    entering = facts.select(
        "user_id",
        F.greatest("day", eve).alias("day"),
        "ordered_on",
        *TODAY,
        *ADDITIVE,
        *(F.when(F.col("day") >= oldest, F.col(name)).alias(name) for name in ROLLING),
    )
    leaving = facts.select(
        "user_id",
        F.date_add("day", WINDOW_DAYS).alias("day"),
        (-F.col("frequency")).alias("frequency"),
        (-F.col("monetary")).cast(MONEY).alias("monetary"),
    ).where(F.col("day").between(first, last))
    asked = F.explode(F.array(*(F.lit(day) for day in sorted(days)))).alias("day")
    customers = facts.where(F.col("ordered_on").isNotNull()).select("user_id").distinct()
    grid = customers.select("user_id", asked, F.lit(col=True).alias("is_asked"))
    every = entering.unionByName(leaving, allowMissingColumns=True).unionByName(grid, allowMissingColumns=True)
    return every.groupBy("day", "user_id").agg(
        *(F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in (*TODAY, *ADDITIVE, *ROLLING)),
        F.min("ordered_on").alias("first_ordered"),
        F.max("ordered_on").alias("last_ordered"),
        F.max("is_asked").alias("is_asked"),
    )


def _running(entries: DataFrame) -> DataFrame:
    """Each entry with the customer's figures up to and with its day."""
    so_far = Window.partitionBy("user_id").orderBy("day").rowsBetween(Window.unboundedPreceding, Window.currentRow)

    def running(name: str, type_: str) -> Column:
        return F.sum(name).over(so_far).cast(type_)

    return entries.select(
        "day",
        "user_id",
        "is_asked",
        *TODAY,
        "orders",
        F.col("gross_revenue").cast(MONEY).alias("gross_revenue"),
        F.col("refunds").cast(MONEY).alias("refunds"),
        running("gross_revenue", MONEY).alias("gross_to_date"),
        running("refunds", MONEY).alias("refunds_to_date"),
        running("orders", "bigint").alias("orders_to_date"),
        running("other_currency_orders", "bigint").alias("other_currency_orders_to_date"),
        running("frequency", "bigint").alias("frequency_365d"),
        running("monetary", MONEY).alias("monetary_365d"),
        F.min("first_ordered").over(so_far).alias("first_order_date"),
        F.max("last_ordered").over(so_far).alias("last_order_date"),
    )
