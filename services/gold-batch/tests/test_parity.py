"""Another engine, with SQL of its own, comes to the same figures from the same silver rows, to the last decimal."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from gold_batch.facts import arrival_facts, order_facts, session_facts, visit_facts
from gold_batch.frames import BASES, CUSTOMERS
from gold_batch.gold_tables import GOLD_TABLES
from gold_batch.terms import Terms
from parity import register_contracts
from parity.shop import DAYS, POSITION, TOPICS, shop
from pyspark.sql import DataFrame
from shoplake_contracts import tables

pytestmark = pytest.mark.spark
SQL = Path(__file__).parents[3] / "e2e-tests" / "parity"
SEED = 20250301
KEYS = sorted({name for table in GOLD_TABLES for name in tables.load()[table.name].key})
REPORT = "gold.data_quality_report"
Rows = dict[str, pa.Table]
Gold = dict[str, DataFrame]
Row = dict[str, Any]


@pytest.fixture(scope="module")
def terms(terms: Terms) -> Terms:
    return replace(terms, as_of_position=POSITION)


@pytest.fixture(scope="module")
def silver(rows: Callable[[Iterable[Mapping[str, Any]]], Rows]) -> Rows:
    return rows(shop(Random(SEED)))


@pytest.fixture(scope="module")
def gold(silver: Rows, frames: Callable[[Any], Gold], terms: Terms) -> dict[str, list[Row]]:
    return computed(frames(silver), DAYS, terms)


@pytest.fixture(scope="module")
def other(silver: Rows) -> Iterable[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as engine:
        for name, table in silver.items():
            engine.register(name.replace(".", "_"), table)
        engine.execute("SET VARIABLE base = 'USD'")
        register_contracts(engine)
        engine.execute("CREATE TABLE days AS SELECT unnest(?::DATE[]) AS day", [DAYS])
        engine.execute((SQL / "_views.sql").read_text())
        engine.execute(f"CREATE TABLE customer_days AS {(SQL / 'customer_days.sql').read_text()}")
        yield engine


@pytest.mark.parametrize("name", [table.name.removeprefix("gold.") for table in GOLD_TABLES])
def test_both_engines_agree(name: str, gold: dict[str, list[Row]], other: duckdb.DuckDBPyConnection) -> None:
    expected = other.sql((SQL / f"{name}.sql").read_text()).to_arrow_table().to_pylist()
    found = {key_of(row): row for row in gold[f"gold.{name}"]}
    assert sorted(found) == sorted(key_of(row) for row in expected)
    differences = [
        (key, column, mine, theirs)
        for row in expected
        for column, theirs in row.items()
        for key in [key_of(row)]
        if (mine := scaled(found[key], column)) != theirs
    ]
    assert differences == []


def test_the_data_has_what_is_hard(gold: dict[str, list[Row]]) -> None:
    """Random data proves nothing about what it does not contain."""
    days = gold["gold.daily_sales_summary"]
    for column in ("zero_value_orders", "other_currency_orders", "guest_orders", "refunds", "returning_customers"):
        assert sum(row[column] for row in days) > 0, column
    assert any(row["sessions"] > row["engaged_sessions"] > row["converted_sessions"] > 0 for row in days)
    assert any(row["direct_purchasers"] and row["viewers_who_bought"] for row in gold["gold.product_analytics"])
    assert {row["customer_segment"] for row in gold["gold.daily_customer_analytics"]} >= {
        "New",
        "High Value",
        "Regular",
    }


def test_the_data_has_what_is_hard_about_sessions(gold: dict[str, list[Row]]) -> None:
    funnel, carts = gold["gold.daily_funnel"], gold["gold.cart_abandonment"]
    for column in ("cart_sessions", "checkout_sessions", "purchase_sessions", "purchases_without_cart"):
        assert sum(row[column] for row in funnel) > 0, column
    assert any(row["any_purchase_sessions"] > row["purchase_sessions"] for row in funnel)
    for column in ("abandoned_carts", "abandoned_checkouts", "abandoned_value", "other_currency_abandoned_carts"):
        assert sum(row[column] for row in carts) > 0, column
    assert any(row["orders"] != row["first_touch_orders"] for row in gold["gold.daily_traffic_sources"])
    assert {row["months_since"] for row in gold["gold.customer_cohorts"]} == {0, 1}
    assert len({row["cohort_month"] for row in gold["gold.customer_cohorts"]}) > 1
    assert len(gold["gold.product_affinity"]) > 1


def test_the_data_has_what_is_hard_about_quality(gold: dict[str, list[Row]]) -> None:
    report = gold[REPORT]
    for column in ("rows_restored", "rows_duplicate", "rows_late", "suspected_duplicates"):
        assert sum(row[column] for row in report) > 0, column
    assert {row["accuracy"] == 1 for row in report} == {True, False}
    assert {bool(row["critical_rules"]) for row in report} == {True, False}
    assert {row["table_name"] for row in report} == {*TOPICS, "unknown"}
    assert any(row["score_change"] and row["score_change"] > 0 for row in report)
    assert all(row["schema_drift"] == [] for row in report if row["table_name"] == "unknown")
    assert {one["field"] for row in report for one in row["schema_drift"]} == {"coupon", "tier"}


def test_a_report_on_top_of_another_equals_one_in_one_go(
    silver: Rows, frames: Callable[[Any], Gold], gold: dict[str, list[Row]], terms: Terms
) -> None:
    """What was counted of bronze before is not read again: half of the records first, the others on top."""
    half = len(silver["silver.purchases"])
    offsets = silver["bronze.raw_events"]["offset"]
    first = silver["bronze.raw_events"].filter(pc.less(offsets, half))
    rest = silver["bronze.raw_events"].filter(pc.greater_equal(offsets, half))
    inputs = frames({**silver, "bronze.raw_events": first})
    table = GOLD_TABLES[-1]
    before = table.transform({**inputs, **arrival_facts(inputs, DAYS, terms)}, DAYS, terms).toArrow()
    inputs = frames({**silver, "bronze.raw_events": rest, REPORT: before})
    after = table.transform({**inputs, **arrival_facts(inputs, DAYS, terms)}, DAYS, terms).toArrow()
    assert sorted(after.to_pylist(), key=key_of) == gold[REPORT]


def test_channels_make_the_summary(gold: dict[str, list[Row]]) -> None:
    sums = {
        "sessions": "sessions",
        "engaged_sessions": "engaged_sessions",
        "converted_sessions": "converted_sessions",
        "visitors": "visitors",
        "orders": "total_transactions",
        "first_touch_orders": "total_transactions",
        "revenue": "gross_revenue",
        "first_touch_revenue": "gross_revenue",
    }
    for day in gold["gold.daily_sales_summary"]:
        channels = [row for row in gold["gold.daily_traffic_sources"] if row["partition_date"] == day["partition_date"]]
        assert {name: sum(row[name] for row in channels) for name in sums} == {
            name: day[whole] for name, whole in sums.items()
        }


def test_a_funnel_only_gets_narrower(gold: dict[str, list[Row]]) -> None:
    for row in gold["gold.daily_funnel"]:
        steps = [row[f"{name}_sessions"] for name in ("view", "cart", "checkout", "purchase")]
        assert sorted([row["sessions"], *steps], reverse=True) == [row["sessions"], *steps]
        assert all(row[f"any_{name}_sessions"] >= row[f"{name}_sessions"] for name in ("view", "cart", "purchase"))


def test_segments_part_the_customers(gold: dict[str, list[Row]]) -> None:
    """On every day each customer so far is in exactly one segment, and nobody else is."""
    ordered = [row for row in gold["gold.customer_days"] if row["orders"] + row["other_currency_orders"] > 0]
    for day in DAYS:
        known = {row["user_id"] for row in ordered if row["partition_date"] <= day}
        rows = [row for row in gold[CUSTOMERS] if row["partition_date"] == day]
        parts = Counter(row["customer_segment"] for row in rows)
        assert parts.keys() <= {"New", "At Risk", "High Value", "Regular"}
        assert sorted(row["user_id"] for row in rows) == sorted(known)
        assert parts.total() == len(known)


def test_cohorts_make_the_customers(gold: dict[str, list[Row]]) -> None:
    customers = {
        row["user_id"] for row in gold["gold.customer_days"] if row["orders"] + row["other_currency_orders"] > 0
    }
    newest = max(row["partition_date"] for row in gold["gold.customer_cohorts"])
    cohorts = [row for row in gold["gold.customer_cohorts"] if row["partition_date"] == newest]
    assert sum(row["cohort_size"] for row in cohorts) == len(customers)
    assert all(0 <= row["retention_rate"] <= 1 for row in cohorts)


def test_parts_make_the_whole(gold: dict[str, list[Row]]) -> None:
    for day in gold["gold.daily_sales_summary"]:
        users = [row for row in gold["gold.customer_days"] if row["partition_date"] == day["partition_date"]]
        goods = [row for row in gold["gold.product_analytics"] if row["partition_date"] == day["partition_date"]]
        assert sum(row["gross_revenue"] for row in users) + day["guest_gross_revenue"] == day["gross_revenue"]
        assert sum(row["refunds"] for row in users) + day["guest_refunds"] == day["refunds"]
        assert sum(row["orders"] for row in users) + day["guest_orders"] == day["total_transactions"]
        order_level = day["shipping"] + day["tax"] - day["discounts"]
        assert sum(row["revenue"] for row in goods) + order_level == day["gross_revenue"]
        assert sum(row["units_sold"] for row in goods) == day["units"]
        assert 0 <= day["conversion_rate"] <= 1
        assert all(0 <= row["recommendation_score"] <= 100 for row in goods)


def test_neither_order_nor_grouping_of_days_matters(
    silver: Rows, frames: Callable[[Any], Gold], gold: dict[str, list[Row]], terms: Terms
) -> None:
    """Shuffled rows, and a few days instead of all: the same rows to the byte."""
    asked = [DAYS[3], DAYS[4], DAYS[7]]
    again = computed(frames({name: shuffled(table) for name, table in silver.items()}), asked, terms, gold)
    for table in GOLD_TABLES:
        periods = {table.period(day) for day in asked}
        assert again[table.name] == [row for row in gold[table.name] if row["partition_date"] in periods], table.name


def computed(inputs: Gold, days: list[date], terms: Terms, before: Mapping[str, list[Row]] | None = None) -> dict:
    """Every gold table, each read back once; `before` has the rows that lie outside the asked days."""
    made: dict[str, list[Row]] = {}
    session = inputs["silver.purchases"].sparkSession
    outside = {
        name: [row for row in (before or {}).get(name, []) if row["partition_date"] not in days]
        for name in (*BASES, REPORT)
    }
    inputs |= {name: session.createDataFrame(outside[name], inputs[name].schema) for name in (CUSTOMERS, REPORT)}
    eve = max((row["partition_date"] for row in outside[CUSTOMERS] if row["partition_date"] < min(days)), default=None)
    for facts in (visit_facts, session_facts, order_facts, arrival_facts):
        inputs |= facts(inputs, days, terms, DataFrame.persist)
    for table in GOLD_TABLES:
        arrow = table.transform(inputs, days, replace(terms, eve=eve)).toArrow()
        made[table.name] = sorted(arrow.to_pylist(), key=key_of)
        if table.name in BASES:
            whole = pa.concat_tables([arrow, pa.Table.from_pylist(outside[table.name], arrow.schema)])
            inputs = {**inputs, table.name: session.createDataFrame(whole)}
    return made


def key_of(row: Row) -> tuple[str, ...]:
    return tuple(str(row.get(name)) for name in KEYS)


def scaled(row: Row, column: str) -> object:
    """`rate*6` is the column `rate` in millionths: what the other engine computes in whole numbers."""
    name, _, digits = column.partition("*")
    return row[name] if not digits or row[name] is None else row[name].scaleb(int(digits))


def shuffled(table: pa.Table) -> pa.Table:
    places = list(range(table.num_rows))
    Random(SEED + 1).shuffle(places)
    return table.take(pa.array(places, pa.int64()))
