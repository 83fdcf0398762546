"""Business days: which one an event belongs to, and which span of silver the given days need."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.terms import Terms

ONE_DAY = timedelta(days=1)


def business_day(terms: Terms, clock: str = "timestamp") -> Column:
    """The date of a clock in the business time zone; right in a session whose own zone is UTC."""
    return F.to_date(F.from_utc_timestamp(F.col(clock), terms.business_timezone))


def dated(
    frame: DataFrame, days: Collection[date], terms: Terms, *, before: int = 0, after: int = 0, clock: str = "timestamp"
) -> DataFrame:
    """The rows of the given days, and of so many days before and after each, with their `day`.

    The filter is on the clock's column alone, so that Iceberg reads the files of these days and no others.
    """
    inside = [_within(first, last, terms, clock) for first, last in spans(days, before=before, after=after)]
    return frame.where(reduce(Column.__or__, inside, F.lit(col=False))).withColumn("day", business_day(terms, clock))


def only(frame: DataFrame, days: Collection[date]) -> DataFrame:
    """The rows whose `day` is one of the given days."""
    return frame.where(F.col("day").isin(sorted(days)))


def kept_under(days: Collection[date]) -> Column:
    """Whether a gold row is one of the given days', in spans: Iceberg gives up on lists of more than 200 values."""
    day = F.col("partition_date")
    inside = [day.between(F.lit(first), F.lit(last)) for first, last in spans(days)]
    return reduce(Column.__or__, inside, F.lit(col=False))


def spans(days: Collection[date], *, before: int = 0, after: int = 0) -> list[tuple[date, date]]:
    """The given days, widened on both sides and merged to spans of first and last day."""
    merged: list[tuple[date, date]] = []
    for day in sorted(days):
        first, last = day - before * ONE_DAY, day + after * ONE_DAY
        if merged and first <= merged[-1][1] + ONE_DAY:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def start_of(day: date, timezone: str) -> datetime:
    """The instant at which a business day begins."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def _within(first: date, last: date, terms: Terms, clock: str) -> Column:
    start, end = start_of(first, terms.business_timezone), start_of(last + ONE_DAY, terms.business_timezone)
    return (F.col(clock) >= F.lit(start)) & (F.col(clock) < F.lit(end))
