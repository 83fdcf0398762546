"""RFM scores, the eleven groups, and the four segments of the guide."""

from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.terms import Terms

# (lowest R, highest R, lowest FM, highest FM, group): the grid of Shopify's analysis, FM = (F + M) ÷ 2 rounded half up.
# Its eleventh group, Prospects, has no orders yet: such a user is no customer and is not in the snapshot.
GRID = (
    (5, 5, 4, 5, "Champions"),
    (3, 4, 4, 5, "Loyal"),
    (4, 5, 2, 3, "Active"),
    (5, 5, 1, 1, "New"),
    (4, 4, 1, 1, "Promising"),
    (3, 3, 3, 3, "Needs Attention"),
    (3, 3, 1, 2, "Almost Lost"),
    (1, 2, 5, 5, "Previously Loyal"),
    (1, 2, 3, 4, "At Risk"),
    (1, 2, 1, 2, "Dormant"),
)


def scored(customers: DataFrame) -> DataFrame:
    """Adds r_score, f_score and m_score: the fifth of the day's customers that one is in, 5 the best, ties equal.

    A score is ⌈5·cume_dist⌉, computed as whole numbers: with k customers at or below, of n, ⌈5k ÷ n⌉.
    """
    return (
        customers.withColumn("r_score", _fifth(F.desc("recency_days")))
        .withColumn("f_score", _fifth(F.asc("frequency_365d")))
        .withColumn("m_score", _fifth(F.asc("monetary_365d")))
    )


def rfm_group() -> Column:
    """The name of the group by r_score and the mean of f_score and m_score."""
    fm = F.shiftright(F.col("f_score") + F.col("m_score") + 1, 1)
    found = F.lit(None).cast("string")
    for r_low, r_high, fm_low, fm_high, name in GRID:
        inside = F.col("r_score").between(r_low, r_high) & fm.between(fm_low, fm_high)
        found = F.when(inside, F.lit(name)).otherwise(found)
    return found


def segmented(customers: DataFrame, terms: Terms) -> DataFrame:
    """Adds `customer_segment` and `segment_rule`, the first rule of four that holds and why."""
    age = F.datediff("day", "first_order_date")
    r, f_and_m = F.col("r_score"), F.col("f_score") + F.col("m_score")
    is_new = (age <= terms.new_customer_days) & (F.col("orders_to_date") + F.col("other_currency_orders_to_date") == 1)
    new_rule = f"first order at most {terms.new_customer_days} days ago, and the only one"
    chosen = (
        F.when(is_new, _named("New", new_rule))
        .when((r <= 2) & (f_and_m >= 6), _named("At Risk", "R <= 2 and (F + M) / 2 >= 3"))  # noqa: PLR2004 - the rule
        .when((r >= 3) & (f_and_m >= 8), _named("High Value", "R >= 3 and (F + M) / 2 >= 4"))  # noqa: PLR2004 - the rule
        .otherwise(_named("Regular", "none of New, At Risk, High Value"))
    )
    return (
        customers.withColumn("chosen", chosen)
        .withColumn("customer_segment", F.col("chosen.segment"))
        .withColumn("segment_rule", F.col("chosen.rule"))
        .drop("chosen")
    )


def _fifth(order: Column) -> Column:
    # The default frame of an ordered window reaches to the last peer: ties count for each other.
    at_or_below = F.count(F.lit(1)).over(Window.partitionBy("day").orderBy(order))
    everyone = F.count(F.lit(1)).over(Window.partitionBy("day"))
    # ⌈5k ÷ n⌉ without a quotient: one more than the number of fifths that k has passed.
    passed = [F.when(at_or_below * 5 > everyone * fifth, F.lit(1)).otherwise(F.lit(0)) for fifth in range(1, 5)]
    return reduce(Column.__add__, passed, F.lit(1)).cast("int")


def _named(segment: str, rule: str) -> Column:
    return F.struct(F.lit(segment).alias("segment"), F.lit(rule).alias("rule"))
