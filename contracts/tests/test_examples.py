"""Every example against its schema, and the schemas and rules against the examples: nothing is only claimed."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from shoplake_contracts import events, examples, rules, tables
from shoplake_contracts.examples import Example
from shoplake_contracts.reasons import Reason

ALL = tuple(examples.load())
GOOD = [example for example in ALL if example.reason is None]
BAD = [example for example in ALL if example.reason is not None]
# Found when the event is read, without a rule.
BY_READING = {
    Reason.MISSING_FIELD,
    Reason.WRONG_TYPE,
    Reason.BAD_TIMESTAMP,
    Reason.UNKNOWN_EVENT_TYPE,
    Reason.UNSUPPORTED_VERSION,
}
# What a schema cannot say: it knows neither the time nor arithmetic.
BEYOND_SCHEMAS = {"timeliness", "consistency"}


def label(example: Example) -> str:
    return f"{example.event_type}-{example.case}"


def errors(example: Example) -> list[str]:
    schema = events.schema(example.event_type, example.version)
    return [error.message for error in Draft202012Validator(schema).iter_errors(example.event)]


def table_rules(example: Example) -> dict[str, rules.Rule]:
    return {rule.name: rule for rule in rules.load(events.table_of(example.event_type))}


@pytest.mark.parametrize("example", GOOD, ids=label)
def test_good_example_is_valid(example: Example) -> None:
    assert errors(example) == []


@pytest.mark.parametrize("example", BAD, ids=label)
def test_bad_example_is_invalid_or_breaks_a_rule_beyond_schemas(example: Example) -> None:
    rule = table_rules(example)[example.rule] if example.rule else None
    beyond = rule is not None and rule.dimension in BEYOND_SCHEMAS
    assert bool(errors(example)) is not beyond


@pytest.mark.parametrize("example", BAD, ids=label)
def test_bad_example_names_what_quarantines_it(example: Example) -> None:
    if example.rule is None:
        assert example.reason in BY_READING
    else:
        assert table_rules(example)[example.rule].reason is example.reason


def test_every_event_type_has_good_and_bad_examples() -> None:
    assert {example.event_type for example in GOOD} == set(events.event_types())
    assert {example.event_type for example in BAD} == set(events.event_types())


def test_every_rule_that_quarantines_has_an_example() -> None:
    wanted = {rule.name for name in tables.load() for rule in rules.load(name) if rule.action == "quarantine"}
    assert wanted - {example.rule for example in BAD} == set()
    assert {example.reason for example in BAD if example.rule is None} == BY_READING


def test_no_two_examples_share_an_id() -> None:
    ids = [example.event.get("event_id") for example in ALL]
    assert len(set(ids)) == len(ids)


def order(lines: list[dict[str, Any]]) -> dict[str, Any]:
    total = sum(line["total_price"] for line in lines)
    return {
        "event_id": "1",
        "event_type": "purchase",
        "timestamp": "2011-01-01T12:00:00Z",
        "anonymous_id": "guest",
        "order_id": "573585",
        "items": lines,
        "total_amount": total,
        "currency": "GBP",
    }


def test_an_order_of_1114_lines_is_valid() -> None:
    line = {"product_id": "21108", "quantity": 1, "unit_price": 0, "total_price": 0}
    assert errors(Example("purchase", 1, "long", order([line] * 1114))) == []


@pytest.mark.parametrize("price", [0.1, 19.99, 1234567.0001, "0.0100", "00.1", "1.00001", "1e3", "-1", -0.0001])
def test_money_is_a_number_or_a_text_with_at_most_four_decimals(price: object) -> None:
    line = {"product_id": "1", "quantity": 1, "unit_price": price, "total_price": 1}
    refused = errors(Example("purchase", 1, "price", order([line])))
    assert bool(refused) is (price in ("00.1", "1.00001", "1e3", "-1", -0.0001))
