"""The real shop file, to the last penny, twice."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from parity import differences
from stack import Stack, wait_until

pytestmark = pytest.mark.e2e
PROMISED_SECONDS = 300
GUIDE = Path(__file__).parent / "guide"
# An order is an invoice whose lines of positive quantity and price make more than 0; invoices with C give back.
CUSTOMERS = """
WITH lines AS (
  SELECT InvoiceNo, InvoiceDate::TIMESTAMP::DATE AS day, regexp_replace(CustomerID, '[.]0$', '') AS user_id,
         (abs(Quantity::BIGINT) * UnitPrice::DECIMAL(18, 4))::DECIMAL(28, 4) AS amount, InvoiceNo LIKE 'C%' AS is_back
  FROM read_csv(?, header = true, all_varchar = true, quote = '"', escape = '"')
  WHERE (Quantity::BIGINT > 0 AND UnitPrice::DECIMAL(18, 4) >= 0) OR InvoiceNo LIKE 'C%'
),
orders AS (
  SELECT user_id, InvoiceNo, min(day) AS day, sum(amount) AS amount FROM lines
  WHERE NOT is_back AND user_id IS NOT NULL GROUP BY ALL HAVING sum(amount) > 0
)
SELECT user_id, count(*) AS orders, CAST(sum(amount)::DECIMAL(28, 4) AS VARCHAR) AS gross,
       (SELECT CAST(coalesce(sum(amount), 0)::DECIMAL(28, 4) AS VARCHAR) FROM lines l
         WHERE is_back AND l.user_id = o.user_id) AS refunds,
       date_diff('day', max(day), DATE '2011-02-28') AS recency, count(*) AS frequency
FROM orders AS o GROUP BY user_id ORDER BY user_id
"""
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


def test_every_customer_is_as_the_file_says(shop: Stack, uci: Path) -> None:
    with duckdb.connect() as engine:
        expected = engine.sql(CUSTOMERS, params=[str(uci / FILE)]).to_arrow_table().to_pylist()
    found = shop.sql(
        "SELECT user_id, orders_to_date AS orders, CAST(gross_to_date AS VARCHAR) AS gross, "
        "CAST(refunds_to_date AS VARCHAR) AS refunds, recency_days AS recency, frequency_365d AS frequency "
        "FROM iceberg.gold.daily_customer_analytics WHERE partition_date = DATE '2011-02-28' ORDER BY user_id"
    )
    assert found == expected


def test_guests_have_exactly_the_rest(shop: Stack) -> None:
    (row,) = shop.sql(
        "SELECT CAST(sum(gross_revenue) AS VARCHAR) AS whole, CAST(sum(guest_gross_revenue) AS VARCHAR) AS guests, "
        "(SELECT CAST(sum(gross_revenue) AS VARCHAR) FROM iceberg.gold.customer_days) AS customers "
        "FROM iceberg.gold.daily_sales_summary"
    )
    assert Decimal(row["guests"]) > 0
    assert Decimal(row["guests"]) == Decimal(row["whole"]) - Decimal(row["customers"])


def test_all_days_are_computed_anew_in_time(shop: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    before = figures(shop)
    run = shop.post("gold-batch", "/gold/runs").headers["Location"]
    ended = lambda: shop.get("gold-batch", run)["state"] not in ("WAITING", "RUNNING")  # noqa: E731
    wait_until(ended, 3 * PROMISED_SECONDS, "the run over all days", shop.log_tail)
    done = shop.get("gold-batch", run)
    seconds = (datetime.fromisoformat(done["ended_at"]) - datetime.fromisoformat(done["started_at"])).total_seconds()
    with capsys.disabled():
        print(f"\nall gold tables over 68 days in {seconds:.0f} s (promised {PROMISED_SECONDS} on two cores)")
    assert done["result"]["tables"]["gold.daily_sales_summary"]["rows"] == len(before)
    unproved = shop.sql("FROM iceberg.gold.daily_sales_summary WHERE data_complete IS NOT TRUE")
    assert unproved == []
    assert figures(shop) == before


@pytest.mark.parametrize("command", ["sql", "spark-sql"])
@pytest.mark.parametrize("block", sorted(GUIDE.glob("*.sql")), ids=lambda path: path.stem)
def test_the_guides_statements_run_as_they_are(shop: Stack, block: Path, command: str) -> None:
    statement = [block.read_text()] if command == "sql" else ["-e", block.read_text()]
    done = shop.run(command, *statement, "--home", str(shop.home))
    columns = {"customers": "customer_segment", "sales": "total_revenue", "products": "recommendation_score"}
    assert columns.get(block.stem, "latest_processing")[:8] in done.stdout


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
