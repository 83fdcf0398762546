"""What the last reported stock of a product is worth at the pace it sells."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.money import ratio
from gold_batch.trailing import DAYS

RATE = "decimal(18,6)"
LOW_STOCK_DAYS = 7


def stocked(products: DataFrame) -> DataFrame:
    """Adds the stock figures; where no stock was reported they are NULL and `stock_status` says `unknown`.

    sales_velocity_28d = units of 28 days ÷ 28; sell_through_rate = those units ÷ (those units + ending units);
    days_of_supply = ending units ÷ velocity, NULL while nothing sells.
    """
    ending, units = F.greatest(F.col("inventory"), F.lit(0)), F.col("units_28d")
    supply = F.col("days_of_supply")
    status = (
        F.when(F.col("ending_units").isNull(), "unknown")
        .when(F.col("ending_units") == 0, "out_of_stock")
        .when(supply < LOW_STOCK_DAYS, "low_stock")
        .otherwise("in_stock")
    )
    return (
        products.withColumn("ending_units", F.when(F.col("inventory").isNotNull(), ending))
        .withColumn("sales_velocity_28d", ratio(units, F.lit(DAYS), RATE))
        .withColumn("sell_through_rate", ratio(units, units + F.col("ending_units")))
        .withColumn("days_of_supply", ratio(F.col("ending_units") * DAYS, units, RATE))
        .withColumn("stock_status", status)
    )
