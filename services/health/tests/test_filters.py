"""Filters that PyIceberg can walk, however many parts they have."""

from health.filters import all_equal, any_of, at_least, equal
from pyiceberg.expressions import AlwaysFalse, AlwaysTrue, EqualTo
from pyiceberg.expressions.visitors import expression_evaluator
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import LongType, NestedField, StringType

SCHEMA = Schema(NestedField(1, "topic", StringType()), NestedField(2, "offset", LongType()))


def test_a_thousand_parts_can_be_walked() -> None:
    matches = expression_evaluator(SCHEMA, any_of(equal("offset", 2 * n) for n in range(1000)), case_sensitive=True)
    assert matches(Record("t", 998))
    assert not matches(Record("t", 999))


def test_no_parts_is_nothing_or_everything() -> None:
    assert any_of([]) == AlwaysFalse()
    assert all_equal({}) == AlwaysTrue()
    assert any_of([equal("topic", "t")]) == EqualTo("topic", "t")


def test_values_are_compared_as_the_column_is() -> None:
    matches = expression_evaluator(SCHEMA, at_least("offset", 7), case_sensitive=True)
    assert (matches(Record("t", 7)), matches(Record("t", 6))) == (True, False)
