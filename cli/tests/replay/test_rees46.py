"""REES46: rows in, events out; views and carts at once, a session's purchases as one order, and the set's dirt."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from shoplake_cli.replay.engine import Replay, outgoing
from shoplake_cli.replay.loading import load
from shoplake_cli.replay.mapping import Mapping

Payload = dict[str, Any]
HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
VIEW = "2019-11-01 00:00:00 UTC,view,1003461,2053013555631882655,electronics.smartphone,xiaomi,489.07,520088904,s-1"
CART = "2019-11-01 00:00:05 UTC,cart,1003461,2053013555631882655,electronics.smartphone,xiaomi,489.07,520088904,s-1"
TAKEN_OUT = "2019-11-01 00:00:06 UTC,remove_from_cart,5000088,2053013566100866035,,,4.00,520088904,s-1"
BOUGHT = (
    "2019-11-01 00:00:09 UTC,purchase,1003461,2053013555631882655,electronics.smartphone,xiaomi,489.07,520088904,s-1"
)
BOUGHT_TOO = "2019-11-01 00:02:00 UTC,purchase,17301509,2053013553853497655,,creed,30.10,520088904,s-1"
OTHERS = "2019-11-01 00:01:00 UTC,purchase,1004856,2053013555631882655,,samsung,128.42,541312140,s-2"
NO_SESSION = "2019-11-01 00:03:00 UTC,purchase,1004856,2053013555631882655,,samsung,128.42,541312140,"
LATE_VIEW = "2019-11-01 00:04:00 UTC,view,9007199254740993001,2053013555631882655,,,0.00,9007199254740993,"
NEGATIVE = "2019-11-01 00:05:00 UTC,cart,5716857,1487580014042939619,,,-79.37,555446365,s-3"
NO_HOME = "2019-11-01 00:06:00 UTC,wishlist,5716857,1487580014042939619,,,7.00,555446365,s-3"
NO_USER = "2019-11-01 00:07:00 UTC,view,5716857,1487580014042939619,,,7.00,,s-3"
NO_DATE = "2019-11-31 00:00:00 UTC,view,5716857,1487580014042939619,,,7.00,555446365,s-3"
HALF = "2019-11-01 00:08:00 UTC,view,57168"
DIRTY = (
    VIEW,
    CART,
    TAKEN_OUT,
    BOUGHT,
    OTHERS,
    BOUGHT_TOO,
    NO_SESSION,
    LATE_VIEW,
    NEGATIVE,
    NO_HOME,
    NO_USER,
    NO_DATE,
    HALF,
)


@pytest.fixture
def rees46() -> Mapping:
    return load("rees46")


def test_lines_go_out_in_the_order_of_the_file_and_orders_when_a_day_has_passed(
    files: Any, rees46: Mapping, replayed: Any
) -> None:
    next_day = VIEW.replace("2019-11-01", "2019-11-02").replace("00:00:00", "00:00:30")
    events, raw = replayed(files.text(HEADER, VIEW, BOUGHT, CART, BOUGHT_TOO, OTHERS, TAKEN_OUT, next_day), rees46)
    assert [(event["event_type"], event["timestamp"]) for event in events] == [
        ("page_view", "2019-11-01T00:00:00Z"),
        ("add_to_cart", "2019-11-01T00:00:05Z"),
        ("remove_from_cart", "2019-11-01T00:00:06Z"),
        ("purchase", "2019-11-01T00:00:09Z"),
        ("page_view", "2019-11-02T00:00:30Z"),
        ("purchase", "2019-11-01T00:01:00Z"),
    ]
    assert raw == []


def test_a_view(files: Any, rees46: Mapping, replayed: Any) -> None:
    (event,), _ = replayed(files.text(HEADER, VIEW), rees46)
    assert event == {
        "event_id": event["event_id"],
        "event_type": "page_view",
        "event_version": 1,
        "timestamp": "2019-11-01T00:00:00Z",
        "user_id": "520088904",
        "anonymous_id": None,
        "session_id": "s-1",
        "page_type": "product_detail",
        "product_id": "1003461",
        "category": "electronics.smartphone",
        "metadata": {"category_id": "2053013555631882655", "brand": "xiaomi", "price": "489.07"},
    }


@pytest.mark.parametrize(("kind", "event_type"), [("cart", "add_to_cart"), ("remove_from_cart", "remove_from_cart")])
def test_a_cart_line(files: Any, rees46: Mapping, replayed: Any, kind: str, event_type: str) -> None:
    (event,), _ = replayed(files.text(HEADER, CART.replace("cart", kind)), rees46)
    assert event == {
        "event_id": event["event_id"],
        "event_type": event_type,
        "event_version": 1,
        "timestamp": "2019-11-01T00:00:05Z",
        "user_id": "520088904",
        "anonymous_id": None,
        "session_id": "s-1",
        "product_id": "1003461",
        "category": "electronics.smartphone",
        "quantity": 1,
        "price": "489.07",
        "total_value": "489.07",
        "currency": "USD",
        "metadata": {"category_id": "2053013555631882655", "brand": "xiaomi"},
    }


def test_a_session_s_purchases_are_one_order_at_the_time_of_the_first(
    files: Any, rees46: Mapping, replayed: Any
) -> None:
    (event,), _ = replayed(files.text(HEADER, BOUGHT, BOUGHT_TOO), rees46)
    assert event == {
        "event_id": event["event_id"],
        "event_type": "purchase",
        "event_version": 1,
        "timestamp": "2019-11-01T00:00:09Z",
        "user_id": "520088904",
        "anonymous_id": None,
        "session_id": "s-1",
        "order_id": "s-1",
        "total_amount": "519.17",
        "currency": "USD",
        "items": [
            {
                "product_id": "1003461",
                "category": "electronics.smartphone",
                "category_id": "2053013555631882655",
                "brand": "xiaomi",
                "quantity": 1,
                "unit_price": "489.07",
                "total_price": "489.07",
            },
            {
                "product_id": "17301509",
                "category": None,
                "category_id": "2053013553853497655",
                "brand": "creed",
                "quantity": 1,
                "unit_price": "30.10",
                "total_price": "30.10",
            },
        ],
    }


def test_a_session_that_buys_again_days_later_sends_another_event_of_the_same_order(
    files: Any, rees46: Mapping, replayed: Any
) -> None:
    events, _ = replayed(files.text(HEADER, BOUGHT, BOUGHT_TOO.replace("11-01", "11-09")), rees46)
    assert [(event["order_id"], event["timestamp"], event["total_amount"]) for event in events] == [
        ("s-1", "2019-11-01T00:00:09Z", "489.07"),
        ("s-1", "2019-11-09T00:02:00Z", "30.10"),
    ]
    assert events[0]["event_id"] != events[1]["event_id"]


def test_purchases_without_a_session_are_orders_of_their_own(files: Any, rees46: Mapping, replayed: Any) -> None:
    other_user = NO_SESSION.replace("541312140", "555446365")
    events, _ = replayed(files.text(HEADER, NO_SESSION, NO_SESSION, other_user), rees46)
    assert [(event["user_id"], event["session_id"], event["total_amount"]) for event in events] == [
        ("541312140", None, "128.42"),
        ("541312140", None, "128.42"),
        ("555446365", None, "128.42"),
    ]
    assert len({event["order_id"] for event in events}) == 3


def test_ids_above_two_to_the_53_keep_every_digit(files: Any, rees46: Mapping, replayed: Any) -> None:
    (event,), _ = replayed(files.text(HEADER, LATE_VIEW), rees46)
    assert (event["product_id"], event["user_id"], event["session_id"]) == (
        "9007199254740993001",
        "9007199254740993",
        None,
    )


def test_everything_at_once_is_counted_exactly(files: Any, rees46: Mapping, sink: Any) -> None:
    file = files.text(HEADER, *DIRTY, last_end=False)
    report = asyncio.run(Replay(file, rees46, sink, None).run())
    assert report.event_types == Counter(
        {"page_view": 2, "add_to_cart": 1, "remove_from_cart": 1, "purchase": 3, "raw": 5}
    )
    assert (report.lines, report.as_they_are, report.bad_rows) == (13, 5, 3)
    assert [(bad.line, bad.why) for bad in report.first_bad_rows] == [
        (12, "user_id is empty"),
        (13, "event_time '2019-11-31 00:00:00 UTC' is no time"),
        (14, "fields: 3 where 9 belong"),
    ]
    raw = [message.value.decode() for message in sink.messages if message.topic == "raw-events"]
    assert raw == [NEGATIVE, NO_HOME, NO_USER, NO_DATE, HALF]


def test_events_keep_the_contract(
    files: Any, rees46: Mapping, replayed: Any, faults: Callable[[Payload], list[str]]
) -> None:
    events, _ = replayed(files.text(HEADER, *DIRTY), rees46)
    assert len(events) == 7
    assert [fault for event in events for fault in faults(event)] == []


def test_a_second_replay_is_the_same_to_the_byte_with_or_without_carriage_returns(files: Any, rees46: Mapping) -> None:
    unix, dos = files.text(HEADER, *DIRTY), files.text(HEADER, *DIRTY, end=b"\r\n", name="dos.csv")
    first = [one.message for one in outgoing(unix, rees46)]
    assert first == [one.message for one in outgoing(unix, rees46)] == [one.message for one in outgoing(dos, rees46)]
    assert len({json.loads(message.value)["event_id"] for message in first if message.headers}) == 7
