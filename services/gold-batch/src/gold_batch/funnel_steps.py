"""How far a session went: the four steps of the funnel, in order and at all."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

STEPS = ("view", "cart", "checkout", "purchase")
"""A product looked at, put into the cart, a checkout begun, a purchase above 0."""


def steps_taken() -> Column:
    """Over the events of a session (of `activity`): its steps in order, equal times by event_id."""
    number = F.array_position(F.array(*map(F.lit, STEPS)), _step()).cast("int")
    taken = F.when(number > 0, F.struct("timestamp", "event_id", number.alias("step")))
    return F.array_sort(F.collect_list(taken))


def took(taken: Column, step: str) -> Column:
    """Whether a step is among those of `steps_taken`."""
    number = STEPS.index(step) + 1
    return F.exists(taken, lambda one: one["step"] == number)


def depth(taken: Column) -> Column:
    """How many steps were taken in order, 0 to 4: each after the one before, other events in between or not.

    One pass is enough: to take each step as early as possible is what gets furthest.
    """
    return F.aggregate(
        taken, F.lit(0), lambda reached, one: F.when(one["step"] == reached + 1, one["step"]).otherwise(reached)
    )


def _step() -> Column:
    kind = F.col("kind")
    return (
        F.when((kind == "page_view") & F.col("product_id").isNotNull(), "view")
        .when(kind == "add_to_cart", "cart")
        .when(kind == "begin_checkout", "checkout")
        .when(F.col("is_purchase"), "purchase")
    )
