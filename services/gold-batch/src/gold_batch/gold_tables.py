"""The gold tables in the order in which they are published, each with what it reads and how far that reaches."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame

from gold_batch.changed_days import Reach
from gold_batch.terms import Terms
from gold_batch.transforms import customer_days, daily_customer_analytics, daily_sales_summary, product_analytics

Transform = Callable[[Mapping[str, DataFrame], Collection[date], Terms], DataFrame]


@dataclass(frozen=True, slots=True)
class GoldTable:
    """One gold table.

    Attributes:
        name: as in the contract.
        inputs: the tables whose frames the transform takes, by their names.
        reach: silver table → how far a changed row of it carries, also through gold.customer_days.
        transform: pure; rows of the asked days, with exactly the contract's columns.
    """

    name: str
    inputs: tuple[str, ...]
    reach: Mapping[str, Reach]
    transform: Transform


GOLD_TABLES = tuple(
    GoldTable(f"gold.{module.__name__.rpartition('.')[2]}", module.INPUTS, module.REACH, module.transform)
    for module in (customer_days, daily_sales_summary, product_analytics, daily_customer_analytics)
)
