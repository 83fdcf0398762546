"""Turns a box of silver into the days of gold that it changed: the one place where gold reads tables."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pyspark.sql import DataFrame, SparkSession
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.vector import Position
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.snapshots import require_stamp
from shoplake_spark_kit.upstream import SharedUpstream, Upstream

from gold_batch import affected
from gold_batch.changed_days import days_to_rebuild
from gold_batch.days import kept_under
from gold_batch.frames import BASES, Asked, frames
from gold_batch.gold_tables import GOLD_TABLES
from gold_batch.quality.arrivals import BRONZE, TABLES, uncounted
from gold_batch.quality.homes import HOMES
from gold_batch.settings import GoldConfig, Settings
from gold_batch.terms import Terms
from gold_batch.transforms.daily_customer_analytics import NAME as CUSTOMERS
from gold_batch.transforms.data_quality_report import NAME as REPORT

SALES = "gold.daily_sales_summary"


class GoldWork:
    """Implements lake-kit's `Work`: (box, pending tables, attempt) → frames with the days they replace.

    Args:
        spark: The service's session.
        settings: The service's.
        config: As it is now.
        upstream: Silver.
        computing: Told of every run: the number of days of each table.
    """

    def __init__(
        self,
        spark: SparkSession,
        settings: Settings,
        config: GoldConfig,
        upstream: Upstream,
        computing: Callable[[Mapping[str, int]], None] = lambda _: None,
    ) -> None:
        self._spark = spark
        self._computing = computing
        self._upstream = upstream
        self._bronze = SharedUpstream(spark, [BRONZE], settings.lake.bronze_groups)
        self._group = settings.group
        self._lake = settings.lake
        self._base_currency = config.base_currency or settings.lake.base_currency

    def rebuilt(self, name: str, days: Collection[date], position: str) -> Frames[Output]:
        """The given days of a table, whether they have changed or not.

        Args:
            name: of a gold table.
            days: business days; of a table by day of arrival also the days in between that it has.
            position: the silver position that the rows will be said to be of, as JSON text.
        """
        table, inputs = next(table for table in GOLD_TABLES if table.name == name), self._inputs()
        if table.is_by_arrival and days:
            days = {*days, *(day for day in self._days_of(name) if min(days) <= day <= max(days))}
            # Counted anew, not on top of what was counted before.
            inputs[name] = inputs[name].where(~kept_under(days))
        return self._frames(inputs, {table: table.periods(days)}, self._terms(Position.parse(position)))

    def days_with_events(self, first: date, last: date) -> set[date]:
        """The business days from the first to the last one that silver has an event of."""
        span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return affected.with_events(self._inputs(), span, self._terms(Position()))

    def known_days(self) -> set[date]:
        """The business days that gold has a summary of."""
        return self._days_of(SALES)

    def __call__(self, box: Box, pending: Sequence[str], attempt: str) -> Frames[Output]:  # noqa: ARG002 - rows do not depend on the attempt
        """Find the business days whose silver rows the box added or a revision changed, and compute them anew."""
        terms, inputs = self._terms(box.end), self._inputs()
        added = affected.added(inputs, box, self._upstream.touched(box), terms)
        known = self.known_days().union(*(added[name] for name in HOMES))
        seen = self._upstream.revised_days(self._seen(pending[0]))
        revised = affected.revised(inputs, seen, known, terms)
        changed = {name: days | revised.get(name, set()) for name, days in added.items()}
        reported = self._days_of(REPORT)
        asked = {
            table: table.periods(days_to_rebuild(changed, table.reach, reported if table.is_by_arrival else known))
            for table in GOLD_TABLES
            if table.name in pending
        }
        arrived = {day for table, days in asked.items() if table.is_by_arrival for day in days}
        of_box = inputs[BRONZE].where(self._bronze.rows(box))
        inputs[BRONZE] = uncounted(inputs[BRONZE], of_box, arrived, reported, terms)
        return self._frames(inputs, asked, terms)

    def _frames(self, inputs: Mapping[str, DataFrame], asked: Asked, terms: Terms) -> Frames[Output]:
        self._computing({table.name: len(days) for table, days in asked.items()})
        snapshots = next((days for table, days in asked.items() if table.name == CUSTOMERS), ())
        return frames(inputs, asked, replace(terms, eve=self._eve(snapshots)))

    def _eve(self, days: Collection[date]) -> date | None:
        """The newest day before the given ones that the snapshot of the customers can be built on."""
        return max((day for day in self._days_of(CUSTOMERS) if day < min(days)), default=None) if days else None

    def _inputs(self) -> dict[str, DataFrame]:
        return {name: self._spark.table(f"iceberg.{name}") for name in (*TABLES, *BASES, REPORT)}

    def _seen(self, table: str) -> Mapping[str, str]:
        """The revision of each silver table that a gold table was computed from."""
        stamp = require_stamp(load_table(self._spark, table), table, self._group)
        return stamp.upstream if stamp else {}

    def _terms(self, position: Position) -> Terms:
        proved = self._upstream.complete_until(position)
        zone = self._lake.business_timezone
        return Terms(
            computed_at=datetime.now(UTC),
            as_of_position=position.to_json(),
            business_timezone=zone,
            base_currency=self._base_currency,
            complete_before=proved.astimezone(ZoneInfo(zone)).date() if proved else None,
        )

    def _days_of(self, table: str) -> set[date]:
        """The days that a gold table has rows of, as its manifests tell: no file is opened."""
        partitions = self._spark.table(f"iceberg.{table}.partitions").select("partition.partition_date")
        return {row[0] for row in partitions.collect()}
