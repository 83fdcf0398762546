"""Turns a box of silver into the days of gold that it changed: the one place where gold reads tables."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime

from pyspark.sql import DataFrame, SparkSession
from shoplake_contracts import tables
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.java import load_table
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

    def __call__(self, box: Box, pending: Sequence[str], attempt: str) -> Frames[Output]:  # noqa: ARG002 - rows do not depend on the attempt
        """Find the business days whose silver rows the box added or a revision changed, and compute them anew."""
        terms = Terms(
            computed_at=datetime.now(UTC),
            as_of_position=box.end.to_json(),
            business_timezone=self._lake.business_timezone,
            base_currency=self._base_currency,
        )
        inputs = {name: self._table(name) for name in SILVER_EVENTS}
        added = {name: _days(affected_days(rows.where(box_filter(box)), terms)) for name, rows in inputs.items()}
        known = self._known_days().union(*added.values())
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
        outputs: dict[str, Output] = {}
        for table in (table for table in GOLD_TABLES if table.name in pending):
            days = days_to_rebuild(changed, table.reach, known)
            outputs[table.name] = _output(table, inputs, days, terms)
            fresh = outputs[table.name].rows
            if table.name == CUSTOMER_DAYS and fresh is not None:
                # Read twice: published itself, and the base of every customer's snapshot.
                fresh.persist()
                inputs[CUSTOMER_DAYS] = history(inputs[CUSTOMER_DAYS], fresh, days)
        return Frames(outputs, release=lambda: _unpersist(outputs.get(CUSTOMER_DAYS)))

    def _seen(self, table: str) -> Mapping[str, str]:
        """The revision of each silver table that a gold table was computed from."""
        stamp = require_stamp(load_table(self._spark, table), table, self._group)
        return stamp.upstream if stamp else {}

    def _known_days(self) -> set[date]:
        return _days(self._table(SALES).select("partition_date").distinct())

    def _table(self, name: str) -> DataFrame:
        return self._spark.table(f"iceberg.{name}")


def _output(table: GoldTable, inputs: Mapping[str, DataFrame], days: tuple[date, ...], terms: Terms) -> Output:
    if not days:
        return Output(None)
    rows = table.transform({name: inputs[name] for name in table.inputs}, days, terms)
    return Output(rows, days=days, many_days=len(days) > FEW_DAYS)


def _days(frame: DataFrame) -> set[date]:
    return {row[0] for row in frame.collect()}


def _unpersist(output: Output | None) -> None:
    if output is not None and output.rows is not None:
        output.rows.unpersist()
