"""gold.product_affinity: which products a month's orders have in common, and how far beyond chance."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.changed_days import Reach
from gold_batch.money import ratio
from gold_batch.months import days_of, month
from gold_batch.products import lines
from gold_batch.terms import Terms

INPUTS = ("silver.purchases",)
REACH: Mapping[str, Reach] = {"silver.purchases": Reach()}
FEWEST_ORDERS = 5
# A wholesaler's list of everything says nothing about what goes together, and its pairs grow with the square.
LARGEST_BASKET = 100
LIFT = "decimal(18,6)"


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per asked month and pair of goods that at least five of its orders have both.

    Args:
        inputs: silver.purchases.
        days: the first days of the months asked for.
        terms: time zone, what is no product, and the run's clock.
    """
    bought = lines(inputs["silver.purchases"], days_of(days), terms, before=0)
    is_good = F.col("product_id").isNotNull() & ~F.col("product_id").rlike(terms.non_product_pattern)
    baskets = (
        bought.where(F.col("is_paid") & is_good)
        .groupBy(month("day").alias("month"), "order_id")
        .agg(F.array_sort(F.collect_set("product_id")).alias("goods"))
        .where(F.size("goods") <= LARGEST_BASKET)
    )
    return _pairs(baskets).select(*_columns(terms))


def _pairs(baskets: DataFrame) -> DataFrame:
    """Per month and pair: the orders with both, with each, and all of them."""
    all_orders = baskets.groupBy("month").agg(F.count(F.lit(1)).alias("orders"))
    single = baskets.select("month", F.explode("goods").alias("product_id"))
    of_each = single.groupBy("month", "product_id").agg(F.count(F.lit(1)).alias("n"))
    # Sorted, so that a pair has one spelling; the places behind an element are its partners.
    behind = F.posexplode("goods").alias("place", "product_a")
    partners = F.explode(F.slice("goods", F.col("place") + 2, LARGEST_BASKET)).alias("product_b")
    both = (
        baskets.select("month", "goods", behind)
        .select("month", "product_a", partners)
        .groupBy("month", "product_a", "product_b")
        .agg(F.count(F.lit(1)).alias("orders_both"))
        .where(F.col("orders_both") >= FEWEST_ORDERS)
    )
    return (
        both.join(all_orders, "month")
        .join(_named(of_each, "a"), ["month", "product_a"])
        .join(_named(of_each, "b"), ["month", "product_b"])
    )


def _named(of_each: DataFrame, side: str) -> DataFrame:
    return of_each.select("month", F.col("product_id").alias(f"product_{side}"), F.col("n").alias(f"orders_{side}"))


def _columns(terms: Terms) -> list[Column | str]:
    both, one, other, every = (F.col(name) for name in ("orders_both", "orders_a", "orders_b", "orders"))
    return [
        F.col("month").alias("partition_date"),
        "product_a",
        "product_b",
        "orders",
        "orders_a",
        "orders_b",
        "orders_both",
        ratio(both, every).alias("support"),
        ratio(both, one).alias("confidence_a_to_b"),
        ratio(both, other).alias("confidence_b_to_a"),
        ratio(both * every, one * other, LIFT).alias("lift"),
        ratio(both, one + other - both).alias("jaccard"),
        F.lit(terms.computed_at).alias("computed_at"),
        F.lit(terms.as_of_position).alias("as_of_position"),
    ]
