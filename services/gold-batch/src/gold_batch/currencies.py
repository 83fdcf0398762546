"""The other currencies of a day: named and counted, never added up."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows


def other_currencies(orders: DataFrame, refunds: DataFrame, keys: Sequence[str]) -> DataFrame:
    """Per key the sorted codes of the currencies, other than the base, that orders and refunds came in."""
    both = orders.select(*keys, "currency", "is_base").unionByName(refunds.select(*keys, "currency", "is_base"))
    foreign = both.where(~F.col("is_base"))
    return foreign.groupBy(*keys).agg(F.array_sort(F.collect_set("currency")).alias("other_currencies"))


def named(codes: str = "other_currencies") -> Column:
    """The codes, or the empty array where a key has no other currency."""
    return F.coalesce(codes, F.array().cast("array<string>")).alias(codes)
