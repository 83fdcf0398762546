"""The gold tables in the order in which they are published, each with what it reads and how far that reaches."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import ModuleType

from pyspark.sql import DataFrame

from gold_batch.changed_days import ARRIVED, Reach
from gold_batch.months import month_of
from gold_batch.terms import Terms
from gold_batch.transforms import (
    cart_abandonment,
    customer_cohorts,
    customer_days,
    daily_customer_analytics,
    daily_funnel,
    daily_sales_summary,
    daily_traffic_sources,
    data_quality_report,
    product_affinity,
    product_analytics,
)

Transform = Callable[[Mapping[str, DataFrame], Collection[date], Terms], DataFrame]


def each_day(day: date) -> date:
    """The period of a table with rows for every day."""
    return day


@dataclass(frozen=True, slots=True, eq=False)
class GoldTable:
    """One gold table.

    Attributes:
        name: as in the contract.
        inputs: the tables and facts whose frames the transform takes, by their names.
        reach: silver table → how far a changed row of it carries, also through other gold tables; or `ARRIVED`, for
            a table by day of arrival.
        transform: pure; rows of the asked days, with exactly the contract's columns.
        period: day → the day under which its rows are kept: itself, or the first of its month.
    """

    name: str
    inputs: tuple[str, ...]
    reach: Mapping[str, Reach]
    transform: Transform
    period: Callable[[date], date] = each_day

    @property
    def is_by_arrival(self) -> bool:
        """Whether its days are those on which events arrived, not those on which they happened."""
        return ARRIVED in self.reach

    def periods(self, days: Iterable[date]) -> tuple[date, ...]:
        """The days under which the rows of the given days are kept, in order."""
        return tuple(sorted(set(map(self.period, days))))

    @classmethod
    def of(cls, module: ModuleType, period: Callable[[date], date] = each_day) -> "GoldTable":
        """The table that a module of transforms/ makes."""
        name = f"gold.{module.__name__.rpartition('.')[2]}"
        return cls(name, module.INPUTS, module.REACH, module.transform, period)


GOLD_TABLES = (
    GoldTable.of(customer_days),
    GoldTable.of(daily_customer_analytics),
    GoldTable.of(daily_sales_summary),
    GoldTable.of(product_analytics),
    GoldTable.of(daily_traffic_sources),
    GoldTable.of(daily_funnel),
    GoldTable.of(cart_abandonment),
    GoldTable.of(customer_cohorts, month_of),
    GoldTable.of(product_affinity, month_of),
    GoldTable.of(data_quality_report),
)
