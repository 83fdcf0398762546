"""gold.cart_abandonment: what was put into carts on a day and not bought in the same session."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.activity import TABLES
from gold_batch.changed_days import Reach
from gold_batch.days import only
from gold_batch.facts import SESSIONS
from gold_batch.money import average, number, ratio, total
from gold_batch.terms import Terms

INPUTS = (SESSIONS,)
REACH: Mapping[str, Reach] = dict.fromkeys(TABLES, Reach(before=1, after=1))


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per day on which a session with a cart or a checkout began.

    Args:
        inputs: the sessions of these days or more.
        days: the business days asked for.
        terms: base currency and the run's clock.
    """
    found = only(inputs[SESSIONS], days).where("has_cart OR has_checkout")
    abandoned = F.col("has_cart") & ~F.col("has_purchase")
    counted = found.groupBy("day").agg(
        number(F.col("has_cart")).alias("cart_sessions"),
        number(abandoned).alias("abandoned_carts"),
        number(F.col("has_checkout")).alias("checkout_sessions"),
        number(F.col("has_checkout") & ~F.col("has_purchase")).alias("abandoned_checkouts"),
        total(F.col("left_in_cart"), abandoned).alias("abandoned_value"),
        number(abandoned & F.col("has_foreign_cart")).alias("other_currency_abandoned_carts"),
    )
    return counted.select(
        F.col("day").alias("partition_date"),
        "cart_sessions",
        "abandoned_carts",
        ratio(F.col("abandoned_carts"), F.col("cart_sessions")).alias("abandonment_rate"),
        "checkout_sessions",
        "abandoned_checkouts",
        ratio(F.col("abandoned_checkouts"), F.col("checkout_sessions")).alias("checkout_abandonment_rate"),
        "abandoned_value",
        average(F.col("abandoned_value"), F.col("abandoned_carts")).alias("avg_abandoned_value"),
        F.lit(terms.base_currency).alias("currency"),
        "other_currency_abandoned_carts",
        F.lit(terms.computed_at).alias("computed_at"),
        F.lit(terms.as_of_position).alias("as_of_position"),
    )
