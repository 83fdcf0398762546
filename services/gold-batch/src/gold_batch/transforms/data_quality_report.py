"""gold.data_quality_report: how good the events of a day of arrival were, table by table."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.changed_days import ARRIVED, Reach
from gold_batch.days import only
from gold_batch.facts import FATES
from gold_batch.money import ratio
from gold_batch.quality import arrivals
from gold_batch.quality.arrivals import BRONZE, arrived, repeated
from gold_batch.quality.drift import TYPE as DRIFT
from gold_batch.quality.drift import drift
from gold_batch.quality.homes import HOMES
from gold_batch.quality.score import WEIGHTS, critical, dimensions, score, score_change
from gold_batch.quality.verdicts import action_of, dimension_of
from gold_batch.terms import Terms

NAME = "gold.data_quality_report"
DAYS_BEFORE = 7
INPUTS = (FATES, BRONZE, *HOMES, NAME)
REACH: Mapping[str, Reach] = {ARRIVED: Reach(after=DAYS_BEFORE)}
KEYS = ["day", "home"]
FAILURES = "array<struct<rule:string,dimension:string,action:string,events:bigint>>"


def transform(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """One row per day of arrival and table that anything arrived for.

    Args:
        inputs: the fates of these days or more; bronze and silver's tables; the report as it is published. Of a day
            that the published report has, bronze has only what is not counted in there.
        days: the business days of arrival asked for.
        terms: time zone, position, and the run's clock.
    """
    published = inputs[NAME].withColumnsRenamed({"partition_date": "day", "table_name": "home"})
    before = only(published, days)
    events = only(inputs[FATES], days).unionByName(_arrived_before(before), allowMissingColumns=True)
    parts = [
        _counted(events),
        _failures(events),
        _lateness(events),
        repeated(inputs, days, terms),
        drift(arrived(inputs[BRONZE], BRONZE, days, terms), before),
    ]
    known = _side_by_side(parts).withColumn("rule_failures", F.coalesce("rule_failures", F.array().cast(FAILURES)))
    scored = known.withColumns(_of_the_day()).withColumns(dimensions()).withColumn("critical_rules", critical())
    others = published.where(~F.col("day").isin(sorted(days))).select(*KEYS, "quality_score")
    whole = scored.withColumn("quality_score", score()).unionByName(others, allowMissingColumns=True)
    return only(whole.withColumn("score_change", score_change(DAYS_BEFORE)), days).select(*_columns(terms))


def _columns(terms: Terms) -> list[Column | str]:
    return [
        F.col("day").alias("partition_date"),
        F.col("home").alias("table_name"),
        "rows_bronze",
        "rows_silver",
        "rows_quarantined",
        "rows_restored",
        "rows_duplicate",
        "rows_late",
        F.coalesce("repeated", F.lit(0)).alias("suspected_duplicates"),
        ratio(F.col("waiting"), F.col("judged")).alias("quarantined_rate"),
        *WEIGHTS,
        "rule_failures",
        "critical_rules",
        "quality_score",
        "score_change",
        "lateness_p50_seconds",
        "lateness_p95_seconds",
        "lateness_p99_seconds",
        F.coalesce("schema_drift", F.array().cast(DRIFT)).alias("schema_drift"),
        F.lit(terms.computed_at).alias("computed_at"),
        F.lit(terms.as_of_position).alias("as_of_position"),
    ]


def _arrived_before(published: DataFrame) -> DataFrame:
    return published.select(*KEYS, F.lit(arrivals.ARRIVED).alias("fate"), F.col("rows_bronze").alias("events"))


def _counted(events: DataFrame) -> DataFrame:
    fate = F.col("fate")
    kept, waiting, restored = (fate == one for one in (arrivals.KEPT, arrivals.WAITING, arrivals.RESTORED))
    judged, late = kept | waiting, kept & F.col("is_late")
    broken = F.transform("names", dimension_of)
    bad = {name: judged & F.coalesce(F.array_contains(broken, name), F.lit(col=False)) for name in WEIGHTS}
    bad["timeliness"] = bad["timeliness"] | late
    return events.groupBy(*KEYS).agg(
        _events(fate == arrivals.ARRIVED).alias("rows_bronze"),
        _events(kept).alias("rows_silver"),
        _events(waiting | restored).alias("rows_quarantined"),
        _events(restored).alias("rows_restored"),
        _events(fate == arrivals.COPY).alias("rows_duplicate"),
        _events(late).alias("rows_late"),
        _events(waiting).alias("waiting"),
        _events(judged).alias("judged"),
        *(_events(condition).alias(f"bad_{name}") for name, condition in bad.items()),
    )


def _of_the_day() -> dict[str, Column]:
    day = Window.partitionBy("day")
    told = F.col("judged") + F.col("rows_duplicate")
    return {"day_bronze": F.sum("rows_bronze").over(day), "day_told": F.sum(told).over(day)}


def _side_by_side(parts: Sequence[DataFrame]) -> DataFrame:
    """One row per key with the columns of all parts, each of which has a key once at most: a shuffle, and no joins."""
    whole = reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), parts)
    return whole.groupBy(*KEYS).agg(*(F.max(name).alias(name) for name in whole.columns if name not in KEYS))


def _events(when: Column) -> Column:
    return F.coalesce(F.sum(F.when(when, F.col("events"))), F.lit(0))


def _failures(events: DataFrame) -> DataFrame:
    judged = events.where(F.col("fate").isin(arrivals.KEPT, arrivals.WAITING))
    broken = judged.select(*KEYS, F.explode("names").alias("rule"), "events")
    counted = broken.groupBy(*KEYS, "rule").agg(F.sum("events").alias("events"))
    dimension, action = dimension_of(F.col("rule")).alias("dimension"), action_of(F.col("rule")).alias("action")
    told = counted.select(*KEYS, F.struct("rule", dimension, action, "events").alias("failure"))
    return told.groupBy(*KEYS).agg(F.array_sort(F.collect_list("failure")).alias("rule_failures"))


def _lateness(events: DataFrame) -> DataFrame:
    """Percentiles that are some row's lateness, shortened, not one between two rows: whole seconds stay whole."""
    kept = (
        events.where(F.col("fate") == arrivals.KEPT).groupBy(*KEYS, "lateness_seconds").agg(F.sum("events").alias("n"))
    )
    whole = Window.partitionBy(*KEYS)
    upto = whole.orderBy("lateness_seconds").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    ranked = kept.withColumns({"upto": F.sum("n").over(upto), "whole": F.sum("n").over(whole)})
    reached = {percent: F.col("upto") * 100 >= F.col("whole") * percent for percent in (50, 95, 99)}
    return ranked.groupBy(*KEYS).agg(
        *(
            F.min(F.when(enough, F.col("lateness_seconds"))).alias(f"lateness_p{percent}_seconds")
            for percent, enough in reached.items()
        )
    )
