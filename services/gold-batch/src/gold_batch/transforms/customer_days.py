"""gold.customer_days: what each user did on each day, additive, so that snapshots need no second look at silver."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.activity import TABLES
from gold_batch.changed_days import Reach
from gold_batch.currencies import named, other_currencies
from gold_batch.days import only
from gold_batch.facts import ACTIVITY, ORDERS, REFUNDS, VISITS
from gold_batch.money import number, total
from gold_batch.stacking import stacked
from gold_batch.terms import Terms

NAME = "gold.customer_days"
INPUTS = (ACTIVITY, VISITS, ORDERS, REFUNDS)
# An event moves the ends of sessions over both midnights, and decides on which of two days an order is counted.
REACH: Mapping[str, Reach] = dict.fromkeys(TABLES, Reach(before=1, after=1))
KEYS = ("day", "user_id")


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per user_id and day with any event, customer or not; guests have no row.

    Args:
        inputs: the facts of `INPUTS`, of these days or more.
        days: the business days asked for.
        terms: time zone, base currency, session rules and the run's clock.
    """
    orders, refunds = (_of_users(only(inputs[name], days)) for name in (ORDERS, REFUNDS))
    events, visits = (only(inputs[name], days) for name in (ACTIVITY, VISITS))
    parts = [_bought(orders), _refunded(refunds), _browsed(events), _visited(visits)]
    rows = stacked(parts, KEYS).join(other_currencies(orders, refunds, KEYS), list(KEYS), "left")
    return rows.select(
        F.col("day").alias("partition_date"),
        "user_id",
        "orders",
        "zero_value_orders",
        "gross_revenue",
        "refunds",
        "refund_count",
        "discounts",
        "units",
        "page_views",
        "products_viewed",
        "cart_adds",
        "sessions",
        "engaged_sessions",
        "other_currency_orders",
        "other_currency_refunds",
        named(),
        F.lit(terms.computed_at).alias("computed_at"),
        F.lit(terms.as_of_position).alias("as_of_position"),
    )


def _of_users(frame: DataFrame) -> DataFrame:
    return frame.where(F.col("user_id").isNotNull())


def _bought(orders: DataFrame) -> DataFrame:
    base_paid = F.col("is_base") & F.col("is_paid")
    return orders.groupBy(*KEYS).agg(
        number(F.col("is_base") & F.col("is_order")).alias("orders"),
        number(F.col("is_zero_value")).alias("zero_value_orders"),
        total(F.col("gross"), F.col("is_base")).alias("gross_revenue"),
        total(F.col("discounts"), base_paid).alias("discounts"),
        F.coalesce(F.sum(F.when(base_paid, F.col("units"))), F.lit(0)).alias("units"),
        number(~F.col("is_base") & F.col("is_order")).alias("other_currency_orders"),
    )


def _refunded(refunds: DataFrame) -> DataFrame:
    return refunds.groupBy(*KEYS).agg(
        total(F.col("refund"), F.col("is_base")).alias("refunds"),
        number(F.col("is_base")).alias("refund_count"),
        number(~F.col("is_base")).alias("other_currency_refunds"),
    )


def _browsed(events: DataFrame) -> DataFrame:
    kind = F.col("kind")
    return (
        _of_users(events)
        .groupBy(*KEYS)
        .agg(
            number(kind == "page_view").alias("page_views"),
            F.countDistinct(F.when(kind == "page_view", F.col("product_id"))).alias("products_viewed"),
            number(kind == "add_to_cart").alias("cart_adds"),
        )
    )


def _visited(found: DataFrame) -> DataFrame:
    of_user = found.select("day", F.explode("users").alias("user_id"), "is_engaged")
    return of_user.groupBy(*KEYS).agg(
        F.count(F.lit(1)).alias("sessions"),
        number(F.col("is_engaged")).alias("engaged_sessions"),
    )
