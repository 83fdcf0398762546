"""Where a field's value comes from, worked out once per rule and not once per row."""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from .lines import Line, number
from .mapping import Value

Source = Callable[[Sequence[Line], str], Any]


class Fields:
    """The fields of an event or of an item, in the order of the mapping."""

    def __init__(self, fields: Map[str, Value]) -> None:
        self._sources = [(name, source_of(value)) for name, value in fields.items()]

    def of(self, lines: Sequence[Line], event_id: str) -> dict[str, Any]:
        """Their values as JSON has them."""
        return {name: as_json(source(lines, event_id)) for name, source in self._sources}


def source_of(value: Value) -> Source:
    """What gives a field's value from the lines of an event and the event's id."""
    if value.column is not None:
        return _negated(_column(value.column)) if value.negate else _column(value.column)
    if value.sum is not None:
        return _negated(_sum(value.sum)) if value.negate else _sum(value.sum)
    if value.fields is not None:
        return Fields(value.fields).of
    if value.event_id:
        return lambda _, event_id: event_id
    return lambda _, __: value.value


def as_json(value: Any) -> Any:
    """A value as JSON has it: money as text, which no reader rounds; times in UTC."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
    return value


def _column(name: str) -> Source:
    return lambda lines, _: lines[0].values[name]


def _sum(name: str) -> Source:
    return lambda lines, _: sum((number(line.values[name]) for line in lines), Decimal(0))


def _negated(source: Source) -> Source:
    return lambda lines, event_id: -source(lines, event_id)
