"""How far each session went: the four steps of the funnel, in order and at all, and what stayed in its cart."""

from collections.abc import Collection
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.days import only
from gold_batch.money import MONEY
from gold_batch.sessions import SESSION, session_events
from gold_batch.terms import Terms

STEPS = ("view", "cart", "checkout", "purchase")
"""A product looked at, put into the cart, a checkout begun, a purchase above 0."""


def session_steps(events: DataFrame, days: Collection[date], terms: Terms) -> DataFrame:
    """The sessions that began on the given days, with the steps they took.

    Args:
        events: `activity` of the days and their neighbours.
        days: the days asked for.
        terms: the gap between sessions.

    Returns:
        day; has_view, has_cart, has_checkout, has_purchase: whether the step was taken at all;
        depth: the steps that were taken in order, 0 to 4: each after the one before, other events in between or not;
        left_in_cart: put in less taken out, base currency, 0 or more; is_foreign: a cart event in another currency.
    """
    step = F.array_position(F.array(*map(F.lit, STEPS)), _step()).cast("int")
    of_session = session_events(events, terms).withColumn("step", step).groupBy(*SESSION)
    taken = F.array_sort(F.collect_list(F.when(F.col("step") > 0, F.struct("timestamp", "event_id", "step"))))
    is_cart = F.col("kind").isin("add_to_cart", "remove_from_cart")
    found = of_session.agg(
        F.min("day").alias("day"),
        taken.alias("taken"),
        F.greatest(F.coalesce(F.sum("cart_value"), F.lit(0)), F.lit(0)).cast(MONEY).alias("left_in_cart"),
        F.coalesce(F.max(is_cart & F.col("cart_value").isNull()), F.lit(col=False)).alias("is_foreign"),
    )
    return only(found, days).select(
        "day",
        *(_has(number).alias(f"has_{name}") for number, name in enumerate(STEPS, start=1)),
        _depth().alias("depth"),
        "left_in_cart",
        "is_foreign",
    )


def _step() -> Column:
    kind = F.col("kind")
    return (
        F.when((kind == "page_view") & F.col("product_id").isNotNull(), "view")
        .when(kind == "add_to_cart", "cart")
        .when(kind == "begin_checkout", "checkout")
        .when(F.col("is_purchase"), "purchase")
    )


def _has(number: int) -> Column:
    return F.exists("taken", lambda one: one["step"] == number)


def _depth() -> Column:
    """One pass over the steps in order; to take each as early as possible is what gets furthest."""
    return F.aggregate(
        "taken", F.lit(0), lambda reached, one: F.when(one["step"] == reached + 1, one["step"]).otherwise(reached)
    )
