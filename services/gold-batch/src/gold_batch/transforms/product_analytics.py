"""gold.product_analytics: each product's day, its last 28 days, and how far to recommend it."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.catalogue import catalogue
from gold_batch.changed_days import Reach
from gold_batch.days import only
from gold_batch.money import MONEY, average, ratio
from gold_batch.products import KEYS, lines, looked_at, sold
from gold_batch.ranking import ranked, recommended, smoothed
from gold_batch.stacking import stacked
from gold_batch.stock import stocked
from gold_batch.terms import Terms
from gold_batch.trailing import DAYS, demand

INPUTS = ("silver.page_views", "silver.cart_events", "silver.purchases", "silver.product_updates")
REACH: Mapping[str, Reach] = {
    "silver.page_views": Reach(),
    "silver.cart_events": Reach(),
    "silver.purchases": Reach(after=DAYS - 1),
    "silver.product_updates": Reach(after=DAYS - 1),
}
RATE = "decimal(18,6)"


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per requested day and product seen that day, or sold, given back or updated in the 28 days up to it.

    Args:
        inputs: the tables of `INPUTS`; purchases and product updates with the 27 days before as well.
        days: the business days asked for.
        terms: time zone, base currency, what is no product, and the run's clock.
    """
    bought = lines(inputs["silver.purchases"], days, terms, before=DAYS - 1)
    sales = sold(bought)
    known = catalogue(inputs, bought, days, terms)
    parts = [looked_at(inputs, bought, days, terms), only(sales, days), demand(sales, days), known.select(*KEYS)]
    rows = stocked(known.join(stacked(parts, KEYS), list(KEYS)))
    return recommended(ranked(smoothed(_rated(rows, terms)))).select(*_columns(terms))


def _rated(products: DataFrame, terms: Terms) -> DataFrame:
    viewers = F.col("unique_viewers")
    return (
        products.withColumn("is_product", ~F.col("product_id").rlike(terms.non_product_pattern))
        .withColumn("conversion_rate", ratio(F.col("viewers_who_bought"), viewers))
        .withColumn("cart_to_view_rate", ratio(F.col("cart_adders"), viewers, RATE))
        .withColumn("purchase_to_view_rate", ratio(F.col("purchasers"), viewers, RATE))
    )


def _columns(terms: Terms) -> list[Column | str]:
    return [
        F.col("day").alias("partition_date"),
        "product_id",
        "product_name",
        "category",
        "brand",
        "is_product",
        "total_views",
        "unique_viewers",
        "cart_adds",
        "cart_adders",
        "total_purchases",
        "purchasers",
        "viewers_who_bought",
        "direct_purchasers",
        "units_sold",
        "revenue",
        "refunds",
        "units_refunded",
        "other_currency_units",
        F.lit(terms.base_currency).alias("currency"),
        average(F.col("revenue"), F.col("units_sold")).alias("avg_price"),
        "conversion_rate",
        "conversion_rate_smoothed",
        "cart_to_view_rate",
        "purchase_to_view_rate",
        "revenue_rank",
        "revenue_rank_in_category",
        "abc_class",
        "units_28d",
        "units_28d_half_life",
        "revenue_28d",
        "ending_units",
        "sell_through_rate",
        "sales_velocity_28d",
        "days_of_supply",
        "stock_status",
        F.lit(None).cast("bigint").alias("stockout_minutes"),
        F.lit(None).cast(MONEY).alias("lost_sales_estimate"),
        "rating",
        "availability",
        "score_conversion",
        "score_units",
        "score_cart",
        "score_revenue",
        "score_rating",
        "recommendation_score",
        F.lit(terms.computed_at).alias("computed_at"),
        F.lit(terms.as_of_position).alias("as_of_position"),
    ]
