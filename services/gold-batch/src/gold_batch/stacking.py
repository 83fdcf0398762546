"""Puts figures of one key from several sources side by side without a chain of outer joins."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows


def stacked(parts: Sequence[DataFrame], keys: Sequence[str]) -> DataFrame:
    """One row per key with every part's figures, added up; a figure that no part has for the key is 0.

    Each part has the keys and its own additive figures; types are those of the first part that names the figure.
    """
    types = {name: type_ for part in reversed(parts) for name, type_ in part.dtypes if name not in keys}
    whole = reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), parts)
    sums = [F.coalesce(F.sum(name), F.lit(0)).cast(type_).alias(name) for name, type_ in types.items()]
    return whole.groupBy(*keys).agg(*sums)
