"""Filters by whole UTC days, as ranges: Iceberg prunes partitions and files by a range, not by a list."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import pairwise

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows


def on_days(column: str, days: Iterable[date]) -> Column:
    """Rows of these UTC days, as ranges that Iceberg prunes partitions by."""
    in_runs = (F.col(column).between(*map(F.lit, bounds(run))) for run in runs(sorted(days)))
    nothing = F.lit(False)  # noqa: FBT003 - Spark's literal takes its value by position
    return reduce(lambda one, other: one | other, in_runs, nothing)


def runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Sorted days as (first, last) of each run of consecutive days."""
    if not days:
        return []
    breaks = [index for index, (one, other) in enumerate(pairwise(days), 1) if other - one > timedelta(days=1)]
    starts, ends = [0, *breaks], [*breaks, len(days)]
    return [(days[start], days[end - 1]) for start, end in zip(starts, ends, strict=True)]


def bounds(run: tuple[date, date]) -> tuple[datetime, datetime]:
    """The first and the last microsecond of a run of days."""
    first, last = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in run)
    return first, last + timedelta(days=1, microseconds=-1)
