"""CDNOW: rows in, events out; runs of blanks, totals instead of prices, several equal purchases of one day."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from shoplake_cli.replay.engine import Replay, outgoing
from shoplake_cli.replay.loading import load
from shoplake_cli.replay.mapping import Mapping

Payload = dict[str, Any]
ONE = " 00001 19970101  1   11.77"
TWO = " 00002 19970112  1   12.00"
FIVE = " 00002 19970112  5   77.00"
THREE = " 00003 19970102  3   20.00"
FREE = " 00006 19970101  1    0.00"
TABS = "00007\t19970101\t2\t28.74"
BIG = " 9007199254740993 19970101  1   11.77"
NOTHING = " 00008 19970101  0    0.00"
GIVEN_BACK = " 00008 19970102  1  -11.77"
SHORT_DAY = " 00009 1997121  1   11.77"
NO_DOLLARS = " 00009 19970101  1   11,77"
HALF = " 23570 19970326  2"
DIRTY = (ONE, TWO, FIVE, THREE, FREE, TABS, "   ", BIG, NOTHING, GIVEN_BACK, SHORT_DAY, NO_DOLLARS, HALF)


@pytest.fixture
def cdnow() -> Mapping:
    return load("cdnow")


def test_a_line_is_a_purchase(files: Any, cdnow: Mapping, replayed: Any) -> None:
    (event,), raw = replayed(files.text(FIVE), cdnow)
    assert raw == []
    assert event == {
        "event_id": event["event_id"],
        "event_type": "purchase",
        "event_version": 1,
        "timestamp": "1997-01-12T00:00:00Z",
        "user_id": "00002",
        "anonymous_id": None,
        "order_id": event["event_id"],
        "total_amount": "77.00",
        "currency": "USD",
        "items": [{"product_id": "cd", "quantity": 5, "unit_price": "15.4000", "total_price": "77.00"}],
    }


@pytest.mark.parametrize(
    ("row", "unit_price"),
    [
        (" 00001 19970101  3   20.00", "6.6667"),
        (" 00001 19970101  8    0.01", "0.0012"),
        (" 00001 19970101 99 1286.01", "12.9900"),
        (FREE, "0.0000"),
    ],
)
def test_the_total_is_kept_and_the_unit_price_follows_within_what_the_rules_allow(
    files: Any, cdnow: Mapping, replayed: Any, row: str, unit_price: str
) -> None:
    (event,), _ = replayed(files.text(row), cdnow)
    (item,) = event["items"]
    assert (item["unit_price"], item["total_price"], event["total_amount"]) == (unit_price, *[row.split()[3]] * 2)
    # The rule items_add_up of contracts/rules/groups/items.yaml.
    difference = abs(Decimal(item["unit_price"]) * item["quantity"] - Decimal(item["total_price"]))
    assert difference <= Decimal("0.005") * item["quantity"] + Decimal("0.005")


def test_equal_purchases_of_one_customer_and_day_are_two_orders(files: Any, cdnow: Mapping, replayed: Any) -> None:
    events, _ = replayed(files.text(TWO, TWO, FIVE), cdnow)
    assert [(event["user_id"], event["total_amount"]) for event in events] == [
        ("00002", "12.00"),
        ("00002", "12.00"),
        ("00002", "77.00"),
    ]
    assert len({event["order_id"] for event in events}) == len({event["event_id"] for event in events}) == 3


def test_another_file_s_line_of_the_same_number_is_another_event(files: Any, cdnow: Mapping, replayed: Any) -> None:
    (one,), _ = replayed(files.text(ONE), cdnow)
    (two,), _ = replayed(files.text(TWO), cdnow)
    assert one["event_id"] != two["event_id"]


def test_everything_at_once_is_counted_exactly(files: Any, cdnow: Mapping, sink: Any) -> None:
    report = asyncio.run(Replay(files.text(*DIRTY, last_end=False), cdnow, sink, None).run())
    assert report.event_types == Counter({"purchase": 7, "raw": 5})
    assert (report.lines, report.as_they_are, report.bad_rows) == (12, 5, 3)
    assert [(bad.line, bad.why) for bad in report.first_bad_rows] == [
        (11, "day '1997121' is no time"),
        (12, "dollars '11,77' is no money"),
        (13, "fields: 3 where 4 belong"),
    ]
    raw = [message.value.decode() for message in sink.messages if message.topic == "raw-events"]
    assert raw == [NOTHING, GIVEN_BACK, SHORT_DAY, NO_DOLLARS, HALF]
    users = [json.loads(message.value)["user_id"] for message in sink.messages if message.topic == "purchases"]
    assert users == ["00001", "00002", "00002", "00003", "00006", "00007", "9007199254740993"]


def test_events_keep_the_contract(
    files: Any, cdnow: Mapping, replayed: Any, faults: Callable[[Payload], list[str]]
) -> None:
    events, _ = replayed(files.text(*DIRTY), cdnow)
    assert len(events) == 7
    assert [fault for event in events for fault in faults(event)] == []


def test_a_second_replay_is_the_same_to_the_byte_with_or_without_carriage_returns(files: Any, cdnow: Mapping) -> None:
    unix, dos = files.text(*DIRTY), files.text(*DIRTY, end=b"\r\n", name="dos.txt")
    first = [one.message for one in outgoing(unix, cdnow)]
    assert first == [one.message for one in outgoing(unix, cdnow)] == [one.message for one in outgoing(dos, cdnow)]
