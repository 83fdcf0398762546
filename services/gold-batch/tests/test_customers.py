"""A snapshot on top of the eve's equals one computed from the whole history, whatever the days in between."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from gold_batch.frames import CUSTOMER_DAYS, CUSTOMERS
from gold_batch.gold_tables import GOLD_TABLES
from gold_batch.terms import Terms
from pyspark.sql import DataFrame

pytestmark = pytest.mark.spark
BEGIN = date(2023, 1, 1)
SNAPSHOT = next(table for table in GOLD_TABLES if table.name == CUSTOMERS)
Row = dict[str, Any]
Rows = Callable[[Iterable[Mapping[str, Any]]], dict[str, Any]]
Frames = Callable[[Any], Mapping[str, DataFrame]]


def day(number: int) -> date:
    """The day of a number."""
    return BEGIN + timedelta(days=number)


def history(random: Random) -> list[Row]:
    """Two years of a few users: days of nothing, money moved before a first order, a year and more between two."""
    numbers = sorted(random.sample(range(800), 60))
    return [
        {
            "table": CUSTOMER_DAYS,
            "partition_date": str(day(number)),
            "user_id": f"u{user}",
            "orders": random.choice((0, 0, 1, 2)) if user < number // 60 else 0,
            "other_currency_orders": random.choice((0, 0, 0, 1)) if user < number // 60 else 0,
            "gross_revenue": f"{random.randrange(10_000)}.25",
            "refunds": random.choice(("0", "0", "3.5", "120.0001")),
            "page_views": random.randrange(5),
            "other_currencies": [],
        }
        for number in numbers
        for user in random.sample(range(9), 4)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_step_by_step_equals_in_one_go(seed: int, rows: Rows, frames: Frames, terms: Terms) -> None:
    random = Random(seed)
    inputs = dict(frames(rows(history(random))))
    days = sorted({row[0] for row in inputs[CUSTOMER_DAYS].select("partition_date").distinct().collect()})
    whole = snapshot(inputs, days, terms)
    assert any(refunded_first(rows_of(inputs[CUSTOMER_DAYS]), row) for row in whole)
    for size in (1, 3, 20):
        first = random.randrange(10, 40)
        asked = days[first : first + size]
        before = [row for row in whole if row["partition_date"] < asked[0]]
        schema = inputs[CUSTOMERS].schema
        known = {**inputs, CUSTOMERS: inputs[CUSTOMERS].sparkSession.createDataFrame(before, schema)}
        eve = max(row["partition_date"] for row in before)
        found = snapshot(known, asked, replace(terms, eve=eve))
        assert found == [row for row in whole if row["partition_date"] in asked], (size, first)


def snapshot(inputs: Mapping[str, DataFrame], days: list[date], terms: Terms) -> list[Row]:
    """The rows of the given days, in order."""
    return rows_of(SNAPSHOT.transform(inputs, days, terms))


def rows_of(frame: DataFrame) -> list[Row]:
    return sorted(frame.toArrow().to_pylist(), key=lambda row: (row["partition_date"], row["user_id"]))


def refunded_first(facts: list[Row], customer: Row) -> bool:
    """Whether a customer was refunded something on a day before the first order."""
    return any(
        fact["user_id"] == customer["user_id"] and fact["partition_date"] < customer["first_order_date"]
        for fact in facts
        if fact["refunds"] > 0
    )
