"""gold.customer_cohorts: of those who first ordered in one month, how many come back in the months after, and spend."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.changed_days import Reach
from gold_batch.days import kept_under
from gold_batch.money import MONEY, average, number, ratio, total
from gold_batch.months import days_of, month
from gold_batch.terms import Terms
from gold_batch.transforms.customer_days import NAME as CUSTOMER_DAYS
from gold_batch.transforms.daily_customer_analytics import NAME as CUSTOMERS

INPUTS = (CUSTOMERS, CUSTOMER_DAYS)
# A purchase can make someone a customer, or one of an older cohort, for every month since.
REACH: Mapping[str, Reach] = {"silver.purchases": Reach(before=1, after=None)}
KEYS = ("month", "user_id")


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per asked month that has any customer, and cohort that had begun by then, also where nobody of it came.

    Args:
        inputs: gold.daily_customer_analytics and gold.customer_days, each with all days of the asked months.
        days: the first days of the months asked for.
        terms: base currency and the run's clock.
    """
    members, spent = _members(_within(inputs[CUSTOMERS], days)), _spent(_within(inputs[CUSTOMER_DAYS], days))
    cells = members.join(spent, list(KEYS), "left").groupBy("month", "cohort_month")
    net = (F.col("gross_revenue") - F.col("refunds")).cast(MONEY)
    return (
        cells.agg(
            F.count(F.lit(1)).alias("cohort_size"),
            number(F.col("all_orders") > 0).alias("active_customers"),
            F.coalesce(F.sum("orders"), F.lit(0)).alias("orders"),
            *(total(F.col(name), F.lit(col=True)).alias(name) for name in ("gross_revenue", "refunds")),
            F.sum("total_spent").cast(MONEY).alias("net_revenue_to_date"),
        )
        .withColumn("net_revenue", net)
        .select(*_columns(terms))
    )


def _within(frame: DataFrame, months: Collection[date]) -> DataFrame:
    """The rows of the given months, with their `month`."""
    return frame.where(kept_under(days_of(months))).withColumn("month", month("partition_date"))


def _members(snapshots: DataFrame) -> DataFrame:
    """Per month its customers as of its last day that has a snapshot: the month of the first order, and net spend."""
    closing = snapshots.groupBy("month").agg(F.max("partition_date").alias("partition_date"))
    return snapshots.join(closing, ["month", "partition_date"]).select(
        *KEYS, month("first_order_date").alias("cohort_month"), "total_spent"
    )


def _spent(customer_days: DataFrame) -> DataFrame:
    """Per month and user: what was ordered and spent."""
    return customer_days.groupBy(*KEYS).agg(
        F.sum(F.col("orders") + F.col("other_currency_orders")).alias("all_orders"),
        *(F.sum(name).alias(name) for name in ("orders", "gross_revenue", "refunds")),
    )


def _columns(terms: Terms) -> list[Column | str]:
    return [
        F.col("month").alias("partition_date"),
        "cohort_month",
        F.months_between("month", "cohort_month").cast("int").alias("months_since"),
        "cohort_size",
        "active_customers",
        ratio(F.col("active_customers"), F.col("cohort_size")).alias("retention_rate"),
        "orders",
        "gross_revenue",
        "refunds",
        "net_revenue",
        "net_revenue_to_date",
        average(F.col("net_revenue_to_date"), F.col("cohort_size")).alias("lifetime_value_per_customer"),
        F.lit(terms.base_currency).alias("currency"),
        F.lit(terms.computed_at).alias("computed_at"),
        F.lit(terms.as_of_position).alias("as_of_position"),
    ]
