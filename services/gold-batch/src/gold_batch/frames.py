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

from gold_batch.facts import FACTS, FATES, arrival_facts, facts
from gold_batch.gold_tables import GoldTable
from gold_batch.terms import Terms
from gold_batch.transforms.customer_days import history

CUSTOMER_DAYS = "gold.customer_days"
# Above this many days a task must not keep a file open for each.
FEW_DAYS = 16
Asked = Mapping[GoldTable, tuple[date, ...]]


def frames(inputs: Mapping[str, DataFrame], asked: Asked, terms: Terms) -> Frames[Output]:
    """The rows of the asked days, table by table.

    Args:
        inputs: silver's tables, and gold.customer_days as it is published.
        asked: table → the days that its rows are kept under; without days it gets no rows.
        terms: of the run.
    """
    with ExitStack() as held:
        keep = keeping(held)
        known = {**inputs, **_facts(inputs, asked, terms, keep)}
        outputs: dict[str, Output] = {}
        base = next((table for table in asked if table.name == CUSTOMER_DAYS), None)
        if base is not None:
            outputs[base.name] = known_customers = _output(base, known, asked[base], terms)
            if known_customers.rows is not None:
                # Published itself, and the base of all that is known of customers.
                fresh = keep(known_customers.rows)
                outputs[base.name] = replace(known_customers, rows=fresh)
                known[CUSTOMER_DAYS] = history(inputs[CUSTOMER_DAYS], fresh, asked[base])
        others = {table.name: table for table in asked if table is not base}
        outputs |= side_by_side(lambda name: _output(others[name], known, asked[others[name]], terms), others)
        return Frames(outputs, release=held.pop_all().close)


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
