"""The dimensions of quality from counts, and one score from the dimensions: exact, so that every engine agrees."""

from collections.abc import Mapping
from decimal import Decimal

from pyspark.sql import Column, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.money import WHOLE, ratio

WEIGHTS: Mapping[str, Decimal] = {
    "completeness": Decimal("0.20"),
    "validity": Decimal("0.20"),
    "consistency": Decimal("0.15"),
    "timeliness": Decimal("0.10"),
    "uniqueness": Decimal("0.15"),
    "accuracy": Decimal("0.20"),
}
"""Of the mean; together 1. What decides whether figures can be trusted at all weighs most."""
ACCOUNTED = "accounted"
CRITICAL_PERCENT = 5
MOST_WHILE_CRITICAL = 50
SCORE = "decimal(5,2)"


def dimensions() -> dict[str, Column]:
    """Each dimension of a row with `judged`, `rows_duplicate`, the `bad_…` counts, and the `day_…` totals."""
    judged, copies = F.col("judged"), F.col("rows_duplicate")
    found = {name: ratio(judged - F.col(f"bad_{name}"), judged) for name in WEIGHTS if name != "accuracy"}
    whole = judged + copies
    found["uniqueness"] = ratio(whole - copies - F.col("bad_uniqueness"), whole)
    came, told = F.col("day_bronze"), F.col("day_told")
    found["accuracy"] = ratio(F.least(came, told), F.greatest(came, told))
    return found


def critical() -> Column:
    """What of a row with `rule_failures`, `judged` and `accuracy` makes its score a failing one."""

    def is_critical(rule: Column) -> Column:
        return (rule["action"] == "quarantine") & (rule["events"] * 100 > F.col("judged") * CRITICAL_PERCENT)

    broken = F.filter("rule_failures", is_critical)
    lost = F.when(F.col("accuracy") < 1, F.array(F.lit(ACCOUNTED))).otherwise(F.array().cast("array<string>"))
    return F.array_sort(F.concat(F.transform(broken, lambda rule: rule["rule"]), lost))


def score() -> Column:
    """The score of a row with its dimensions and `critical_rules`."""
    parts = (F.coalesce(F.col(name), F.lit(1)).cast("decimal(9,6)") * F.lit(weight) for name, weight in WEIGHTS.items())
    mean = F.round(sum(parts, F.lit(Decimal(0))) * 100, 2).cast(SCORE)
    return F.when(F.size("critical_rules") > 0, F.least(mean, F.lit(MOST_WHILE_CRITICAL).cast(SCORE))).otherwise(mean)


def score_change(days_before: int) -> Column:
    """The excess of a row's `quality_score` over the mean of its `home` on so many days before; NULL without any."""
    number_of_day = F.datediff(F.col("day"), F.lit("1970-01-01").cast("date"))
    before = Window.partitionBy("home").orderBy(number_of_day).rangeBetween(-days_before, -1)
    together, times = F.sum("quality_score").over(before), F.count("quality_score").over(before)
    excess = (F.col("quality_score") * times - together).cast("decimal(28,2)")
    return F.round(excess / F.nullif(times, F.lit(0)).cast(WHOLE), 2).cast(SCORE)
