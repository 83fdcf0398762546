"""Rows in, events out: what each kind of line becomes, dirt included."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shoplake_cli.replay.build import Outgoing
from shoplake_cli.replay.engine import outgoing
from shoplake_cli.replay.mapping import Mapping
from shoplake_contracts.errors import InvalidRequest

Payload = dict[str, Any]
SALE = "536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def one(file: Path, mapping: Mapping) -> Outgoing:
    (found,) = outgoing(file, mapping)
    return found


def test_lines_of_an_invoice_are_the_items_of_one_purchase(files: Any, uci: Mapping, replayed: Any) -> None:
    file = files.csv(SALE, "536365,71053,WHITE LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom")
    (event,), raw = replayed(file, uci)
    assert raw == []
    assert {k: v for k, v in event.items() if k != "event_id"} == {
        "event_type": "purchase",
        "event_version": 1,
        "timestamp": "2010-12-01T08:26:00Z",
        "user_id": "17850",
        "anonymous_id": None,
        "order_id": "536365",
        "items": [
            {
                "product_id": "85123A",
                "product_name": "WHITE HOLDER",
                "quantity": 6,
                "unit_price": "2.55",
                "total_price": "15.30",
            },
            {
                "product_id": "71053",
                "product_name": "WHITE LANTERN",
                "quantity": 6,
                "unit_price": "3.39",
                "total_price": "20.34",
            },
        ],
        "total_amount": "35.64",
        "currency": "GBP",
        "payment_method": None,
        "shipping_address": {"country": "United Kingdom"},
    }


def test_key_topic_and_headers(files: Any, uci: Mapping) -> None:
    message = one(files.csv(SALE), uci).message
    assert (message.topic, message.key) == ("purchases", b"17850")
    assert dict(message.headers) == {
        "event_type": b"purchase",
        "event_id": json.loads(message.value)["event_id"].encode(),
        "schema_version": b"1",
    }


def test_an_invoice_with_two_timestamps_is_two_purchases_of_one_order(files: Any, uci: Mapping, replayed: Any) -> None:
    events, _ = replayed(files.csv(SALE, SALE.replace("08:26", "08:27")), uci)
    assert [(e["order_id"], e["timestamp"]) for e in events] == [
        ("536365", "2010-12-01T08:26:00Z"),
        ("536365", "2010-12-01T08:27:00Z"),
    ]
    assert events[0]["event_id"] != events[1]["event_id"]


def test_a_guest_has_one_anonymous_id_per_invoice(files: Any, uci: Mapping, replayed: Any) -> None:
    guest = SALE.replace("17850.0", "")
    events, _ = replayed(files.csv(guest, guest.replace("536365", "536366")), uci)
    assert [e["user_id"] for e in events] == [None, None]
    assert len({e["anonymous_id"] for e in events}) == 2
    assert one(files.csv(guest), uci).message.key == b"uci-online-retail:536365"


def test_a_cancellation_is_a_refund_of_a_positive_amount(
    files: Any, uci: Mapping, replayed: Any, faults: Callable[[Payload], list[str]]
) -> None:
    file = files.csv("C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527.0,United Kingdom")
    (event,), _ = replayed(file, uci)
    assert (event["event_type"], event["refund_id"], event["order_id"]) == ("refund", "C536379", None)
    assert event["total_amount"] == "27.50"
    assert [(i["quantity"], i["total_price"]) for i in event["items"]] == [(1, "27.50")]
    assert faults(event) == []


@pytest.mark.parametrize(("quantity", "price"), [("-1", "0"), ("1", "27.50"), ("0", "27.50")])
def test_a_cancellation_that_gives_nothing_back_is_not_lost(
    files: Any, uci: Mapping, replayed: Any, quantity: str, price: str
) -> None:
    row = f"C536379,D,Discount,{quantity},2010-12-01 09:41:00,{price},14527.0,United Kingdom"
    assert replayed(files.csv(row), uci) == ([], [row.encode()])


@pytest.mark.parametrize("change", [-10, 0])
def test_a_write_off_is_an_inventory_adjustment(files: Any, uci: Mapping, change: int) -> None:
    row = f"536589,21777,,{change},2010-12-01 16:50:00,0.0,,United Kingdom"
    message = one(files.csv(row), uci).message
    event = json.loads(message.value)
    assert (message.topic, message.key) == ("product-updates", b"21777")
    assert (event["update_type"], event["inventory_change"], event["product_name"]) == (
        "inventory_update",
        change,
        None,
    )


def test_two_equal_write_offs_are_two_events(files: Any, uci: Mapping, replayed: Any) -> None:
    row = "536589,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom"
    events, _ = replayed(files.csv(row, row), uci)
    assert len({event["event_id"] for event in events}) == 2


def test_a_negative_price_is_an_unknown_type_on_raw_events(files: Any, uci: Mapping) -> None:
    row = "A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,United Kingdom"
    message = one(files.csv(row), uci).message
    event = json.loads(message.value)
    assert (message.topic, event["event_type"], event["total_amount"]) == (
        "raw-events",
        "bad_debt_adjustment",
        "-11062.06",
    )


def test_a_free_order_is_still_a_purchase(files: Any, uci: Mapping, replayed: Any) -> None:
    (event,), _ = replayed(files.csv(SALE.replace("2.55", "0.0")), uci)
    assert (event["event_type"], float(event["total_amount"])) == ("purchase", 0)


@pytest.mark.parametrize(
    "row",
    [
        "536365,85123A,WHITE HOLDER,6",
        SALE + ",one too many",
        SALE.replace(",6,", ",six,"),
        SALE.replace("2.55", "2.55555"),
        SALE.replace("2.55", "NaN"),
        SALE.replace("2010-12-01", "2010-13-01"),
        SALE.replace("85123A", ""),
        SALE.replace("WHITE HOLDER", '"WHITE HOLDER'),
        SALE.encode().replace(b"WHITE", b"\xa3"),
    ],
)
def test_a_bad_row_goes_to_raw_events_as_it_is(files: Any, uci: Mapping, replayed: Any, row: str | bytes) -> None:
    raw = row if isinstance(row, bytes) else row.encode()
    after = SALE.replace("536365", "536366")
    events, bad = replayed(files.csv(row, after), uci)
    assert bad == [raw]
    assert [event["order_id"] for event in events] == ["536366"]


def test_quoted_fields_keep_commas_and_quotes(files: Any, uci: Mapping, replayed: Any) -> None:
    (event,), _ = replayed(files.csv(SALE.replace("WHITE HOLDER", '"FRAME 7"" , £ "')), uci)
    assert event["items"][0]["product_name"] == 'FRAME 7" , £ '


def test_a_quote_inside_an_unquoted_field_is_text(files: Any, uci: Mapping, replayed: Any) -> None:
    (event,), _ = replayed(files.csv(SALE.replace("WHITE HOLDER", 'WHITE "HOLDER')), uci)
    assert event["items"][0]["product_name"] == 'WHITE "HOLDER'


def test_cr_lf_blank_lines_and_a_byte_order_mark_change_nothing(files: Any, uci: Mapping) -> None:
    plain = files.csv(SALE, name="plain.csv")
    dos = files.csv(SALE, "", end=b"\r\n", name="dos.csv")
    dos.write_bytes(b"\xef\xbb\xbf" + dos.read_bytes())
    assert [o.message for o in outgoing(dos, uci)] == [o.message for o in outgoing(plain, uci)]


def test_compressed_or_not_is_the_same(files: Any, uci: Mapping) -> None:
    pair = [files.csv(SALE, name=name) for name in ("a.csv", "a.csv.gz")]
    assert [[o.message for o in outgoing(file, uci)] for file in pair] == [[one(pair[0], uci).message]] * 2


def test_a_last_row_cut_in_half_is_a_bad_row(files: Any, uci: Mapping, replayed: Any) -> None:
    events, bad = replayed(files.csv(SALE, SALE[:40], last_end=False), uci)
    assert (len(events), bad) == (1, [SALE[:40].encode()])


def test_another_data_set_is_refused(tmp_path: Path, uci: Mapping) -> None:
    other = tmp_path / "other.csv"
    other.write_text("user,item\n1,2\n")
    with pytest.raises(InvalidRequest, match="first line is not that of uci-online-retail"):
        list(outgoing(other, uci))


def test_a_missing_file_is_refused(tmp_path: Path, uci: Mapping) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read"):
        list(outgoing(tmp_path / "none.csv", uci))


def test_a_damaged_archive_sends_no_half_invoice(files: Any, uci: Mapping) -> None:
    file = files.csv(SALE, *[SALE.replace("536365", str(n)) for n in range(600_000, 600_500)], name="cut.csv.gz")
    file.write_bytes(file.read_bytes()[:-20])
    found = []
    with pytest.raises(InvalidRequest, match="is damaged"):
        found.extend(outgoing(file, uci))
    assert found == []
