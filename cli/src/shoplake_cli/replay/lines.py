"""From a row's text to typed values: exact decimals, times in UTC. What does not parse is a bad row, never a guess."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from .mapping import Column, Mapping
from .rows import Row

Typed = str | int | Decimal | datetime | None
INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
MONEY = re.compile(r"[+-]?[0-9]{1,14}(\.[0-9]{1,4})?")
"""What `decimal(18,4)` holds; with a quantity of 9 digits a product has 27 digits, which is exact as well."""


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

    def parse(self, row: Row) -> Line | None:
        """The row's values; None if one cannot be what its column says."""
        if row.cells is None:
            return None
        try:
            values = {
                column.name: _value(column, parser, cell)
                for (column, parser), cell in zip(self._columns, row.cells, strict=True)
            }
        except ValueError:
            return None
        for name, (one, other) in self._products.items():
            values[name] = number(values[one]) * number(values[other])
        return Line(row, values)


def number(value: Typed) -> Decimal:
    """A value that can be calculated with, exactly.

    Raises:
        TypeError: it is none.
    """
    if isinstance(value, int | Decimal):
        return Decimal(value)
    raise TypeError(f"{value!r} is no number")


def _value(column: Column, parser: Callable[[Column, str], Typed], cell: str) -> Typed:
    if column.strip_suffix:
        cell = cell.removesuffix(column.strip_suffix)
    if cell:
        return parser(column, cell)
    if column.optional:
        return None
    raise ValueError(f"{column.name} is empty")


def _integer(_: Column, cell: str) -> int:
    if not INTEGER.fullmatch(cell):
        raise ValueError(cell)
    return int(cell)


def _money(_: Column, cell: str) -> Decimal:
    if not MONEY.fullmatch(cell):
        raise ValueError(cell)
    return Decimal(cell)


def _text(_: Column, cell: str) -> str:
    return cell


def _time(column: Column, cell: str) -> datetime:
    return _moment(cell, column.format or "%Y-%m-%dT%H:%M:%S", column.zone)


@lru_cache(maxsize=4_096)
def _moment(cell: str, form: str, zone: str) -> datetime:
    moment = datetime.strptime(cell, form)  # noqa: DTZ007  # the zone is given in the next line, if the text has none
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


_PARSERS: dict[str, Callable[[Column, str], Typed]] = {
    "text": _text,
    "integer": _integer,
    "money": _money,
    "time": _time,
}
