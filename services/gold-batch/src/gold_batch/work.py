"""Turns a box of silver into the days of gold that it changed: the one place where gold reads tables."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from shoplake_contracts import tables
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.planning import side_by_side
from shoplake_spark_kit.snapshots import require_stamp
from shoplake_spark_kit.upstream import Upstream, box_filter

from gold_batch.changed_days import affected_days, business_days, days_to_rebuild
from gold_batch.gold_tables import GOLD_TABLES, GoldTable
from gold_batch.settings import GoldConfig, Settings
from gold_batch.terms import Terms
from gold_batch.transforms.customer_days import history

CUSTOMER_DAYS = "gold.customer_days"
SALES = "gold.daily_sales_summary"
SILVER_EVENTS = tuple(name for name, table in tables.load().items() if table.layer == "silver" and table.event_types)
# Above this many days a task must not keep a file open for each.
FEW_DAYS = 16


class GoldWork:
    """Implements lake-kit's `Work`: (box, pending tables, attempt) → frames with the days they replace."""

    def __init__(self, spark: SparkSession, settings: Settings, config: GoldConfig, upstream: Upstream) -> None:
        self._spark = spark
        self._upstream = upstream
        self._group = settings.group
        self._lake = settings.lake
        self._base_currency = config.base_currency or settings.lake.base_currency

    def rebuilt(self, name: str, first: date, last: date, position: str) -> Output:
        """Every day of a table from the first to the last one, whether it has changed or not.

        Args:
            name: of a gold table.
            first: business day.
            last: business day, not before the first.
            position: the silver position that the rows will be said to be of, as JSON text.
        """
        table = next(table for table in GOLD_TABLES if table.name == name)
        inputs = {one: self._table(one) for one in table.inputs}
        days = tuple(
            sorted({table.period(first + timedelta(days=number)) for number in range((last - first).days + 1)})
        )
        return _output(table, inputs, days, self._terms(position))

    def known_days(self) -> set[date]:
        """The business days that gold has a summary of."""
        return _days(self._table(SALES).select("partition_date").distinct())

    def __call__(self, box: Box, pending: Sequence[str], attempt: str) -> Frames[Output]:  # noqa: ARG002 - rows do not depend on the attempt
        """Find the business days whose silver rows the box added or a revision changed, and compute them anew."""
        terms = self._terms(box.end.to_json())
        inputs = {name: self._table(name) for name in SILVER_EVENTS}
        added = {name: _days(affected_days(rows.where(box_filter(box)), terms)) for name, rows in inputs.items()}
        known = self.known_days().union(*added.values())
        revised = self._upstream.revised_days(self._seen(pending[0]))
        changed = {name: days | business_days(revised[name], known, terms) for name, days in added.items()}
        inputs[CUSTOMER_DAYS] = self._table(CUSTOMER_DAYS)
        return self._frames(inputs, changed, known, pending, terms)

    def _frames(
        self,
        inputs: dict[str, DataFrame],
        changed: Mapping[str, Collection[date]],
        known: Collection[date],
        pending: Sequence[str],
        terms: Terms,
    ) -> Frames[Output]:
        asked = {table.name: table for table in GOLD_TABLES if table.name in pending}

        def output(name: str) -> Output:
            days = days_to_rebuild(changed, asked[name].reach, known)
            return _output(asked[name], inputs, tuple(sorted(set(map(asked[name].period, days)))), terms)

        base = output(CUSTOMER_DAYS) if CUSTOMER_DAYS in asked else Output(None)
        if base.rows is not None:
            # Read more than once: published itself, and the base of all that is known of customers.
            base.rows.persist()
            inputs[CUSTOMER_DAYS] = history(inputs[CUSTOMER_DAYS], base.rows, base.days or ())
        others = side_by_side(output, (name for name in asked if name != CUSTOMER_DAYS))
        outputs = {CUSTOMER_DAYS: base, **others} if CUSTOMER_DAYS in asked else others
        return Frames(outputs, release=lambda: _unpersist(base))

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

    def _table(self, name: str) -> DataFrame:
        return self._spark.table(f"iceberg.{name}")


def _output(table: GoldTable, inputs: Mapping[str, DataFrame], days: tuple[date, ...], terms: Terms) -> Output:
    if not days:
        return Output(None)
    rows = table.transform({name: inputs[name] for name in table.inputs}, days, terms)
    return Output(rows, days=days, many_days=len(days) > FEW_DAYS)


def _days(frame: DataFrame) -> set[date]:
    return {row[0] for row in frame.collect()}


def _unpersist(output: Output) -> None:
    if output.rows is not None:
        output.rows.unpersist()
