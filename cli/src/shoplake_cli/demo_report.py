"""What the demo shows at its end: the equation, today's sales, the best products, and how fresh silver was."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from rich.console import Console
from shoplake_lake_kit.query import run_sql
from shoplake_lake_kit.settings import LakeSettings

from shoplake_cli.equation import equation_tables
from shoplake_cli.results import as_table

SALES = """
SELECT partition_date AS day, total_revenue, refunds, currency, total_transactions AS orders, avg_order_value,
       visitors, conversion_rate, new_customers, guest_revenue
FROM iceberg.gold.daily_sales_summary
WHERE partition_date = (SELECT max(partition_date) FROM iceberg.gold.daily_sales_summary)
"""
PRODUCTS = """
SELECT product_name AS product, category, revenue, units_sold AS units, total_views AS views
FROM iceberg.gold.product_analytics
WHERE is_product AND partition_date = (SELECT max(partition_date) FROM iceberg.gold.product_analytics)
ORDER BY revenue DESC, product_id
LIMIT 5
"""
TABLES = ("page_views", "purchases", "cart_events", "user_sessions", "product_updates")


def show_report(lake: LakeSettings, accounting: Mapping[str, Any], console: Console) -> None:
    """Print everything."""
    console.print(equation_tables(accounting))
    sales = run_sql(lake, SALES)
    console.print(as_table(turned(sales), "Today's sales"))
    console.print(as_table(run_sql(lake, PRODUCTS), "Best products"))
    console.print(as_table(run_sql(lake, freshness_sql()), "Freshness: Kafka to silver, seconds"))


def freshness_sql() -> str:
    """Median and 95th percentile of the time between the broker's timestamp and silver's, over all silver tables."""
    column = "date_diff('millisecond', kafka_timestamp, processing_time) / 1000.0 AS seconds"
    rows = " UNION ALL ".join(f"SELECT {column} FROM iceberg.silver.{table}" for table in TABLES)  # noqa: S608 - constants
    return (
        "SELECT count(*) AS events, round(quantile_cont(seconds, 0.5), 2) AS p50, "  # noqa: S608 - constants
        f"round(quantile_cont(seconds, 0.95), 2) AS p95 FROM ({rows})"
    )


def turned(table: pa.Table) -> pa.Table:
    """A table of one row as two columns: many figures are easier to read below each other."""
    row = table.to_pylist()[0] if table.num_rows else {}
    return pa.table({"figure": list(row), "value": ["" if value is None else str(value) for value in row.values()]})
