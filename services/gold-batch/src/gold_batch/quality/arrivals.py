"""What arrived on a day and what became of it: one narrow row per event and fate, from all tables that tell."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import reduce
from itertools import chain

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_lake_kit.topic_life import split_life
from shoplake_lake_kit.vector import Position

from gold_batch.days import business_day, dated
from gold_batch.quality.homes import HOMES, home
from gold_batch.terms import Terms

BRONZE, QUARANTINE, OUTCOMES = "bronze.raw_events", "silver.quarantine", "silver.quarantine_outcomes"
DUPLICATES = "ops.duplicates"
TABLES = (BRONZE, QUARANTINE, OUTCOMES, DUPLICATES, *HOMES)
ARRIVED, KEPT, WAITING, RESTORED, COPY = "arrived", "kept", "waiting", "restored", "copy"
"""Fates. Every event has arrived, and is kept, waiting or a copy; a restored one is kept or a copy as well."""
ADDRESS = ("topic", "epoch", "partition", "offset")
DIGITS = 3
"""Of a lateness that are kept: history that is sent in later is late by a million different numbers of seconds."""


def fates(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """The events of the given days of arrival, up to the position of the terms, counted by what became of them.

    Returns:
        day; home: the table that the events belong to; fate; names: of the rules that they break; of kept ones
        is_late and lateness_seconds, as `shortened`; events: their number.
    """
    came, copies, quarantined = (arrived(inputs[name], name, days, terms) for name in (BRONZE, DUPLICATES, QUARANTINE))
    parts = [
        _narrow(came, ARRIVED, home()),
        _narrow(copies, COPY, F.col("table")),
        _quarantined(quarantined, inputs[OUTCOMES]),
        *(_kept(arrived(inputs[name], name, days, terms), name, terms) for name in HOMES),
    ]
    # Few rows from here on: most events break nothing, and of every table they are late by some thousand numbers.
    whole = reduce(DataFrame.unionByName, parts)
    return whole.groupBy(*whole.columns).agg(F.count(F.lit(1)).alias("events"))


def repeated(inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """Rows that say exactly what another row of their day of arrival says, under another id: day, home, repeated."""
    parts = [_repeated(arrived(inputs[name], name, days, terms), name) for name in HOMES]
    return reduce(DataFrame.unionByName, parts)


def arrived(frame: DataFrame, name: str, days: Collection[date], terms: Terms) -> DataFrame:
    """The rows of a table that arrived on the given days, up to the position of the terms, with their `day`."""
    told = frame.where(covered(terms)) if terms.as_of_position else frame
    return dated(with_arrival(told, name), days, terms, clock="ingested_at")


def uncounted(
    bronze: DataFrame, of_box: DataFrame, days: Collection[date], reported: Collection[date], terms: Terms
) -> DataFrame:
    """The records that a report has not counted yet: of days that it has those of the box, all of other days.

    Bronze has many small files until an hour is closed, and only gains rows: they are read once, not at every refresh.

    Args:
        bronze: all of bronze.raw_events.
        of_box: its rows in the box that follows what the report has counted.
        days: the days of arrival asked for.
        reported: the days that the report has.
        terms: time zone.
    """
    new = dated(bronze, set(days) - set(reported), terms, clock="processing_time").drop("day")
    return of_box.where(business_day(terms, "processing_time").isin(sorted(reported))).unionByName(new)


def with_arrival(frame: DataFrame, name: str) -> DataFrame:
    """The rows of a table with bronze's clock as `ingested_at`."""
    if name == BRONZE:
        return frame.withColumnRenamed("processing_time", "ingested_at")
    if name == DUPLICATES:
        # Copies of before they told when they arrived: silver saw them soon afterwards.
        return frame.withColumn("ingested_at", F.coalesce("ingested_at", "seen_at"))
    return frame


def covered(terms: Terms) -> Column:
    """Whether a row's address lies before the position: silver's tables are not published in one instant."""
    ends = []
    for life, row in Position.parse(terms.as_of_position).items():
        topic, epoch = split_life(life)
        ends.append(
            f"WHEN topic = '{topic}' AND epoch = {epoch} THEN get(array({', '.join(map(str, row))}), partition)"
        )
    return F.expr(f"offset < CASE {' '.join(ends)} END") if ends else F.lit(col=False)


def shortened(seconds: Column) -> Column:
    """Whole seconds, not negative, with `DIGITS` digits and zeros: 12,345 becomes 12,300, and 345 stays."""
    unit = F.pow(F.lit(10), F.greatest(F.length(seconds.cast("string")) - DIGITS, F.lit(0))).cast("bigint")
    return seconds - seconds % unit


def _kept(rows: DataFrame, name: str, terms: Terms) -> DataFrame:
    late = F.col("lateness_seconds")
    told = {"is_late": late >= terms.late_after_seconds, "lateness_seconds": shortened(late)}
    return _narrow(rows, KEPT, F.lit(name), names=F.col("quality_flags"), **told)


def _repeated(rows: DataFrame, name: str) -> DataFrame:
    said = [column.name for column in HOMES[name].columns if column.source and column.name != "event_id"]
    # A NULL leaves a hash as it is: without the places in between, a value in the next column would look the same.
    content = F.xxhash64(*chain.from_iterable((F.col(one), F.lit(place)) for place, one in enumerate(said)))
    alike = rows.groupBy("day", content.alias("content")).agg((F.count(F.lit(1)) - 1).alias("others"))
    return alike.groupBy("day").agg(F.sum("others").alias("repeated")).withColumn("home", F.lit(name))


def _quarantined(rows: DataFrame, outcomes: DataFrame) -> DataFrame:
    newest = outcomes.groupBy(*ADDRESS).agg(F.max_by("outcome", F.struct("at", "run_id")).alias("outcome"))
    told = rows.join(newest, list(ADDRESS), "left")
    fate = F.when(F.col("outcome") == "replayed", RESTORED).otherwise(WAITING)
    names = F.array_distinct(F.transform("errors", lambda error: error["rule"]))
    return _narrow(told, fate, home(), names=names)


def _narrow(rows: DataFrame, fate: Column | str, home: Column, **known: Column) -> DataFrame:
    types = {"names": "array<string>", "is_late": "boolean", "lateness_seconds": "bigint"}
    return rows.select(
        "day",
        home.alias("home"),
        (F.lit(fate) if isinstance(fate, str) else fate).alias("fate"),
        *(known.get(name, F.lit(None)).cast(type_).alias(name) for name, type_ in types.items()),
    )
