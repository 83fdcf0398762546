"""What happened to each product on each day: looked at, put into carts, bought, given back."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.activity import is_product_view
from gold_batch.days import dated, only
from gold_batch.money import is_base, number, total
from gold_batch.terms import Terms

KEYS = ("product_id", "day")


def lines(purchases: DataFrame, days: Collection[date], terms: Terms, *, before: int) -> DataFrame:
    """The lines of purchases and refunds on the given days and so many days before each.

    Returns:
        day, timestamp, event_id, visitor_id, order_id, is_refund, is_base; is_paid: a line of an order whose gross of
        that day is above 0; product_id, product_name, category, brand, quantity, total_price.
    """
    of_order = Window.partitionBy("order_id", "currency", "day", "event_type")
    events = dated(purchases, days, terms, before=before)
    flat = events.select(
        "day",
        "timestamp",
        "event_id",
        "visitor_id",
        "order_id",
        (F.col("event_type") == "refund").alias("is_refund"),
        is_base(terms).alias("is_base"),
        ((F.sum("total_amount").over(of_order) > 0) & (F.col("event_type") == "purchase")).alias("is_paid"),
        F.explode("items").alias("line"),
    )
    fields = ("product_id", "product_name", "category", "brand", "quantity", "total_price")
    kept = [name for name in flat.columns if name != "line"]
    return flat.select(*kept, *(F.col("line").getField(name).alias(name) for name in fields))


def sold(bought: DataFrame) -> DataFrame:
    """Per product and day, from its lines: orders, units, revenue, refunds; other currencies counted apart."""
    paid = F.col("is_base") & F.col("is_paid")
    back = F.col("is_base") & F.col("is_refund")
    return bought.groupBy(*KEYS).agg(
        F.countDistinct(F.when(paid, F.col("order_id"))).alias("total_purchases"),
        F.coalesce(F.sum(F.when(paid, F.col("quantity"))), F.lit(0)).alias("units_sold"),
        total(F.col("total_price"), paid).alias("revenue"),
        total(F.col("total_price"), back).alias("refunds"),
        F.coalesce(F.sum(F.when(back, F.col("quantity"))), F.lit(0)).alias("units_refunded"),
        F.coalesce(F.sum(F.when(F.col("is_paid") & ~F.col("is_base"), F.col("quantity"))), F.lit(0)).alias(
            "other_currency_units"
        ),
    )


def looked_at(silver: Mapping[str, DataFrame], bought: DataFrame, days: Collection[date], terms: Terms) -> DataFrame:
    """Per product and day: views and cart adds, and how many visitors did what."""
    by_visitor = reduce(
        DataFrame.unionByName,
        [
            _acts(product_views(silver["silver.page_views"], days, terms), "viewed"),
            _acts(cart_adds(silver["silver.cart_events"], days, terms), "added"),
            _acts(only(bought, days).where("is_paid"), "bought"),
        ],
    )
    did = by_visitor.groupBy(*KEYS, "visitor_id").agg(
        *(number(F.col("act") == act).alias(act) for act in ("viewed", "added", "bought"))
    )
    viewed, added, bought_it = (F.col(act) > 0 for act in ("viewed", "added", "bought"))
    return did.groupBy(*KEYS).agg(
        F.sum("viewed").alias("total_views"),
        number(viewed).alias("unique_viewers"),
        F.sum("added").alias("cart_adds"),
        number(added).alias("cart_adders"),
        number(bought_it).alias("purchasers"),
        number(viewed & bought_it).alias("viewers_who_bought"),
        number(~viewed & bought_it).alias("direct_purchasers"),
    )


def product_views(page_views: DataFrame, days: Collection[date], terms: Terms) -> DataFrame:
    """The views of product pages by people on the given days."""
    is_person = ~F.coalesce(F.col("is_bot"), F.lit(col=False))
    return dated(page_views, days, terms).where(is_product_view() & is_person)


def cart_adds(cart_events: DataFrame, days: Collection[date], terms: Terms) -> DataFrame:
    """The events that put a product into a cart on the given days."""
    return dated(cart_events, days, terms).where(
        (F.col("event_type") == "add_to_cart") & F.col("product_id").isNotNull()
    )


def _acts(events: DataFrame, act: str) -> DataFrame:
    return events.select("product_id", "day", "visitor_id", F.lit(act).alias("act"))
