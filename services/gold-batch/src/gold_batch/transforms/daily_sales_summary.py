"""gold.daily_sales_summary: the shop's day in one row."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.activity import TABLES
from gold_batch.changed_days import Reach
from gold_batch.currencies import named, other_currencies
from gold_batch.days import kept_under, only
from gold_batch.facts import ACTIVITY, ORDERS, REFUNDS, SESSIONS
from gold_batch.money import average, number, ratio, total
from gold_batch.stacking import stacked
from gold_batch.terms import Terms
from gold_batch.transforms.daily_customer_analytics import NAME as CUSTOMERS

INPUTS = (ACTIVITY, SESSIONS, ORDERS, REFUNDS, CUSTOMERS)
# A purchase can make a customer's later orders those of a returning one, however much later.
REACH: Mapping[str, Reach] = {
    **dict.fromkeys(TABLES, Reach(before=1, after=1)),
    "silver.purchases": Reach(before=1, after=None),
}
KEYS = ("day",)
RATE = "decimal(18,6)"


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per day that has any event of a visitor.

    Args:
        inputs: the facts of these days or more; gold.daily_customer_analytics of these days or more.
        days: the business days asked for.
        terms: time zone, base currency, session rules and the run's clock.
    """
    events, found, orders, refunds = (only(inputs[name], days) for name in (ACTIVITY, SESSIONS, ORDERS, REFUNDS))
    parts = [
        _sales(orders),
        _refunded(refunds),
        _visitors(events),
        _visits(found),
        _customers(inputs[CUSTOMERS], days),
    ]
    rows = (
        stacked(parts, KEYS)
        .join(_top_payment_method(orders), "day", "left")
        .join(other_currencies(orders, refunds, KEYS), "day", "left")
    )
    return rows.select(*_columns(terms))


def _columns(terms: Terms) -> list[Column | str]:
    return [
        F.col("day").alias("partition_date"),
        (F.col("gross_revenue") - F.col("refunds")).cast("decimal(28,4)").alias("total_revenue"),
        "gross_revenue",
        "refunds",
        "refund_count",
        "discounts",
        "shipping",
        "tax",
        F.lit(terms.base_currency).alias("currency"),
        "total_transactions",
        "zero_value_orders",
        "units",
        average(F.col("gross_revenue"), F.col("total_transactions")).alias("avg_order_value"),
        "visitors",
        "purchasers",
        ratio(F.col("purchasers"), F.col("visitors")).alias("conversion_rate"),
        "sessions",
        "engaged_sessions",
        "converted_sessions",
        ratio(F.col("converted_sessions"), F.col("sessions")).alias("session_conversion_rate"),
        ratio(F.col("total_transactions"), F.col("sessions"), RATE).alias("transactions_per_session"),
        "new_customers",
        "returning_customers",
        "guest_orders",
        (F.col("guest_gross_revenue") - F.col("guest_refunds")).cast("decimal(28,4)").alias("guest_revenue"),
        "guest_gross_revenue",
        "guest_refunds",
        "top_payment_method",
        "other_currency_orders",
        "other_currency_refunds",
        named(),
        (F.col("day") < F.lit(terms.complete_before).cast("date")).alias("data_complete"),
        F.lit(terms.computed_at).alias("computed_at"),
        F.lit(terms.as_of_position).alias("as_of_position"),
    ]


def _sales(orders: DataFrame) -> DataFrame:
    base, paid, counted = F.col("is_base"), F.col("is_base") & F.col("is_paid"), F.col("is_base") & F.col("is_order")
    guest = F.col("user_id").isNull()
    return orders.groupBy("day").agg(
        total(F.col("gross"), base).alias("gross_revenue"),
        total(F.col("discounts"), paid).alias("discounts"),
        total(F.col("shipping"), paid).alias("shipping"),
        total(F.col("tax"), paid).alias("tax"),
        number(counted).alias("total_transactions"),
        number(F.col("is_zero_value")).alias("zero_value_orders"),
        F.coalesce(F.sum(F.when(paid, F.col("units"))), F.lit(0)).alias("units"),
        number(counted & guest).alias("guest_orders"),
        total(F.col("gross"), base & guest).alias("guest_gross_revenue"),
        number(~base & F.col("is_order")).alias("other_currency_orders"),
    )


def _refunded(refunds: DataFrame) -> DataFrame:
    base = F.col("is_base")
    return refunds.groupBy("day").agg(
        total(F.col("refund"), base).alias("refunds"),
        number(base).alias("refund_count"),
        total(F.col("refund"), base & F.col("user_id").isNull()).alias("guest_refunds"),
        number(~base).alias("other_currency_refunds"),
    )


def _visitors(events: DataFrame) -> DataFrame:
    return events.groupBy("day").agg(
        F.countDistinct("visitor_id").alias("visitors"),
        F.countDistinct(F.when(F.col("is_purchase"), F.col("visitor_id"))).alias("purchasers"),
    )


def _visits(found: DataFrame) -> DataFrame:
    return found.groupBy("day").agg(
        F.count(F.lit(1)).alias("sessions"),
        number(F.col("is_engaged")).alias("engaged_sessions"),
        number(F.col("is_converted")).alias("converted_sessions"),
    )


def _customers(snapshots: DataFrame, days: Collection[date]) -> DataFrame:
    """Who ordered on the day: for the first time ever, or again."""
    ordered = snapshots.where(kept_under(days) & (F.col("last_order_date") == F.col("partition_date")))
    return ordered.groupBy(F.col("partition_date").alias("day")).agg(
        number(F.col("is_new_today")).alias("new_customers"),
        number(~F.col("is_new_today")).alias("returning_customers"),
    )


def _top_payment_method(orders: DataFrame) -> DataFrame:
    """The method of most orders; ties by gross, then by name."""
    counted = orders.where(F.col("is_base") & F.col("is_order") & F.col("payment_method").isNotNull())
    used = counted.groupBy("day", "payment_method").agg(F.count(F.lit(1)).alias("n"), F.sum("gross").alias("gross"))
    best = Window.partitionBy("day").orderBy(F.desc("n"), F.desc("gross"), "payment_method")
    return (
        used.withColumn("place", F.row_number().over(best))
        .where(F.col("place") == 1)
        .select("day", F.col("payment_method").alias("top_payment_method"))
    )
