"""What the shop's traffic promises: carts, orders and sessions hang together, shares are the configured ones."""

from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
import pytest
from generator.behaviour.catalogue import Catalogue
from generator.behaviour.chance import Chance
from generator.behaviour.events import Event, Millis
from generator.behaviour.funnel import LOGIN_SHARE, NEXT, Step
from generator.behaviour.habits import USUAL

Body = dict[str, Any]
Sessions = dict[str, list[Body]]
STEPS = {
    "home": Step.HOME,
    "category": Step.CATEGORY,
    "search_results": Step.SEARCH,
    "product_detail": Step.PRODUCT,
    "cart": Step.CART,
    "add_to_cart": Step.ADD,
    "remove_from_cart": Step.REMOVE,
    "begin_checkout": Step.CHECKOUT,
    "purchase": Step.PURCHASE,
    "start": Step.ARRIVE,
    "login": Step.LOGIN,
    "logout": Step.LOGOUT,
}


def step_of(event: Body) -> Step:
    return STEPS[event.get("page_type") or event.get("session_type") or event["event_type"]]


def of_type(events: list[Body], *types: str) -> list[Body]:
    return [event for event in events if event["event_type"] in types]


def is_about(found: int, of: int, share: float) -> bool:
    """Within five standard errors."""
    return abs(found / of - share) < 5 * sqrt(share * (1 - share) / of)


def test_the_same_seed_gives_the_same_bytes(make_traffic: Callable[..., list[Event]]) -> None:
    one, two, other = ([event.value for event in make_traffic(seed, 3_000)] for seed in (1, 1, 2))
    assert one == two
    assert one != other


def test_event_ids_are_distinct_and_sort_by_time(day: list[Body]) -> None:
    ids = [event["event_id"] for event in day]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
    assert {(event_id[14], event_id[19] in "89ab") for event_id in ids} == {("7", True)}


def test_every_type_of_event_occurs(day: list[Body]) -> None:
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


def test_events_keep_the_contract(day: list[Body], faults: Callable[[Body], list[str]]) -> None:
    per_type: dict[str, list[Body]] = defaultdict(list)
    for event in day:
        per_type[event["event_type"]].append(event)
    assert [fault for events in per_type.values() for event in events[:300] for fault in faults(event)] == []


def test_the_amounts_of_an_order_add_up_to_the_cent(day: list[Body]) -> None:
    orders = of_type(day, "purchase")
    assert len(orders) > 500
    for order in orders:
        for item in order["items"]:
            assert item["total_price"] == item["quantity"] * item["unit_price"]
        subtotal = sum((item["total_price"] for item in order["items"]), Decimal(0))
        discount = (subtotal * order["discount_percent"] / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        extra = order["shipping_amount"] + order["tax_amount"]
        assert order["subtotal"] == subtotal
        assert order["discount_amount"] == discount
        assert order["total_amount"] == subtotal - discount + extra > 0


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
        ends = [event.get("session_type") == "logout" for event in events]
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


def test_only_users_log_in_and_out(day: list[Body]) -> None:
    by_hand = [event for event in of_type(day, "user_session") if event["session_type"] in ("login", "logout")]
    assert by_hand
    assert all(event["user_id"] for event in by_hand)


def test_guests_place_a_quarter_of_the_orders(day: list[Body]) -> None:
    orders = of_type(day, "purchase")
    guests = [order for order in orders if order["user_id"] is None]
    assert is_about(len(guests), len(orders), USUAL.guest_share)
    assert all(order["anonymous_id"] for order in guests)


def test_customers_come_back(day: list[Body]) -> None:
    orders = Counter(order["user_id"] for order in of_type(day, "purchase") if order["user_id"])
    assert max(orders.values()) > 1


def test_product_updates_have_their_share(day: list[Body]) -> None:
    assert is_about(len(of_type(day, "product_update")), len(day), USUAL.product_update_share)


@pytest.mark.parametrize("step", [step for step in NEXT if step is not Step.REMOVE])
def test_the_funnel_is_the_configured_one(step: Step, by_session: Sessions) -> None:
    """Behind REMOVE the cart may be empty, and then there is no way to it."""
    after: Counter[Step] = Counter()
    for events in by_session.values():
        if events[0]["user_id"]:
            after.update(step_of(b) for a, b in pairwise(events) if step_of(a) is step)
    del after[Step.LOGIN], after[Step.LOGOUT]
    found = {following: after[following] for following in NEXT[step]}
    assert all(is_about(number, after.total(), NEXT[step][following]) for following, number in found.items())


def test_a_user_in_two_signs_in_after_arriving(by_session: Sessions) -> None:
    second = [events[1] for events in by_session.values() if events[0]["user_id"] and len(events) > 1]
    assert is_about(sum(step_of(event) is Step.LOGIN for event in second), len(second), LOGIN_SHARE)


def test_half_of_the_visits_have_two_events_and_few_have_many() -> None:
    chance = Chance(5)
    drawn = [next(chance.lengths) for _ in range(200_000)]
    assert np.percentile(drawn, [50, 90, 99]).tolist() == [2, 8, 21]


def test_bots_look_and_never_buy(day: list[Body]) -> None:
    bots = [event for event in day if (event["anonymous_id"] or "").startswith("client-")]
    assert {event["event_type"] for event in bots} == {"page_view"}
    visits = {event["session_id"]: event["anonymous_id"] for event in day if event.get("session_id")}
    assert is_about(len({event["session_id"] for event in bots}), len(visits), USUAL.bot_share)


def test_a_visitor_looks_most_into_one_category(day: list[Body]) -> None:
    views: dict[str, Counter[str]] = defaultdict(Counter)
    for event in day:
        if event.get("page_type") == "product_detail" and event["user_id"]:
            views[event["user_id"]][event["category"]] += 1
    much = [seen for seen in views.values() if seen.total() >= 50]
    assert len(much) > 50
    first = sum(seen.most_common(1)[0][1] for seen in much) / sum(seen.total() for seen in much)
    assert first > USUAL.favourite_share


@pytest.mark.parametrize("step", list(NEXT))
def test_what_may_follow_a_step_adds_up_to_one(step: Step) -> None:
    assert sum(NEXT[step].values()) == pytest.approx(1)


def test_refunds_give_back_earlier_orders_once_and_never_more_than_was_paid(day: list[Body]) -> None:
    orders: dict[str, Body] = {}
    refunds: list[Body] = []
    for event in day:
        if event["event_type"] == "purchase":
            orders[event["order_id"]] = event
        elif event["event_type"] == "refund":
            order = orders[event["order_id"]]
            assert 0 < event["total_amount"] <= order["total_amount"]
            assert {item["product_id"] for item in event["items"]} <= {item["product_id"] for item in order["items"]}
            assert (event["user_id"], event["anonymous_id"]) == (order["user_id"], order["anonymous_id"])
            refunds.append(event)
    assert len({event["order_id"] for event in refunds}) == len(refunds)
    # The last ones are not due yet.
    assert 0.5 * USUAL.refunded_share < len(refunds) / len(orders) < 1.5 * USUAL.refunded_share


def test_a_price_change_is_the_price_from_then_on(day: list[Body]) -> None:
    prices: dict[str, Decimal] = {}
    for event in day:
        if event["event_type"] == "product_update":
            if event["update_type"] == "price_change" and event["product_id"] in prices:
                assert event["old_price"] == prices[event["product_id"]]
            prices[event["product_id"]] = event["price"]


def test_few_products_are_looked_at_most(day: list[Body]) -> None:
    views = Counter(event["product_id"] for event in day if event.get("page_type") == "product_detail")
    first, tenth = (count for _, count in (views.most_common(10)[0], views.most_common(10)[9]))
    assert 5 < first / tenth < 20


def test_the_catalogue_grows_only_so_far() -> None:
    catalogue, chance = Catalogue(Chance(1), 5, ["Brand"]), Chance(2)
    for number in range(3_000):
        catalogue.update(Millis(number), chance)
    assert len(catalogue.products) == 10
