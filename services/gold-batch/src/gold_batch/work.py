"""Turns a box of silver into the days of gold that it changed: the one place where gold reads tables."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from shoplake_contracts import tables
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.snapshots import require_stamp
from shoplake_spark_kit.upstream import Upstream, box_filter

from gold_batch.changed_days import affected_days, business_days, days_to_rebuild
from gold_batch.days import dated
from gold_batch.frames import CUSTOMER_DAYS, frames
from gold_batch.gold_tables import GOLD_TABLES
from gold_batch.settings import GoldConfig, Settings
from gold_batch.terms import Terms

SALES = "gold.daily_sales_summary"
SILVER_EVENTS = tuple(name for name, table in tables.load().items() if table.layer == "silver" and table.event_types)


class GoldWork:
    """Implements lake-kit's `Work`: (box, pending tables, attempt) → frames with the days they replace."""

    def __init__(self, spark: SparkSession, settings: Settings, config: GoldConfig, upstream: Upstream) -> None:
        self._spark = spark
        self._upstream = upstream
        self._group = settings.group
        self._lake = settings.lake
        self._base_currency = config.base_currency or settings.lake.base_currency

    def rebuilt(self, name: str, days: Collection[date], position: str) -> Frames[Output]:
        """The given days of a table, whether they have changed or not.

        Args:
            name: of a gold table.
            days: business days.
            position: the silver position that the rows will be said to be of, as JSON text.
        """
        table = next(table for table in GOLD_TABLES if table.name == name)
        return frames(self._inputs(), {table: table.periods(days)}, self._terms(position))

    def days_with_events(self, first: date, last: date) -> set[date]:
        """The business days from the first to the last one that silver has an event of."""
        terms, inputs = self._terms(""), self._inputs()
        span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        found = (_days(affected_days(dated(inputs[name], span, terms), terms)) for name in SILVER_EVENTS)
        return set[date]().union(*found)

    def known_days(self) -> set[date]:
        """The business days that gold has a summary of."""
        return _days(self._spark.table(f"iceberg.{SALES}").select("partition_date").distinct())

    def __call__(self, box: Box, pending: Sequence[str], attempt: str) -> Frames[Output]:  # noqa: ARG002 - rows do not depend on the attempt
        """Find the business days whose silver rows the box added or a revision changed, and compute them anew."""
        terms, inputs = self._terms(box.end.to_json()), self._inputs()
        silver = {name: inputs[name] for name in SILVER_EVENTS}
        added = {name: _days(affected_days(rows.where(box_filter(box)), terms)) for name, rows in silver.items()}
        known = self.known_days().union(*added.values())
        revised = self._upstream.revised_days(self._seen(pending[0]))
        changed = {name: days | business_days(revised[name], known, terms) for name, days in added.items()}
        lacking = [table for table in GOLD_TABLES if table.name in pending]
        asked = {table: table.periods(days_to_rebuild(changed, table.reach, known)) for table in lacking}
        return frames(inputs, asked, terms)

    def _inputs(self) -> dict[str, DataFrame]:
        return {name: self._spark.table(f"iceberg.{name}") for name in (*SILVER_EVENTS, CUSTOMER_DAYS)}

    def _seen(self, table: str) -> Mapping[str, str]:
        """The revision of each silver table that a gold table was computed from."""
        stamp = require_stamp(load_table(self._spark, table), table, self._group)
        return stamp.upstream if stamp else {}

    def _terms(self, position: str) -> Terms:
        return Terms(
            computed_at=datetime.now(UTC),
            as_of_position=position,
            business_timezone=self._lake.business_timezone,
            base_currency=self._base_currency,
        )


def _days(frame: DataFrame) -> set[date]:
    return {row[0] for row in frame.collect()}
