"""Messages become rows whatever they hold."""

from dataclasses import dataclass
from typing import Any, cast

from confluent_kafka import Message
from shoplake_arrow_kit.records import RECORDS, header_lists, records


@dataclass
class Stand:
    """A message of `purchases/0`; its headers are what the client makes of them."""

    number: int
    named: list[tuple[str, bytes]] | None

    def topic(self) -> str:
        return "purchases"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.number

    def timestamp(self) -> tuple[int, int]:
        return (2, 1_714_557_600_123)

    def key(self) -> bytes | None:
        return None

    def value(self) -> bytes | None:
        return b"{}"

    def headers(self) -> list[tuple[str, bytes]] | None:
        if self.named == []:
            raise SystemError("a result with an exception set")
        return self.named


def test_a_header_whose_name_is_no_text_stops_no_row() -> None:
    messages = cast("list[Message]", [Stand(0, []), Stand(1, [("a", b"1")]), Stand(2, None)])
    found: list[dict[str, Any]] = records(messages, {"purchases": 1}).to_pylist()
    assert [row["headers"] for row in found] == [None, [{"key": "a", "value": b"1"}], None]
    assert {(row["epoch"], row["value"]) for row in found} == {(1, b"{}")}
    assert found[0]["kafka_timestamp"].microsecond == 123_000


def test_headers_keep_their_order_and_their_records() -> None:
    lists = header_lists([None, [("a", b"1"), ("a", None)], None, None, [("b", b"")]])
    assert lists.type == RECORDS.field("headers").type
    told = [None if row is None else [(it["key"], it["value"]) for it in row] for row in lists.to_pylist()]
    assert told == [None, [("a", b"1"), ("a", None)], None, None, [("b", b"")]]


def test_no_messages_are_no_rows() -> None:
    assert records([], {}).num_rows == 0
