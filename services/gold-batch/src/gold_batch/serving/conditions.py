"""The filter language: column, operator, value. Closed: no SQL, and every value is read by its column's type."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import reduce
from typing import Any

from pyiceberg.expressions import (
    And,
    BooleanExpression,
    EqualTo,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    NotEqualTo,
    NotNull,
)
from shoplake_contracts.errors import InvalidRequest
from shoplake_contracts.tables import Table
from shoplake_lake_kit.reader import EVERYTHING

_COMPARING: Mapping[str, Callable[..., BooleanExpression]] = {
    "eq": EqualTo,
    "ne": NotEqualTo,
    "lt": LessThan,
    "lte": LessThanOrEqual,
    "gt": GreaterThan,
    "gte": GreaterThanOrEqual,
}
OPERATORS = (*_COMPARING, "in", "null")
_TRUTH = {"true": True, "false": False}
_NULL: Mapping[str, Callable[..., BooleanExpression]] = {"yes": IsNull, "no": NotNull}
_MOST_BIGINT = 2**63


def conditions(table: Table, filters: tuple[str, ...], days: str | None) -> BooleanExpression:
    """What all the filters and the days of a question ask for, as one expression that also prunes files.

    Args:
        table: the contract; its columns are the only names there are.
        filters: each `column:operator:value`.
        days: a day, or `first..last`.

    Raises:
        InvalidRequest: one of them cannot be read; names it.
    """
    found = [condition(table, text) for text in filters]
    if days:
        first, _, last = days.partition("..")
        found += [
            condition(table, f"partition_date:gte:{first}"),
            condition(table, f"partition_date:lte:{last or first}"),
        ]
    return reduce(And, found, EVERYTHING)


def condition(table: Table, text: str) -> BooleanExpression:
    """One `column:operator:value`."""
    name, _, rest = text.partition(":")
    operator, colon, value = rest.partition(":")
    column = next((column for column in table.columns if column.name == name), None)
    if column is None:
        raise _wrong(text, f"{table.name} has no column {name!r}")
    if operator not in OPERATORS or not colon:
        raise _wrong(text, f"the operator is one of {', '.join(OPERATORS)}")
    if operator == "null":
        if value not in _NULL:
            raise _wrong(text, "null takes yes or no")
        return _NULL[value](term=name)
    try:
        if operator == "in":
            return In(term=name, literals={_value(one, column.type) for one in value.split(",")})
        return _COMPARING[operator](term=name, value=_value(value, column.type))
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise _wrong(text, f"{name} is of type {column.type}") from error


def _value(text: str, type_: str) -> Any:
    """A value as PyIceberg compares it with a column of this type."""
    if type_ == "string":
        return text
    if type_ in {"bigint", "int"}:
        number = int(text)
        if not -_MOST_BIGINT <= number < _MOST_BIGINT:
            raise OverflowError(text)
        return number
    if type_.startswith("decimal("):
        return _decimal(text, int(type_.rstrip(")").rpartition(",")[2]))
    if type_ == "boolean" and text in _TRUTH:
        return _TRUTH[text]
    if type_ == "date":
        return date.fromisoformat(text).isoformat()
    if type_ == "timestamp":
        return datetime.fromisoformat(text).isoformat()
    raise ValueError(text)


def _decimal(text: str, scale: int) -> Decimal:
    """With exactly the column's digits: a value that has more of them equals no row, which is worth an error."""
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    scaled = value.quantize(Decimal(1).scaleb(-scale))
    if scaled != value:
        raise ValueError(text)
    return scaled


def _wrong(text: str, why: str) -> InvalidRequest:
    return InvalidRequest(f"filter {text!r}: {why}", remedy="Write column:operator:value, such as revenue:gte:100.")
