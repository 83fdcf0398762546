"""Row filters by which PyIceberg leaves out files: the few kinds that health asks for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pyiceberg.expressions import (
    AlwaysFalse,
    AlwaysTrue,
    And,
    BooleanExpression,
    EqualTo,
    GreaterThan,
    GreaterThanOrEqual,
    IsNull,
    LessThanOrEqual,
    Or,
    Reference,
)
from pyiceberg.expressions.literals import literal

Value = str | int


def equal(column: str, value: Value) -> BooleanExpression:
    """The column has this value."""
    return EqualTo(term=Reference(column), value=literal(value))


def at_least(column: str, value: Value | datetime) -> BooleanExpression:
    """The column has this value or a larger one."""
    plain = value.isoformat() if isinstance(value, datetime) else value
    return GreaterThanOrEqual(term=Reference(column), value=literal(plain))


def at_most(column: str, value: Value) -> BooleanExpression:
    """The column has this value or a smaller one."""
    return LessThanOrEqual(term=Reference(column), value=literal(value))


def above(column: str, value: Value) -> BooleanExpression:
    """The column has a larger value."""
    return GreaterThan(term=Reference(column), value=literal(value))


def absent_value(column: str) -> BooleanExpression:
    """The column is NULL."""
    return IsNull(term=Reference(column))


def all_equal(values: Mapping[str, Value]) -> BooleanExpression:
    """Every named column has its value."""
    return all_of(equal(column, value) for column, value in values.items())


def all_of(parts: Iterable[BooleanExpression]) -> BooleanExpression:
    """Every part holds; true of everything if there is none."""
    return _tree(And, [*parts, AlwaysTrue()])


def any_of(parts: Iterable[BooleanExpression]) -> BooleanExpression:
    """One of the parts holds; true of nothing if there is none."""
    return _tree(Or, [*parts, AlwaysFalse()])


def _tree(join: type[And | Or], parts: Sequence[BooleanExpression]) -> BooleanExpression:
    """Joined in halves: PyIceberg walks an expression recursively, and a chain of a thousand parts is too deep."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    # PyIceberg drops what is always true or false as it joins.
    joined: BooleanExpression = join(_tree(join, parts[:middle]), _tree(join, parts[middle:]))
    return joined
