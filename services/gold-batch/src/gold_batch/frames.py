"""From the days of each table to its rows: what several tables are computed from is computed once."""

from collections.abc import Collection, Container, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date

from pyspark.sql import DataFrame
from shoplake_lake_kit.batch import Frames
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.lineage import Keep, keeping
from shoplake_spark_kit.planning import side_by_side

from gold_batch.days import kept_under
from gold_batch.facts import FACTS, FATES, arrival_facts, order_facts, visit_facts
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
        upon_bases = [table for table in asked if any(name in BASES for name in (table.name, *table.inputs))]
        alone = [[table] for table in asked if table not in upon_bases]
        # What takes longest first: those in which one table is made of the other, and the report, which is the last.
        chains = [upon_bases, *reversed(alone)]
        made = side_by_side(lambda number: _chain(chains[number], known, asked, terms, keep), range(len(chains)))
        outputs = {name: output for chain in made.values() for name, output in chain.items()}
        return Frames({table.name: outputs[table.name] for table in asked}, release=held.pop_all().close)


def _chain(
    tables: Sequence[GoldTable], inputs: Mapping[str, DataFrame], asked: Asked, terms: Terms, keep: Keep
) -> dict[str, Output]:
    """The rows of some tables, each of which finds the bases before it as they will be."""
    known, outputs = dict(inputs), dict[str, Output]()
    for table in tables:
        made = _output(table, known, asked[table], terms)
        if made.rows is not None:
            # Planned here, beside other chains, and not when it is written, one table after the other.
            fresh = keep(made.rows)
            made = replace(made, rows=fresh)
            if table.name in BASES:
                known[table.name] = history(inputs[table.name], fresh, asked[table])
        outputs[table.name] = made
    return outputs


def history(published: DataFrame, fresh: DataFrame, days: Collection[date]) -> DataFrame:
    """The whole of a gold table as it will be once the given days are overwritten with `fresh`."""
    return published.where(~kept_under(days)).unionByName(fresh)


def _facts(inputs: Mapping[str, DataFrame], asked: Asked, terms: Terms, keep: Keep) -> dict[str, DataFrame]:
    days, days_of_arrival = _needing(asked, FACTS), _needing(asked, {FATES})
    parts = {visit_facts: days, order_facts: days, arrival_facts: days_of_arrival}
    needed = {part: of_part for part, of_part in parts.items() if of_part}
    made = side_by_side(lambda part: part(inputs, needed[part], terms, keep), needed)
    return {name: frame for frames_of_part in made.values() for name, frame in frames_of_part.items()}


def _needing(asked: Asked, names: Container[str]) -> set[date]:
    """The days of the tables that read any of some facts."""
    return {day for table, days in asked.items() if any(name in names for name in table.inputs) for day in days}


def _output(table: GoldTable, inputs: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> Output:
    if not days:
        return Output(None)
    rows = table.transform({name: inputs[name] for name in table.inputs}, days, terms)
    return Output(rows, days=tuple(days), many_days=len(days) > FEW_DAYS)
