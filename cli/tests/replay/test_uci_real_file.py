"""The real file against its exact answers: what the pipeline will sum up is what the shop sold."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shoplake_cli.replay.build import Outgoing
from shoplake_cli.replay.engine import outgoing
from shoplake_cli.replay.loading import load

Payload = dict[str, Any]


@pytest.fixture(scope="module")
def sent(real_file: Path) -> list[Outgoing]:
    return list(outgoing(real_file, load("uci-online-retail")))


@pytest.fixture(scope="module")
def payloads(sent: list[Outgoing]) -> list[Payload]:
    return [json.loads(one.message.value) for one in sent]


def of_type(payloads: list[Payload], event_type: str) -> list[Payload]:
    return [payload for payload in payloads if payload["event_type"] == event_type]


def per_day(payloads: list[Payload]) -> dict[str, Decimal]:
    days: dict[str, Decimal] = defaultdict(Decimal)
    for payload in payloads:
        days[payload["timestamp"][:10]] += Decimal(payload["total_amount"])
    return days


def distinct_per_day(payloads: list[Payload], name: str) -> dict[str, int]:
    days: dict[str, set[str]] = defaultdict(set)
    for payload in payloads:
        if Decimal(payload["total_amount"]) > 0:
            days[payload["timestamp"][:10]].add(payload[name])
    return {day: len(ids) for day, ids in days.items()}


def test_every_line_of_the_file_is_in_exactly_one_event(
    sent: list[Outgoing], payloads: list[Payload], expected: Payload
) -> None:
    assert sum(one.lines for one in sent) == expected["rows"] == 105_335
    assert sum(len(payload.get("items") or [None]) for payload in payloads) == 105_335


def test_gross_and_orders_of_each_day(payloads: list[Payload], expected: Payload) -> None:
    purchases = of_type(payloads, "purchase")
    days = expected["per_day"]
    gross, orders = per_day(purchases), distinct_per_day(purchases, "order_id")
    assert {day["date"]: gross.get(day["date"], Decimal(0)) for day in days} == {
        day["date"]: Decimal(day["gross_gbp"]) for day in days
    }
    assert {day["date"]: orders.get(day["date"], 0) for day in days} == {day["date"]: day["orders"] for day in days}


def test_refunds_of_each_day(payloads: list[Payload], expected: Payload) -> None:
    refunds = of_type(payloads, "refund")
    days = expected["per_day"]
    amounts, invoices = per_day(refunds), distinct_per_day(refunds, "refund_id")
    assert {day["date"]: -amounts.get(day["date"], Decimal(0)) for day in days} == {
        day["date"]: Decimal(day["refunds_gbp"]) for day in days
    }
    assert {day["date"]: invoices.get(day["date"], 0) for day in days} == {
        day["date"]: day["refund_invoices"] for day in days
    }


def test_orders_and_customers_of_the_whole_file(payloads: list[Payload], expected: Payload) -> None:
    paid = [payload for payload in of_type(payloads, "purchase") if Decimal(payload["total_amount"]) > 0]
    assert len({payload["order_id"] for payload in paid}) == expected["row_sets"]["S"]["orders"] == 3_745
    customers = {payload["user_id"] for payload in paid} - {None}
    assert len(customers) == expected["row_sets"]["S"]["customers"] == 1_682
    guests = {payload["order_id"] for payload in paid if payload["user_id"] is None}
    assert len(guests) == expected["dirt"]["guest_orders"]["n"]


def test_stock_write_offs_are_inventory_adjustments(payloads: list[Payload], expected: Payload) -> None:
    updates = of_type(payloads, "product_update")
    assert len(updates) == expected["dirt"]["negative_quantity_not_cancellation"]["n"]
    assert {update["update_type"] for update in updates} == {"inventory_update"}
    assert max(update["inventory_change"] for update in updates) < 0


def test_events_keep_the_contract(payloads: list[Payload], faults: Callable[[Payload], list[str]]) -> None:
    assert [fault for payload in payloads[::15] for fault in faults(payload)] == []


def test_ids_are_distinct_and_the_second_replay_is_the_same_to_the_byte(real_file: Path, sent: list[Outgoing]) -> None:
    ids = Counter(json.loads(one.message.value)["event_id"] for one in sent)
    assert ids.most_common(1)[0][1] == 1
    again = outgoing(real_file, load("uci-online-retail"))
    assert [one.message for one in again] == [one.message for one in sent]
