"""gold.daily_funnel: how many of a day's sessions went from looking to buying, step by step."""

from collections.abc import Collection, Mapping
from datetime import date
from itertools import pairwise

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.activity import TABLES
from gold_batch.changed_days import Reach
from gold_batch.days import only
from gold_batch.facts import SESSIONS
from gold_batch.funnel_steps import STEPS
from gold_batch.money import number, ratio
from gold_batch.terms import Terms

INPUTS = (SESSIONS,)
REACH: Mapping[str, Reach] = dict.fromkeys(TABLES, Reach(before=1, after=1))


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per day on which a session began.

    Args:
        inputs: the sessions of these days or more.
        days: the business days asked for.
        terms: the run's clock.
    """
    counted = (
        only(inputs[SESSIONS], days)
        .groupBy("day")
        .agg(
            F.count(F.lit(1)).alias("sessions"),
            *(number(F.col("depth") >= deep).alias(f"{name}_sessions") for deep, name in enumerate(STEPS, start=1)),
            *(number(F.col(f"has_{name}")).alias(f"any_{name}_sessions") for name in STEPS),
            number(F.col("has_purchase") & ~F.col("has_cart")).alias("purchases_without_cart"),
        )
    )
    return counted.select(
        F.col("day").alias("partition_date"),
        "sessions",
        *(f"{name}_sessions" for name in STEPS),
        *(_rate(one, other) for one, other in pairwise(STEPS)),
        _rate(STEPS[0], STEPS[-1]),
        *(f"any_{name}_sessions" for name in STEPS),
        "purchases_without_cart",
        F.lit(terms.computed_at).alias("computed_at"),
        F.lit(terms.as_of_position).alias("as_of_position"),
    )


def _rate(one: str, other: str) -> Column:
    return ratio(F.col(f"{other}_sessions"), F.col(f"{one}_sessions")).alias(f"{one}_to_{other}_rate")
