"""From a row's text to typed values: exact decimals, times in UTC. What does not parse is a bad row, never a guess."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from .mapping import UNIX_SECONDS, Column, Mapping
from .rows import Row

Typed = str | int | Decimal | datetime | None
INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
MONEY = re.compile(r"[+-]?[0-9]{1,14}(\.[0-9]{1,4})?")
"""What `decimal(18,4)` holds; with a quantity of 9 digits a product has 27 digits, which is exact as well."""
SECONDS = re.compile(r"[+-]?[0-9]{1,10}")
"""The years 1653 to 2286: what is no time of a shop, silver refuses with a reason; what is no time at all stays out."""
FOUR_DECIMALS = Decimal("0.0001")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHOWN_LETTERS = 40


class RowError(ValueError):
    """A row that is not what the mapping says; the sentence names the column and what stands there."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row that was understood."""

    row: Row
    values: dict[str, Typed]


class LineParser:
    """Parses the rows of one data set."""

    def __init__(self, mapping: Mapping) -> None:
        self._columns = [(column, _PARSERS[column.type]) for column in mapping.columns]
        self._products = mapping.products
        self._ratios = mapping.ratios

    def parse(self, row: Row) -> Line:
        """The row's values.

        Raises:
            RowError: it has a fault, or one cannot be what its column says.
        """
        if row.fault is not None:
            raise RowError(row.fault)
        values = {
            column.name: _value(column, parser, cell)
            for (column, parser), cell in zip(self._columns, row.cells, strict=True)
        }
        for name, (one, other) in self._products.items():
            values[name] = number(values[one]) * number(values[other])
        for name, (above, below) in self._ratios.items():
            values[name] = _ratio(number(values[above]), number(values[below]))
        return Line(row, values)


def number(value: Typed) -> Decimal:
    """A value that can be calculated with, exactly.

    Raises:
        TypeError: it is none.
    """
    if isinstance(value, int | Decimal):
        return Decimal(value)
    raise TypeError(f"{value!r} is no number")


def _ratio(above: Decimal, below: Decimal) -> Decimal | None:
    return (above / below).quantize(FOUR_DECIMALS) if below else None


def _value(column: Column, parser: Callable[[Column, str], Typed], cell: str) -> Typed:
    if column.strip_suffix:
        cell = cell.removesuffix(column.strip_suffix)
    if not cell:
        if column.optional:
            return None
        raise RowError(f"{column.name} is empty")
    try:
        return parser(column, cell)
    except (ValueError, OverflowError) as error:
        shown = cell if len(cell) <= SHOWN_LETTERS else f"{cell[:SHOWN_LETTERS]}…"
        raise RowError(f"{column.name} {shown!r} is no {column.type}") from error


def _integer(_: Column, cell: str) -> int:
    if not INTEGER.fullmatch(cell):
        raise ValueError(cell)
    return int(cell)


def _money(_: Column, cell: str) -> Decimal:
    if not MONEY.fullmatch(cell):
        raise ValueError(cell)
    # The plus makes -0.00 a 0.00, which the contract takes.
    return +Decimal(cell)


def _text(_: Column, cell: str) -> str:
    return cell


def _time(column: Column, cell: str) -> datetime:
    if column.format != UNIX_SECONDS:
        return _moment(cell, column.format, column.zone)
    if not SECONDS.fullmatch(cell):
        raise ValueError(cell)
    return EPOCH + timedelta(seconds=int(cell))


@lru_cache(maxsize=4_096)
def _moment(cell: str, form: str, zone: str) -> datetime:
    moment = datetime.strptime(cell, form)  # noqa: DTZ007  # the zone is given below, if the text has none
    # Without anything between the numbers, strptime takes a date that lost a digit for another one.
    if cell.isdigit() and len(moment.strftime(form)) != len(cell):
        raise ValueError(cell)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


_PARSERS: dict[str, Callable[[Column, str], Typed]] = {
    "text": _text,
    "integer": _integer,
    "money": _money,
    "time": _time,
}
