"""From the days of each table to its rows: what several tables are computed from is computed once."""

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Future, wait
from contextlib import ExitStack
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from shoplake_lake_kit.batch import Frames
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.lineage import keeping
from shoplake_spark_kit.planning import beside

from gold_batch.days import kept_under
from gold_batch.facts import (
    ACTIVITY,
    FACTS,
    FATES,
    ORDERS,
    REFUNDS,
    SESSIONS,
    VISITS,
    arrival_facts,
    order_facts,
    session_facts,
    visit_facts,
)
from gold_batch.gold_tables import GoldTable
from gold_batch.terms import Terms
from gold_batch.transforms.customer_days import NAME as CUSTOMER_DAYS
from gold_batch.transforms.daily_customer_analytics import NAME as CUSTOMERS

BASES = (CUSTOMER_DAYS, CUSTOMERS)
"""Gold tables that others are made of; the second one is made of the first."""
# Above this many days a task must not keep a file open for each.
FEW_DAYS = 16
Asked = Mapping[GoldTable, tuple[date, ...]]
Facts = Callable[..., dict[str, DataFrame]]


class Part(NamedTuple):
    """Facts that are made together.

    Attributes:
        names: theirs.
        of_days: the facts that are of the same days.
        upon: the facts that they are made of, from a part before this one.
    """

    names: tuple[str, ...]
    of_days: Container[str]
    upon: tuple[str, ...] = ()


PARTS: Mapping[Facts, Part] = {
    visit_facts: Part((ACTIVITY, VISITS), FACTS),
    session_facts: Part((SESSIONS,), FACTS, upon=(ACTIVITY,)),
    order_facts: Part((ORDERS, REFUNDS), FACTS),
    arrival_facts: Part((FATES,), (FATES,)),
}


def frames(inputs: Mapping[str, DataFrame], asked: Asked, terms: Terms) -> Frames[Output]:
    """The rows of the asked days, table by table: taking one out waits for it, and all others come after the first.

    Args:
        inputs: silver's tables, and the gold tables of `BASES` as they are published.
        asked: table → the days that its rows are kept under; without days it gets no rows. A table comes after those
            of `BASES` that it is made of.
        terms: of the run.
    """
    making = _Making(inputs, asked, terms)
    return Frames(making, release=making.release)


def history(published: DataFrame, fresh: DataFrame, days: Collection[date]) -> DataFrame:
    """The whole of a gold table as it will be once the given days are overwritten with `fresh`."""
    return published.where(~kept_under(days)).unionByName(fresh)


class _Making(Mapping[str, Output]):
    """Table to rows, made in the planners' threads: the first table and its facts, then what takes longest.

    Read and released by one thread: that which writes the tables, one after the other.
    """

    def __init__(self, inputs: Mapping[str, DataFrame], asked: Asked, terms: Terms) -> None:
        self._inputs = inputs
        self._asked = asked
        self._terms = terms
        self._held = ExitStack()
        self._keep = keeping(self._held)
        self._facts: dict[str, Future[dict[str, DataFrame]]] = {}
        self._made: dict[str, Future[Output]] = {table.name: Future() for table in asked}
        self._chains: list[Future[None]] = []
        first, *others = asked
        self._first = first.name
        self._later = _chains(others)
        self._begin([[first]])

    def __getitem__(self, name: str) -> Output:
        if name != self._first:
            # Not before the first table is published: whoever waits for it would wait longer.
            self._begin(self._later)
            self._later = []
        return self._made[name].result()

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def release(self) -> None:
        """Give back what is kept; what is not begun yet never will be."""
        planners: list[Future[Any]] = [*self._facts.values(), *self._chains]
        wait([future for future in planners if not future.cancel()])
        self._held.close()

    def _begin(self, chains: Sequence[Sequence[GoldTable]]) -> None:
        for tables in chains:
            self._begin_facts({name for table in tables for name in table.inputs})
            self._chains.append(beside(partial(self._chain, tables)))

    def _begin_facts(self, needed: AbstractSet[str]) -> None:
        """Begin those of the needed facts that nobody has begun, and what they are made of."""
        needed |= {name for part in PARTS.values() if not needed.isdisjoint(part.names) for name in part.upon}
        for make, part in PARTS.items():
            days = _needing(self._asked, part.of_days)
            if days and not needed.isdisjoint(part.names) and self._facts.keys().isdisjoint(part.names):
                self._facts |= dict.fromkeys(part.names, beside(partial(self._make_facts, make, part, days)))

    def _make_facts(self, make: Facts, part: Part, days: Collection[date]) -> dict[str, DataFrame]:
        upon = {name: self._facts[name].result()[name] for name in part.upon}
        return make({**self._inputs, **upon}, days, self._terms, self._keep)

    def _chain(self, tables: Sequence[GoldTable]) -> None:
        """Make some tables, each of which finds the bases before it as they will be."""
        for table in tables:
            try:
                self._made[table.name].set_result(self._output(table))
            except Exception as error:  # noqa: BLE001 - raised where the table is taken out
                self._made[table.name].set_exception(error)

    def _output(self, table: GoldTable) -> Output:
        days = self._asked[table]
        if not days:
            return Output(None)
        rows = table.transform({name: self._input(name, table) for name in table.inputs}, days, self._terms)
        # Planned here, beside other chains, and not when it is written, one table after the other.
        return Output(self._keep(rows), days=tuple(days), many_days=len(days) > FEW_DAYS)

    def _input(self, name: str, table: GoldTable) -> DataFrame:
        if name in self._facts:
            return self._facts[name].result()[name]
        published = self._inputs[name]
        if name not in BASES or name not in self._made or name == table.name:
            return published
        base = self._made[name].result()
        return published if base.rows is None else history(published, base.rows, base.days or ())


def _chains(tables: Sequence[GoldTable]) -> list[list[GoldTable]]:
    """What takes longest first: the tables in which one is made of the other, and the report, which is the last."""
    upon_bases = [table for table in tables if any(name in BASES for name in (table.name, *table.inputs))]
    alone = [[table] for table in reversed(tables) if table not in upon_bases]
    return [upon_bases, *alone] if upon_bases else alone


def _needing(asked: Asked, names: Container[str]) -> set[date]:
    """The days of the tables that read any of some facts."""
    return {day for table, days in asked.items() if any(name in names for name in table.inputs) for day in days}
