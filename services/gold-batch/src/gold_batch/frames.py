"""From the days of each table to its rows: what several tables are computed from is computed once."""

from collections.abc import Collection, Container, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import date

from pyspark.sql import DataFrame
from shoplake_lake_kit.batch import Frames
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.lineage import Keep, keeping
from shoplake_spark_kit.planning import side_by_side

from gold_batch.days import kept_under
from gold_batch.facts import FACTS, FATES, arrival_facts, facts
from gold_batch.gold_tables import GoldTable
from gold_batch.terms import Terms
from gold_batch.transforms.customer_days import NAME as CUSTOMER_DAYS
from gold_batch.transforms.daily_customer_analytics import NAME as CUSTOMERS

BASES = (CUSTOMER_DAYS, CUSTOMERS)
"""Gold tables that others are made of; the second one is made of the first."""
# Above this many days a task must not keep a file open for each.
FEW_DAYS = 16
Asked = Mapping[GoldTable, tuple[date, ...]]


def frames(inputs: Mapping[str, DataFrame], asked: Asked, terms: Terms) -> Frames[Output]:
    """The rows of the asked days, table by table.

    Args:
        inputs: silver's tables, and the gold tables of `BASES` as they are published.
        asked: table → the days that its rows are kept under; without days it gets no rows.
        terms: of the run.
    """
    with ExitStack() as held:
        keep = keeping(held)
        known = {**inputs, **_facts(inputs, asked, terms, keep)}
        outputs: dict[str, Output] = {}
        bases = {table.name: table for table in asked if table.name in BASES}
        for name, table in bases.items():
            outputs[name] = made = _output(table, known, asked[table], terms)
            if made.rows is not None:
                fresh = keep(made.rows)
                outputs[name] = replace(made, rows=fresh)
                known[name] = history(inputs[name], fresh, asked[table])
        others = {table.name: table for table in asked if table.name not in bases}
        outputs |= side_by_side(lambda name: _output(others[name], known, asked[others[name]], terms), others)
        return Frames(outputs, release=held.pop_all().close)


def history(published: DataFrame, fresh: DataFrame, days: Collection[date]) -> DataFrame:
    """The whole of a gold table as it will be once the given days are overwritten with `fresh`."""
    return published.where(~kept_under(days)).unionByName(fresh)


def _facts(inputs: Mapping[str, DataFrame], asked: Asked, terms: Terms, keep: Keep) -> dict[str, DataFrame]:
    days, days_of_arrival = _needing(asked, FACTS), _needing(asked, {FATES})
    found = facts(inputs, days, terms, keep) if days else {}
    return found | (arrival_facts(inputs, days_of_arrival, terms, keep) if days_of_arrival else {})


def _needing(asked: Asked, names: Container[str]) -> set[date]:
    """The days of the tables that read any of some facts."""
    return {day for table, days in asked.items() if any(name in names for name in table.inputs) for day in days}


def _output(table: GoldTable, inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> Output:
    if not days:
        return Output(None)
    rows = table.transform({name: inputs[name] for name in table.inputs}, days, terms)
    return Output(rows, days=tuple(days), many_days=len(days) > FEW_DAYS)
