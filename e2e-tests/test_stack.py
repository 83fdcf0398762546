"""One embedded stack, shared: real input, bad input, a crash, the figures and the proof."""

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest
from checker import check
from sender import Sender, load, page_view, purchase
from shoplake_lake_kit.stage_tables import GOLD
from stack import Stack, wait_until

pytestmark = pytest.mark.stack

HEADER = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
LINES = [
    ["536365", "85123A", "HEART, WHITE", "6", "2010-12-01 08:26:00", "2.55", "17850.0", "United Kingdom"],
    ["536365", "71053", 'LANTERN 7"" METAL', "6", "2010-12-01 08:26:00", "3.39", "17850.0", "United Kingdom"],
    ["536366", "22423", "CAKESTAND", "1", "2010-12-01 09:00:00", "10.95", "", "France"],
    ["536367", "22423", "GIFT", "1", "2010-12-01 09:30:00", "0.00", "12345.0", "France"],
    ["C536379", "85123A", "HEART, WHITE", "-1", "2010-12-01 10:00:00", "2.55", "17850.0", "United Kingdom"],
    ["536589", "21777", "", "-10", "2010-12-02 16:50:00", "0.0", "", "United Kingdom"],
    ["A563187", "B", "Adjust bad debt", "1", "2010-12-02 17:00:00", "-11062.06", "", "United Kingdom"],
]
TOO_LARGE = 1024 * 1024
BAD = {
    "empty": b"",
    "not_utf8": b"\xff\xfe{}",
    "not_json": b"{not json",
    "not_an_object": b"[1, 2]",
    "unknown_event_type": json.dumps(page_view(event_type="teleport")).encode(),
    "wrong_type": json.dumps(purchase(total_amount="a lot")).encode(),
    "missing_field": json.dumps(page_view(page_type=None)).encode(),
    "bad_timestamp": json.dumps(page_view(timestamp="yesterday")).encode(),
    "too_old": json.dumps(page_view(timestamp="1970-01-01T00:00:00Z")).encode(),
    "future_timestamp": json.dumps(page_view(timestamp="2099-01-01T00:00:00Z")).encode(),
    "no_visitor": json.dumps(page_view(user_id=None)).encode(),
    "too_large": json.dumps(page_view(metadata={"padding": "x" * TOO_LARGE})).encode(),
}


@pytest.fixture(scope="module")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        csv.writer(file).writerows([HEADER, *LINES])
    return path


def replay(stack: Stack, file: Path) -> None:
    stack.run("replay", "uci-online-retail", str(file), "--wait", "--home", str(stack.home), timeout=600)


def test_a_small_shop_file_gives_its_figures_twice(stack: Stack, shop_file: Path) -> None:
    replay(stack, shop_file)
    first = stack.accounting()["total"]
    replay(stack, shop_file)
    second = stack.accounting()["total"]

    (day,) = stack.sql(
        "SELECT CAST(gross_revenue AS VARCHAR) gross, CAST(refunds AS VARCHAR) refunds, total_transactions, "
        "zero_value_orders, guest_orders, CAST(guest_revenue AS VARCHAR) guest_revenue "
        "FROM iceberg.gold.daily_sales_summary WHERE partition_date = DATE '2010-12-01'"
    )
    assert Decimal(day["gross"]) == Decimal("46.59")
    assert Decimal(day["refunds"]) == Decimal("2.55")
    assert (day["total_transactions"], day["zero_value_orders"], day["guest_orders"]) == (2, 1, 1)
    assert Decimal(day["guest_revenue"]) == Decimal("10.95")
    # Six usable events the first time; the second time each is a copy. The negative price is quarantined both times.
    assert (first["silver"], first["quarantined"], first["duplicates"], first["unaccounted"]) == (5, 1, 0, 0)
    assert (second["silver"], second["quarantined"], second["duplicates"], second["unaccounted"]) == (5, 2, 5, 0)


def test_a_null_user_is_no_customer(stack: Stack, shop_file: Path) -> None:
    assert shop_file.exists()
    users = {row["user_id"] for row in stack.sql("SELECT DISTINCT user_id FROM iceberg.gold.daily_customer_analytics")}
    assert users == {"17850"}


def test_no_money_column_is_a_double(stack: Stack) -> None:
    for name in ("silver.purchases", "silver.cart_events", *(name for name in GOLD)):
        types = stack.sql(f"DESCRIBE SELECT * FROM iceberg.{name}")
        assert not [row for row in types if row["column_type"] in ("DOUBLE", "FLOAT")], name


def test_gold_is_served_and_computed_anew_over_http(stack: Stack) -> None:
    asked = "/gold/tables/daily_sales_summary?date=2010-12-01&columns=gross_revenue,refunds,total_transactions"
    first = stack.get("gold-batch", asked)
    assert first["rows"] == [{"gross_revenue": "46.5900", "refunds": "2.5500", "total_transactions": 2}]

    wish = {"tables": ["gold.daily_sales_summary"], "from": "2010-12-01", "to": "2010-12-02"}
    run = stack.post("gold-batch", "/gold/runs", wish).headers["Location"]
    ended = lambda: stack.get("gold-batch", run)["state"] not in ("WAITING", "RUNNING")  # noqa: E731
    wait_until(ended, 240, "the run", stack.log_tail)
    assert stack.get("gold-batch", run)["result"]["tables"] == {"gold.daily_sales_summary": {"days": 2, "rows": 1}}
    again = stack.get("gold-batch", asked)
    assert again["rows"] == first["rows"]
    assert again["snapshot_id"] != first["snapshot_id"]


def test_bad_input_is_quarantined_with_reason_and_bytes(stack: Stack, sender: Sender) -> None:
    sent: dict[tuple[str, int, int], str] = {}
    for reason, payload in BAD.items():
        before = len(sender.acks)
        sender.send([("raw-events", payload)])
        ack = sender.acks[before]
        sent[ack.topic, ack.partition, ack.offset] = reason
    stack.wait_for_gold()

    rows = stack.sql(
        'SELECT topic, partition, "offset", reason, sha256(value) AS digest FROM iceberg.silver.quarantine '
        "WHERE topic = 'raw-events'"
    )
    found = {(row["topic"], row["partition"], row["offset"]): row["reason"] for row in rows}
    assert {address: found.get(address) for address in sent} == sent
    assert check(stack.home, sender.acks).holds


def test_a_killed_silver_loses_and_doubles_nothing(stack: Stack, sender: Sender) -> None:
    sender.send(load(3_000))
    pid = stack.kill("silver-process")
    sender.send(load(3_000))
    wait_until(
        lambda: stack.parts()["silver-process"]["pid"] not in (None, pid), 60, "silver restarted", stack.log_tail
    )
    stack.wait_for_gold()

    verdict = check(stack.home, sender.acks)
    assert verdict.holds, verdict
    assert stack.accounting()["total"]["unaccounted"] == 0
