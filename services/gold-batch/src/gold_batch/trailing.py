"""Windows of 28 days: each fact is carried to every requested day that it still counts on."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

DAYS = 28
HALF_LIFE_DAYS = 7
WEIGHT = "decimal(10,9)"


def carried(facts: DataFrame, days: Collection[date]) -> DataFrame:
    """One row per fact and requested day on which it is less than 28 days old; `day` is that day, `age` its days."""
    asked = F.array(*(F.lit(day) for day in sorted(days)))
    own = F.col("day")
    living = F.filter(asked, lambda day: (day >= own) & (day < F.date_add(own, DAYS)))
    spread = facts.select("*", F.explode(living).alias("to"))
    return spread.withColumn("age", F.datediff("to", "day")).drop("day").withColumnRenamed("to", "day")


def weight() -> Column:
    """What a unit counts for by its `age`: half as much every 7 days, as constants of nine decimals."""
    constants = [
        F.lit((Decimal(2) ** (Decimal(-age) / HALF_LIFE_DAYS)).quantize(Decimal("1e-9"))).cast(WEIGHT)
        for age in range(DAYS)
    ]
    return F.element_at(F.array(*constants), F.col("age") + 1)


def demand(sales: DataFrame, days: Collection[date]) -> DataFrame:
    """Per product and requested day: units and revenue of the 28 days that end with it, units also by half-life."""
    units = F.col("units_sold") + F.col("other_currency_units")
    return (
        carried(sales, days)
        .groupBy("product_id", "day")
        .agg(
            F.sum(units).alias("units_28d"),
            F.sum("revenue").cast("decimal(28,4)").alias("revenue_28d"),
            F.round(F.sum(units.cast("decimal(20,0)") * weight()), 6)
            .cast("decimal(28,6)")
            .alias("units_28d_half_life"),
        )
    )
