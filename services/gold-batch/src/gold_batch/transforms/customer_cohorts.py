"""gold.customer_cohorts: of those who first ordered in one month, how many come back in the months after, and spend."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.changed_days import Reach
from gold_batch.money import MONEY, average, ratio
from gold_batch.months import month, month_of
from gold_batch.terms import Terms

INPUTS = ("gold.customer_days",)
# A purchase can make someone a customer, or one of an older cohort, for every month since.
REACH: Mapping[str, Reach] = {"silver.purchases": Reach(before=1, after=None)}
KEYS = ("cohort_month", "month")


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per asked month and cohort that had begun by then, also where nobody of it came back.

    Args:
        inputs: gold.customer_days with everything up to the end of the last asked month.
        days: the first days of the months asked for.
        terms: base currency and the run's clock.
    """
    asked = sorted({month_of(day) for day in days})
    facts = inputs["gold.customer_days"].select(
        "user_id",
        month("partition_date").alias("month"),
        (F.col("orders") + F.col("other_currency_orders")).alias("all_orders"),
        "orders",
        "gross_revenue",
        "refunds",
    )
    monthly = _of_customers(facts.where(F.col("month") <= F.lit(asked[-1])) if asked else facts)
    return _shares(_grid(monthly, asked), terms)


def _of_customers(facts: DataFrame) -> DataFrame:
    """Per customer and month with any fact: what was ordered and spent, and the month of the first order."""
    by_month = facts.groupBy("user_id", "month").agg(
        *(F.sum(name).cast("bigint").alias(name) for name in ("all_orders", "orders")),
        *(F.sum(name).cast(MONEY).alias(name) for name in ("gross_revenue", "refunds")),
    )
    first = F.min(F.when(F.col("all_orders") > 0, F.col("month"))).over(Window.partitionBy("user_id"))
    return by_month.withColumn("cohort_month", first).where(F.col("cohort_month").isNotNull())


def _grid(monthly: DataFrame, asked: list[date]) -> DataFrame:
    """Per cohort and month: those who ordered, their figures, and every cohort in every asked month since."""
    figures = monthly.groupBy(*KEYS).agg(
        F.count(F.when(F.col("all_orders") > 0, F.lit(1))).alias("active_customers"),
        F.sum("orders").alias("orders"),
        F.sum("gross_revenue").cast(MONEY).alias("gross_revenue"),
        F.sum("refunds").cast(MONEY).alias("refunds"),
        F.count(F.when(F.col("month") == F.col("cohort_month"), F.lit(1))).alias("began"),
    )
    months = F.explode(F.array(*map(F.lit, asked)).cast("array<date>")).alias("month")
    every = monthly.select("cohort_month").distinct().select("cohort_month", months).where("month >= cohort_month")
    return every.withColumn("is_asked", F.lit(col=True)).unionByName(figures, allowMissingColumns=True)


def _shares(grid: DataFrame, terms: Terms) -> DataFrame:
    cells = grid.groupBy(*KEYS).agg(
        F.max("is_asked").alias("is_asked"),
        *(
            F.coalesce(F.sum(name), F.lit(0)).cast("bigint").alias(name)
            for name in ("active_customers", "orders", "began")
        ),
        *(F.coalesce(F.sum(name), F.lit(0)).cast(MONEY).alias(name) for name in ("gross_revenue", "refunds")),
    )
    of_cohort = Window.partitionBy("cohort_month")
    so_far = of_cohort.orderBy("month").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    net = (F.col("gross_revenue") - F.col("refunds")).cast(MONEY)
    known = cells.withColumns(
        {
            "cohort_size": F.sum("began").over(of_cohort),
            "net_revenue": net,
            "net_revenue_to_date": F.sum(net).over(so_far).cast(MONEY),
        }
    )
    return known.where("is_asked").select(*_columns(terms))


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
