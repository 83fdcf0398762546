"""How far a session went: the four steps of the funnel, in order and at all."""

from itertools import pairwise

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

STEPS = ("view", "cart", "checkout", "purchase")
"""A product looked at, put into the cart, a checkout begun, a purchase above 0."""


def with_steps(events: DataFrame, *session: str) -> DataFrame:
    """Adds to the events of sessions (of `activity`) what `took` and `depth` are made of, in one walk through each.

    A step counts in order if one of the step before, in order itself, lies anywhere before it; equal times are ordered
    by event_id. Nothing is collected: a session may be as long as a robot makes it.

    Args:
        events: with their session.
        session: the columns that name it.
    """
    before = Window.partitionBy(*session).orderBy("timestamp", "event_id").rowsBetween(Window.unboundedPreceding, -1)
    stepped = events.withColumn("step", _step()).withColumn(_reached(STEPS[0]), _is(STEPS[0]))
    for one, other in pairwise(STEPS):
        there = F.coalesce(F.max(_reached(one)).over(before), F.lit(col=False))
        stepped = stepped.withColumn(_reached(other), _is(other) & there)
    return stepped


def took(step: str) -> Column:
    """Over a session's events: whether a step was taken at all."""
    return F.max(_is(step))


def depth() -> Column:
    """Over a session's events: how many steps were taken in order, 0 to 4."""
    reached = [F.when(F.col(_reached(step)), F.lit(number)) for number, step in enumerate(STEPS, start=1)]
    return F.max(F.coalesce(*reversed(reached), F.lit(0)))


def _is(step: str) -> Column:
    return F.col("step").eqNullSafe(F.lit(step))


def _reached(step: str) -> str:
    return f"reached_{step}"


def _step() -> Column:
    kind = F.col("kind")
    return (
        F.when((kind == "page_view") & F.col("product_id").isNotNull(), "view")
        .when(kind == "add_to_cart", "cart")
        .when(kind == "begin_checkout", "checkout")
        .when(F.col("is_purchase"), "purchase")
    )
