"""Real shop data: gross, refunds and orders of every day as the file's own expected.json has them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gold_batch.facts import order_facts, session_facts, visit_facts
from gold_batch.frames import CUSTOMER_DAYS, CUSTOMERS
from gold_batch.gold_tables import GOLD_TABLES
from gold_batch.terms import Terms
from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark
DATA = Path(__file__).parents[4] / "shared" / "data" / "uci-online-retail"
LINES = DATA / "online-retail-2010-12_2011-02.csv.gz"
# One event per invoice and time with its lines of positive quantity; an invoice with C gives back.
EVENTS = """
SELECT InvoiceNo || '/' || InvoiceDate AS event_id, InvoiceDate::TIMESTAMP AT TIME ZONE 'UTC' AS timestamp,
       CASE WHEN is_back THEN 'refund' ELSE 'purchase' END AS event_type,
       regexp_replace(any_value(CustomerID), '[.]0$', '') AS user_id, 'guest-' || InvoiceNo AS anonymous_id,
       coalesce(regexp_replace(any_value(CustomerID), '[.]0$', ''), 'guest-' || InvoiceNo) AS visitor_id,
       CASE WHEN NOT is_back THEN InvoiceNo END AS order_id, CASE WHEN is_back THEN InvoiceNo END AS refund_id,
       list({'product_id': StockCode, 'product_name': Description, 'category': NULL::VARCHAR, 'brand': NULL::VARCHAR,
             'quantity': pieces, 'unit_price': price, 'total_price': (pieces * price)::DECIMAL(18, 4)}) AS items,
       sum(pieces * price)::DECIMAL(18, 4) AS total_amount, 'GBP' AS currency
FROM (SELECT *, InvoiceNo LIKE 'C%' AS is_back, abs(Quantity::BIGINT) AS pieces, UnitPrice::DECIMAL(18, 4) AS price
      FROM lines WHERE Quantity::BIGINT > 0 OR InvoiceNo LIKE 'C%')
GROUP BY InvoiceNo, InvoiceDate, is_back
"""


Gold = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    if not LINES.is_file():
        pytest.skip(f"the Online Retail sample is not at {DATA}")
    return dict(json.loads((DATA / "expected.json").read_text()))


@pytest.fixture(scope="module")
def gold(
    expected: dict[str, Any],
    session: SparkSession,
    rows: Callable[[Any], dict[str, pa.Table]],
    terms: Terms,
    tmp_path_factory: pytest.TempPathFactory,
) -> Gold:
    """Customer days and sales summary of all days, and the customers as of the last."""
    silver = {**rows([]), "silver.purchases": purchases(rows([])["silver.purchases"].schema)}
    home = tmp_path_factory.mktemp("uci")
    frames = {name: stored(session, table, home / f"{name}.parquet") for name, table in silver.items()}
    days = [date.fromisoformat(day["date"]) for day in expected["per_day"]]
    british = replace(terms, base_currency="GBP")
    for facts in (visit_facts, session_facts, order_facts):
        frames |= facts(frames, days, british)
    made = {table.name: table.transform for table in GOLD_TABLES}
    by_customer = made[CUSTOMER_DAYS](frames, days, british).toArrow()
    frames[CUSTOMER_DAYS] = stored(session, by_customer, home / "customer_days.parquet")
    snapshots = made[CUSTOMERS](frames, days, british).toArrow()
    frames[CUSTOMERS] = stored(session, snapshots, home / "customers.parquet")
    return {
        "customer_days": by_customer.to_pylist(),
        "summary": made["gold.daily_sales_summary"](frames, days, british).toArrow().to_pylist(),
        "customers": [row for row in snapshots.to_pylist() if row["partition_date"] == days[-1]],
    }


def purchases(schema: pa.Schema) -> pa.Table:
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute(
            "CREATE TABLE lines AS SELECT * FROM read_csv(?, header=true, all_varchar=true, quote='\"', escape='\"')",
            [str(LINES)],
        )
        made = engine.sql(EVENTS).to_arrow_table()
    columns = [
        made[field.name].cast(field.type) if field.name in made.column_names else pa.nulls(made.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def stored(session: SparkSession, table: pa.Table, path: Path) -> DataFrame:
    pq.write_table(table, path)
    return session.read.parquet(str(path))


def test_each_day_is_as_expected(gold: Gold, expected: dict[str, Any]) -> None:
    found = {
        str(row["partition_date"]): (row["gross_revenue"], -row["refunds"], row["total_transactions"])
        for row in gold["summary"]
    }
    assert found == {
        day["date"]: (Decimal(day["gross_gbp"]), Decimal(day["refunds_gbp"]), day["orders"])
        for day in expected["per_day"]
    }


def test_customers_and_guests_are_as_expected(gold: Gold, expected: dict[str, Any]) -> None:
    sales, known = expected["row_sets"]["S"], expected["row_sets"]["K"]
    assert len(gold["customers"]) == known["customers"]
    assert sum(row["orders_to_date"] for row in gold["customers"]) == known["orders"]
    assert sum(row["gross_to_date"] for row in gold["customers"]) == Decimal(known["gbp"])
    guests = sum(row["guest_gross_revenue"] for row in gold["summary"])
    assert guests == Decimal(sales["gbp"]) - Decimal(known["gbp"])
    assert sum(row["guest_orders"] for row in gold["summary"]) == expected["dirt"]["guest_orders"]["n"]
    assert sum(row["new_customers"] for row in gold["summary"]) == known["customers"]
