"""Orders and refunds by business day, from purchase and refund events."""

from collections.abc import Collection
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.activity import present
from gold_batch.days import dated, only
from gold_batch.money import MONEY, is_base
from gold_batch.terms import Terms


def order_days(purchases: DataFrame, days: Collection[date], terms: Terms) -> DataFrame:
    """What each order added on each of the given days.

    Lines of one order may come in several events, each dated by itself. The order is counted on its first day; what
    the day after brings in adds money and no second order. The gross of a day decides whether it is an order at all.

    Returns:
        day, order_id, currency, user_id, payment_method (the first named that day), visitor_id and ordered_at of the
        first event of that day, is_base, gross, discounts, shipping, tax, units;
        is_paid: the day's gross is above 0; is_order: paid and counted here;
        is_zero_value: total 0, counted here.
    """
    sales = dated(purchases, days, terms, before=1).where(F.col("event_type") == "purchase")
    added = sales.groupBy("order_id", "currency", "day").agg(
        F.max(present("user_id")).alias("user_id"),
        _first_named("payment_method"),
        _first("visitor_id").alias("visitor_id"),
        F.min("timestamp").alias("ordered_at"),
        _sum("total_amount").alias("gross"),
        _sum("discount_amount").alias("discounts"),
        _sum("shipping_amount").alias("shipping"),
        _sum("tax_amount").alias("tax"),
        F.sum(units_of("items")).alias("units"),
    )
    by_day = Window.partitionBy("order_id", "currency").orderBy("day")
    known = F.coalesce(F.datediff("day", F.lag("day").over(by_day)) == 1, F.lit(col=False))
    known_paid = known & F.lag("is_paid", default=False).over(by_day)
    counted = (
        added.withColumn("is_base", is_base(terms))
        .withColumn("is_paid", F.col("gross") > 0)
        .withColumn("is_order", F.col("is_paid") & ~known_paid)
        .withColumn("is_zero_value", (F.col("gross") == 0) & ~known)
    )
    return only(counted, days)


def refund_days(purchases: DataFrame, days: Collection[date], terms: Terms) -> DataFrame:
    """The refunds dated on the given days: day, user_id, currency, is_base, refund (given back, above 0)."""
    refunds = only(dated(purchases, days, terms), days).where(F.col("event_type") == "refund")
    amount = F.col("total_amount").cast(MONEY).alias("refund")
    return refunds.select("day", present("user_id"), "currency", is_base(terms).alias("is_base"), amount)


def units_of(items: str) -> Column:
    """Σ quantity of an array of lines; 0 for NULL or none."""
    none = F.lit(0).cast("bigint")
    return F.coalesce(F.aggregate(items, none, lambda units, line: units + F.coalesce(line["quantity"], none)), none)


def _first(name: str) -> Column:
    return F.min(F.struct("timestamp", "event_id", name)).getField(name)


def _first_named(name: str) -> Column:
    stated = F.when(F.col(name).isNotNull(), F.struct("timestamp", "event_id", name))
    return F.min(stated).getField(name).alias(name)


def _sum(amount: str) -> Column:
    return F.coalesce(F.sum(amount), F.lit(0)).cast(MONEY)
