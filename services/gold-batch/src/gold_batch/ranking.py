"""Where a product stands among the others of its day: ranks, ABC class and the recommendation score."""

from decimal import Decimal

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.money import ratio

SHARE = "decimal(9,6)"
# How many viewers of average behaviour each product is given before its own ones speak.
PRIOR_VIEWERS = 20
WEIGHTS = {
    "score_conversion": Decimal("0.40"),
    "score_units": Decimal("0.25"),
    "score_cart": Decimal("0.15"),
    "score_revenue": Decimal("0.10"),
    "score_rating": Decimal("0.10"),
}


def smoothed(products: DataFrame) -> DataFrame:
    """Adds `conversion_rate_smoothed`: viewers who bought ÷ viewers, drawn to the day's mean by 20 average viewers.

    With B of V viewers of all products having bought, (b + 20·B÷V) ÷ (v + 20) is computed as
    (b·V + 20·B) ÷ ((v + 20)·V).
    """
    everything = Window.partitionBy("day")
    whole = "decimal(18,0)"
    viewers = F.sum("unique_viewers").over(everything).cast(whole)
    bought = F.sum("viewers_who_bought").over(everything).cast(whole)
    part = F.col("viewers_who_bought").cast(whole) * viewers + bought * PRIOR_VIEWERS
    rate = ratio(part, (F.col("unique_viewers").cast(whole) + PRIOR_VIEWERS) * viewers)
    return products.withColumn("conversion_rate_smoothed", rate)


def ranked(products: DataFrame) -> DataFrame:
    """Adds ranks by the day's revenue (ties share a rank) and the ABC class by revenue of 28 days; goods only."""
    return (
        products.withColumn("revenue_rank", _of_goods(F.rank().over(_group().orderBy(F.desc("revenue")))))
        .withColumn("revenue_rank_in_category", _of_goods(F.rank().over(_group("category").orderBy(F.desc("revenue")))))
        .withColumn("abc_class", _of_goods(_abc()))
    )


def recommended(products: DataFrame) -> DataFrame:
    """Adds `recommendation_score`, 0 to 100, and its components.

    100·availability·(0.40·P(smoothed conversion) + 0.25·P(units of 28 days by half-life) + 0.15·P(cart to view)
    + 0.10·P(revenue) + 0.10·rating÷5). P is the percentile rank among the goods of the category: how many of the
    others are lower, ties equal, 0 for the only one. What is not known counts 0, an unknown stock as available; what
    is no good scores 0.
    """
    rating = F.least(F.coalesce("rating", F.lit(0)) / F.lit(5), F.lit(1))
    components = products.withColumns(
        {
            "score_conversion": _percentile("conversion_rate_smoothed"),
            "score_units": _percentile("units_28d_half_life"),
            "score_cart": _percentile("cart_to_view_rate"),
            "score_revenue": _percentile("revenue"),
            "score_rating": F.when(F.col("is_product"), rating).otherwise(F.lit(0)).cast(SHARE),
            "availability": F.when(F.col("ending_units") <= 0, F.lit(0)).otherwise(F.lit(1)),
        }
    )
    points = [F.col(name) * F.lit(weight) * 100 for name, weight in WEIGHTS.items()]
    total = points[0] + points[1] + points[2] + points[3] + points[4]
    return components.withColumn("recommendation_score", (total * F.col("availability")).cast(SHARE))


def _group(*keys: str) -> WindowSpec:
    return Window.partitionBy("day", "is_product", *keys)


def _of_goods(value: Column) -> Column:
    return F.when(F.col("is_product"), value)


def _percentile(name: str) -> Column:
    others = F.count(F.lit(1)).over(_group("category")) - 1
    below = F.rank().over(_group("category").orderBy(F.asc_nulls_first(name))) - 1
    return F.when(F.col("is_product"), F.coalesce(ratio(below, others), F.lit(0))).otherwise(F.lit(0)).cast(SHARE)


def _abc() -> Column:
    """A makes the first 80 % of the revenue, B the next 15 %, C the rest; equal revenues in the order of product_id."""
    by_revenue = _group().orderBy(F.desc("revenue_28d"), "product_id").rowsBetween(Window.unboundedPreceding, -1)
    before = F.coalesce(F.sum("revenue_28d").over(by_revenue), F.lit(0))
    whole = F.sum("revenue_28d").over(_group())
    in_a, in_b = (before * 100 < whole * share for share in (80, 95))
    sells = F.col("revenue_28d") > 0
    return F.when(sells & in_a, "A").when(sells & in_b, "B").otherwise("C")
