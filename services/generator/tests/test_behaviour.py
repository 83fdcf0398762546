"""What the shop's traffic promises: carts, orders and sessions hang together, shares are the configured ones."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from math import sqrt
from random import Random
from typing import Any

import pytest
from generator.behaviour.catalogue import Catalogue
from generator.behaviour.events import Event, Millis
from generator.behaviour.sessions import NEXT, Step
from generator.behaviour.shop import PRODUCT_UPDATE_SHARE, REFUNDED_ORDERS
from generator.behaviour.visitors import GUEST_SHARE

Sessions = dict[str, list[dict[str, Any]]]


def of_type(events: list[Event], *types: str) -> list[Event]:
    return [event for event in events if event["event_type"] in types]


def money(value: float) -> Decimal:
    """The amount as any reader of the JSON sees it."""
    return Decimal(json.dumps(value))


def is_about(found: int, of: int, share: float) -> bool:
    """Within five standard errors."""
    return abs(found / of - share) < 5 * sqrt(share * (1 - share) / of)


def test_the_same_seed_gives_the_same_bytes(make_traffic: Callable[..., list[Event]]) -> None:
    one, two, other = (json.dumps(make_traffic(seed, 3_000)) for seed in (1, 1, 2))
    assert one == two
    assert one != other


def test_event_ids_are_distinct_and_sort_by_time(day: list[Event]) -> None:
    ids = [event["event_id"] for event in day]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
    assert {(event_id[14], event_id[19] in "89ab") for event_id in ids} == {("7", True)}


def test_every_type_of_event_occurs(day: list[Event]) -> None:
    assert {event["event_type"] for event in day} == {
        "page_view",
        "add_to_cart",
        "remove_from_cart",
        "begin_checkout",
        "purchase",
        "refund",
        "user_session",
        "product_update",
    }


def test_events_keep_the_contract(day: list[Event], faults: Callable[[Event], list[str]]) -> None:
    per_type: dict[str, list[Event]] = defaultdict(list)
    for event in day:
        per_type[event["event_type"]].append(event)
    assert [fault for events in per_type.values() for event in events[:300] for fault in faults(event)] == []


def test_the_amounts_of_an_order_add_up_to_the_cent(day: list[Event]) -> None:
    orders = of_type(day, "purchase")
    assert len(orders) > 500
    for order in orders:
        for item in order["items"]:
            assert money(item["total_price"]) == item["quantity"] * money(item["unit_price"])
        subtotal = sum((money(item["total_price"]) for item in order["items"]), Decimal(0))
        discount = (subtotal * order["discount_percent"] / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        extra = money(order["shipping_amount"]) + money(order["tax_amount"])
        assert money(order["subtotal"]) == subtotal
        assert money(order["discount_amount"]) == discount
        assert money(order["total_amount"]) == subtotal - discount + extra > 0


def test_the_items_of_an_order_are_what_was_put_into_the_cart(by_session: Sessions) -> None:
    for events in by_session.values():
        carts: dict[str, Counter[str]] = defaultdict(Counter)
        for event in events:
            if event["event_type"] == "add_to_cart":
                carts[event["cart_id"]][event["product_id"]] += event["quantity"]
            elif event["event_type"] == "remove_from_cart":
                carts[event["cart_id"]][event["product_id"]] -= event["quantity"]
            elif event["event_type"] in ("begin_checkout", "purchase"):
                cart_id = event.get("cart_id") or event["metadata"]["cart_id"]
                assert {item["product_id"]: item["quantity"] for item in event["items"]} == +carts[cart_id]


def test_a_session_is_one_visitor_from_start_to_end(by_session: Sessions) -> None:
    for events in by_session.values():
        assert events[0].get("session_type") == "start"
        assert len({(event["user_id"], event["anonymous_id"]) for event in events}) == 1
        ends = [event.get("session_type") in ("logout", "timeout") for event in events]
        assert not any(ends[:-1])
        assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)


def test_nothing_is_bought_that_was_not_looked_at(by_session: Sessions) -> None:
    for events in by_session.values():
        seen: set[str | None] = set()
        for event in events:
            if event["event_type"] == "page_view":
                seen.add(event.get("product_id"))
            elif event["event_type"] == "add_to_cart":
                assert event["product_id"] in seen


def test_only_users_log_in_and_out(day: list[Event]) -> None:
    by_hand = [event for event in of_type(day, "user_session") if event["session_type"] in ("login", "logout")]
    assert by_hand
    assert all(event["user_id"] for event in by_hand)


def test_guests_place_a_quarter_of_the_orders(day: list[Event]) -> None:
    orders = of_type(day, "purchase")
    guests = [order for order in orders if order["user_id"] is None]
    assert is_about(len(guests), len(orders), GUEST_SHARE)
    assert all(order["anonymous_id"] for order in guests)


def test_customers_come_back(day: list[Event]) -> None:
    orders = Counter(order["user_id"] for order in of_type(day, "purchase") if order["user_id"])
    assert max(orders.values()) > 1


def test_product_updates_have_their_share(day: list[Event]) -> None:
    assert is_about(len(of_type(day, "product_update")), len(day), PRODUCT_UPDATE_SHARE)


def test_the_funnel_is_the_configured_one(by_session: Sessions) -> None:
    after: dict[str, Counter[str]] = defaultdict(Counter)
    for events in by_session.values():
        for event, following in pairwise(events):
            after[event["event_type"]][following["event_type"]] += 1
    found = after["begin_checkout"]
    assert is_about(found["purchase"], found.total(), NEXT[Step.CHECKOUT][Step.PURCHASE])
    assert is_about(found["user_session"], found.total(), NEXT[Step.CHECKOUT][Step.LEAVE])


@pytest.mark.parametrize("step", list(NEXT))
def test_what_may_follow_a_step_adds_up_to_one(step: Step) -> None:
    assert sum(NEXT[step].values()) == pytest.approx(1)


def test_refunds_give_back_earlier_orders_once_and_never_more_than_was_paid(day: list[Event]) -> None:
    orders: dict[str, Event] = {}
    refunds: list[Event] = []
    for event in day:
        if event["event_type"] == "purchase":
            orders[event["order_id"]] = event
        elif event["event_type"] == "refund":
            order = orders[event["order_id"]]
            assert 0 < money(event["total_amount"]) <= money(order["total_amount"])
            assert {item["product_id"] for item in event["items"]} <= {item["product_id"] for item in order["items"]}
            assert (event["user_id"], event["anonymous_id"]) == (order["user_id"], order["anonymous_id"])
            refunds.append(event)
    assert len({event["order_id"] for event in refunds}) == len(refunds)
    assert 0 < len(refunds) < 3 * REFUNDED_ORDERS * len(orders)


def test_a_price_change_is_the_price_from_then_on(day: list[Event]) -> None:
    prices: dict[str, float] = {}
    for event in day:
        if event["event_type"] == "product_update":
            if event["update_type"] == "price_change" and event["product_id"] in prices:
                assert event["old_price"] == prices[event["product_id"]]
            prices[event["product_id"]] = event["price"]


def test_few_products_are_looked_at_most(day: list[Event]) -> None:
    views = Counter(event["product_id"] for event in day if event.get("page_type") == "product_detail")
    first, tenth = (count for _, count in (views.most_common(10)[0], views.most_common(10)[9]))
    assert 5 < first / tenth < 20


def test_the_catalogue_grows_only_so_far() -> None:
    catalogue, rng = Catalogue(Random(1), 5, ["Brand"]), Random(2)
    for number in range(3_000):
        catalogue.update(Millis(number), rng)
    assert len(catalogue.products) == 10
