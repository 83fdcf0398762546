"""gold.daily_customer_analytics: every known customer as of the end of a day."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.activity import TABLES
from gold_batch.changed_days import Reach
from gold_batch.customers import TODAY, entries, running
from gold_batch.money import MONEY
from gold_batch.segments import rfm_group, scored, segmented
from gold_batch.terms import Terms
from gold_batch.transforms.customer_days import NAME as CUSTOMER_DAYS

NAME = "gold.daily_customer_analytics"
INPUTS = (NAME, CUSTOMER_DAYS)
# What was bought stays in every later snapshot; what was browsed shows on its own day, sessions beside midnight.
REACH: Mapping[str, Reach] = {
    **dict.fromkeys(TABLES, Reach(before=1, after=1)),
    "silver.purchases": Reach(before=1, after=None),
}


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per requested day and customer: a user_id with an order above 0 on that day or before.

    Args:
        inputs: gold.customer_days with everything up to the last requested day, that day included, and the table
            itself with the snapshot of the eve, where there is one.
        days: the business days asked for; all of them in one pass.
        terms: the eve, margin factor, the rule for New, and the run's clock.
    """
    moved = entries(inputs[NAME], inputs[CUSTOMER_DAYS], days, terms.eve)
    rows = running(moved).where(F.col("is_asked") & F.col("first_order_date").isNotNull())
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
