"""Tables with a row per month: such a month is kept under its first day."""

from calendar import monthrange
from collections.abc import Collection
from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def days_of(months: Collection[date]) -> list[date]:
    """Every day of the months that the given days lie in."""
    firsts = sorted({month_of(day) for day in months})
    return [
        first.replace(day=number) for first in firsts for number in range(1, monthrange(first.year, first.month)[1] + 1)
    ]


def month(day: str) -> Column:
    """The first day of the month of a date column."""
    return F.trunc(day, "month")
