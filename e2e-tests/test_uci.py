"""The real shop file, to the last penny, twice."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from parity import differences
from stack import Stack

pytestmark = pytest.mark.e2e
FILE = "online-retail-2010-12_2011-02.csv.gz"
PER_DAY = """
    SELECT CAST(partition_date AS VARCHAR) AS day, CAST(gross_revenue AS VARCHAR) AS gross,
           CAST(refunds AS VARCHAR) AS refunds, total_transactions AS orders
    FROM iceberg.gold.daily_sales_summary ORDER BY day
"""
ORDERS = """
    SELECT count(DISTINCT order_id) AS orders, count(DISTINCT user_id) AS customers
    FROM iceberg.silver.purchases WHERE event_type = 'purchase' AND total_amount > 0
"""


@pytest.fixture(scope="module")
def shop(own_stack: Stack, uci: Path) -> Stack:
    """A stack that has replayed the file once."""
    own_stack.run("replay", "uci-online-retail", str(uci / FILE), "--wait", "--home", str(own_stack.home), timeout=900)
    return own_stack


def figures(stack: Stack) -> dict[str, tuple[Decimal, Decimal, int]]:
    rows = stack.sql(PER_DAY)
    return {row["day"]: (Decimal(row["gross"]), Decimal(row["refunds"]), row["orders"]) for row in rows}


def expected(uci: Path) -> dict[str, tuple[Decimal, Decimal, int]]:
    days = json.loads((uci / "expected.json").read_text())["per_day"]
    return {day["date"]: (Decimal(day["gross_gbp"]), -Decimal(day["refunds_gbp"]), day["orders"]) for day in days}


def test_every_day_has_the_expected_figures(shop: Stack, uci: Path) -> None:
    assert figures(shop) == expected(uci)


def test_orders_and_customers_are_the_expected_ones(shop: Stack) -> None:
    assert shop.sql(ORDERS) == [{"orders": 3745, "customers": 1682}]
    (newest,) = shop.sql(
        "SELECT count(DISTINCT user_id) AS customers, count(*) FILTER (user_id IS NULL) AS nobody "
        "FROM iceberg.gold.daily_customer_analytics"
    )
    assert newest == {"customers": 1682, "nobody": 0}


def test_another_engine_comes_to_the_same_gold(shop: Stack) -> None:
    assert differences(shop.home, base="GBP") == []


def test_nothing_is_unaccounted(shop: Stack) -> None:
    assert shop.accounting()["total"]["unaccounted"] == 0


def test_a_second_replay_changes_no_figure(shop: Stack, uci: Path) -> None:
    before, first = figures(shop), shop.accounting()["total"]
    shop.run("replay", "uci-online-retail", str(uci / FILE), "--wait", "--home", str(shop.home), timeout=900)
    second = shop.accounting()["total"]

    assert figures(shop) == before
    assert second["silver"] == first["silver"]
    assert second["duplicates"] == second["produced"] - first["produced"] == first["produced"]
    assert second["unaccounted"] == 0
