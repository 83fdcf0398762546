"""Which fields payloads have that no contract knows: a producer has changed before anybody was told."""

from functools import cache

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_contracts import events

from gold_batch.quality.homes import HOMES, home

MOST_FIELDS = 200
LONGEST_NAME = 64
TYPE = "array<struct<field:string,events:bigint>>"


def drift(bronze: DataFrame, counted_before: DataFrame) -> DataFrame:
    """Fields that no contract of the event's table knows.

    Args:
        bronze: rows of bronze.raw_events with their `day`.
        counted_before: day, home, schema_drift of the rows of the same days that are not among them.

    Returns:
        day, home, schema_drift: the most frequent fields with the number of events that have them.
    """
    keys = F.array_distinct(F.json_object_keys("raw_data"))
    told = bronze.select("day", home().alias("home"), F.explode(keys).alias("field"))
    foreign = told.where(~F.array_contains(_known(), F.col("field")))
    named = foreign.select(
        "day", "home", F.substring("field", 1, LONGEST_NAME).alias("field"), F.lit(1).alias("events")
    )
    before = counted_before.select("day", "home", F.inline("schema_drift"))
    counted = named.unionByName(before).groupBy("day", "home", "field").agg(F.sum("events").alias("events"))
    ordered = F.array_sort(F.collect_list(F.struct((-F.col("events")).alias("less"), "field")))
    found = counted.groupBy("day", "home").agg(F.slice(ordered, 1, MOST_FIELDS).alias("found"))
    fields = F.transform("found", lambda one: F.struct(one["field"].alias("field"), (-one["less"]).alias("events")))
    return found.select("day", "home", fields.cast(TYPE).alias("schema_drift"))


def _known() -> Column:
    """The fields that an event of the row's `home` may have; NULL, which nothing is foreign to, where nobody knows."""
    lists = {name: ", ".join(f"'{field}'" for field in known_fields(name)) for name in HOMES}
    pairs = (f"'{name}', array({fields})" for name, fields in lists.items())
    return F.expr(f"map({', '.join(pairs)})[home]")


@cache
def known_fields(table: str) -> tuple[str, ...]:
    """Every field that an event of the table may have, sorted."""
    return tuple(sorted({field for event_type in HOMES[table].event_types for field in events.fields(event_type)}))
