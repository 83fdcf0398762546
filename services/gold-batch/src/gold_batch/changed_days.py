"""Which gold days have to be computed again when silver days have changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.days import business_day
from gold_batch.terms import Terms

ARRIVED = "arrived"
"""Stands among the silver tables for any of them, its days being those of arrival."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a silver row of one day carries into a gold table.

    Attributes:
        before: so many days before its own.
        after: so many days after its own; None = every later day.
    """

    before: int = 0
    after: int | None = 0

    def touches(self, changed: date, day: date) -> bool:
        """Whether a row dated `changed` can alter the gold rows of `day`."""
        if day < changed - timedelta(days=self.before):
            return False
        return self.after is None or day <= changed + timedelta(days=self.after)


def affected_days(rows: DataFrame, table: str, terms: Terms) -> DataFrame:
    """The distinct days of some rows of a silver table: `table`, `day` of the event and `arrived`.

    Args:
        rows: with `ingested_at`; a `timestamp` is not in all of them, and `day` is NULL then.
        table: their name.
        terms: time zone.
    """
    day = business_day(terms) if "timestamp" in rows.columns else F.lit(None).cast("date")
    arrived = business_day(terms, "ingested_at")
    return rows.select(F.lit(table).alias("table"), day.alias("day"), arrived.alias(ARRIVED)).distinct()


def business_days(revised: Collection[date] | None, known: Collection[date], terms: Terms) -> set[date]:
    """The business days that revised event days (UTC) may touch; every known day when nobody knows which."""
    if revised is None:
        return set(known)
    beside = (0,) if terms.business_timezone == "UTC" else (-1, 0, 1)
    return {day + timedelta(days=number) for day in revised for number in beside}


def days_to_rebuild(
    changed: Mapping[str, Collection[date]],
    reach: Mapping[str, Reach],
    days_with_events: Collection[date],
) -> tuple[date, ...]:
    """The days of a gold table to overwrite, in order.

    Args:
        changed: silver table → the business days whose rows changed.
        reach: silver table → how far its rows carry into the gold table; a table that is not named does not.
        days_with_events: every business day that has silver rows: a day without any has no gold to mend.

    Returns:
        The changed days themselves (a day may have lost its last event), and those within reach that have events.
    """
    heard = {table: days for table, days in changed.items() if table in reach}
    own = {day for days in heard.values() for day in days}
    reached = {
        day
        for day in days_with_events
        if any(reach[table].touches(one, day) for table, days in heard.items() for one in days)
    }
    return tuple(sorted(own | reached))
