"""Taobao: rows in, events out; no header, no prices, seconds since 1970, and a behaviour that has no home."""

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
VIEW = "1,2268318,2520377,pv,1511544070"
CART = "1,2268318,2520377,cart,1511544071"
MARKED = "1,2268318,2520377,fav,1511544072"
BOUGHT = "1,2268318,2520377,buy,1511544073"
BIG = "9007199254740993,9007199254740995,2520377,pv,1511544074"
LONG_AGO = "3,2268318,2520377,pv,-2134949234"
NOT_YET = "3,2268318,2520377,pv,2122867355"
NO_SECONDS = "3,2268318,2520377,pv,1.5e9"
NO_USER = ",2268318,2520377,pv,1511544075"
HALF = "4,22683"
DIRTY = (VIEW, CART, MARKED, BOUGHT, BOUGHT, BIG, LONG_AGO, NOT_YET, NO_SECONDS, NO_USER, HALF)


@pytest.fixture
def taobao() -> Mapping:
    return load("taobao-userbehavior")


def test_lines_become_events_in_the_order_of_the_file(files: Any, taobao: Mapping, replayed: Any) -> None:
    events, raw = replayed(files.text(BOUGHT, MARKED, CART, VIEW), taobao)
    assert [(event["event_type"], event["timestamp"]) for event in events] == [
        ("purchase", "2017-11-24T17:21:13Z"),
        ("add_to_cart", "2017-11-24T17:21:11Z"),
        ("page_view", "2017-11-24T17:21:10Z"),
    ]
    assert raw == [MARKED.encode()]


def test_a_view(files: Any, taobao: Mapping, replayed: Any) -> None:
    (event,), _ = replayed(files.text(VIEW), taobao)
    assert event == {
        "event_id": event["event_id"],
        "event_type": "page_view",
        "event_version": 1,
        "timestamp": "2017-11-24T17:21:10Z",
        "user_id": "1",
        "anonymous_id": None,
        "page_type": "product_detail",
        "product_id": "2268318",
        "category": "2520377",
    }


def test_what_has_no_price_costs_1_of_no_currency(files: Any, taobao: Mapping, replayed: Any) -> None:
    (cart, purchase), _ = replayed(files.text(CART, BOUGHT), taobao)
    assert (cart["quantity"], cart["price"], cart["total_value"], cart["currency"]) == (1, "1", "1", "XXX")
    assert (purchase["total_amount"], purchase["currency"]) == ("1", "XXX")
    assert purchase["items"] == [
        {"product_id": "2268318", "category": "2520377", "quantity": 1, "unit_price": "1", "total_price": "1"}
    ]


def test_each_line_bought_is_an_order_also_if_it_is_there_twice(files: Any, taobao: Mapping, replayed: Any) -> None:
    events, _ = replayed(files.text(BOUGHT, BOUGHT), taobao)
    assert len({event["order_id"] for event in events}) == len({event["event_id"] for event in events}) == 2


def test_ids_above_two_to_the_53_keep_every_digit(files: Any, taobao: Mapping, replayed: Any) -> None:
    (event,), _ = replayed(files.text(BIG), taobao)
    assert (event["user_id"], event["product_id"]) == ("9007199254740993", "9007199254740995")


def test_times_that_cannot_be_are_sent_as_they_stand_for_silver_to_refuse(
    files: Any, taobao: Mapping, replayed: Any
) -> None:
    events, _ = replayed(files.text(LONG_AGO, NOT_YET), taobao)
    assert [event["timestamp"] for event in events] == ["1902-05-07T22:32:46Z", "2037-04-09T05:22:35Z"]


def test_everything_at_once_is_counted_exactly(files: Any, taobao: Mapping, sink: Any) -> None:
    report = asyncio.run(Replay(files.text(*DIRTY, last_end=False), taobao, sink, None).run())
    assert report.event_types == Counter({"page_view": 4, "add_to_cart": 1, "purchase": 2, "raw": 4})
    assert (report.lines, report.as_they_are, report.bad_rows) == (11, 4, 3)
    assert [(bad.line, bad.why) for bad in report.first_bad_rows] == [
        (9, "seconds '1.5e9' is no time"),
        (10, "user is empty"),
        (11, "fields: 2 where 5 belong"),
    ]
    raw = [message.value.decode() for message in sink.messages if message.topic == "raw-events"]
    assert raw == [MARKED, NO_SECONDS, NO_USER, HALF]


def test_events_keep_the_contract(
    files: Any, taobao: Mapping, replayed: Any, faults: Callable[[Payload], list[str]]
) -> None:
    events, _ = replayed(files.text(*DIRTY), taobao)
    assert len(events) == 7
    assert [fault for event in events for fault in faults(event)] == []


def test_a_second_replay_is_the_same_to_the_byte_with_or_without_carriage_returns(files: Any, taobao: Mapping) -> None:
    unix, dos = files.text(*DIRTY), files.text(*DIRTY, end=b"\r\n", name="dos.csv")
    first = [one.message for one in outgoing(unix, taobao)]
    assert first == [one.message for one in outgoing(unix, taobao)] == [one.message for one in outgoing(dos, taobao)]
    assert len({json.loads(message.value)["event_id"] for message in first if message.headers}) == 7
