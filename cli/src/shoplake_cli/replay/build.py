"""From groups of lines to contract events, by the rules of the mapping: the same lines always give the same bytes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from shoplake_contracts import events as contract
from shoplake_service_kit.event_publisher import Message

from .groups import Group
from .lines import Line, Typed, number
from .mapping import Condition, Mapping, Rule, Value

RAW_TOPIC = "raw-events"
RAW_TYPE = "raw"
EVENT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message with what is told about it.

    Attributes:
        message: Ready but for the header that says when it was produced.
        event_type: `raw` for rows that go out as they are.
        time: Event time; None for such rows.
        read: Bytes of the file that had to be read for it.
        lines: How many rows it stands for.
        bad: Whether it is a row that could not be read.
    """

    message: Message
    event_type: str
    time: datetime | None
    read: int
    lines: int
    bad: bool = False


class EventBuilder:
    """Applies the rules of one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def build(self, group: Group) -> Iterator[Outgoing]:
        """The events of a group; every one of its lines is in exactly one of them."""
        taken: dict[int, list[Line]] = {}
        for line in group.lines:
            taken.setdefault(self._rule_of(line), []).append(line)
        for index, lines in taken.items():
            if index < 0:
                yield from (as_it_is(line.row.raw, line.row.read) for line in lines)
            else:
                yield from self._apply(self._mapping.rules[index], lines, group)

    def _rule_of(self, line: Line) -> int:
        for index, rule in enumerate(self._mapping.rules):
            if all(_holds(condition, line.values[name]) for name, condition in rule.when.items()):
                return index
        return -1

    def _apply(self, rule: Rule, lines: list[Line], group: Group) -> Iterator[Outgoing]:
        portions = [[line] for line in lines] if rule.each == "line" else [lines]
        for nth, portion in enumerate(portions):
            if rule.positive and _resolve(rule.fields[rule.positive], portion) <= 0:
                yield from (as_it_is(line.row.raw, line.row.read) for line in portion)
            else:
                yield self._event(rule, portion, group, nth)

    def _event(self, rule: Rule, lines: list[Line], group: Group, nth: int) -> Outgoing:
        event: dict[str, Any] = {
            "event_id": self._identity(rule, group, nth),
            "event_type": rule.event,
            "event_version": EVENT_VERSION,
            "timestamp": _json(group.time),
        }
        event |= self._visitor(lines) if rule.visitor else {"user_id": None, "anonymous_id": None}
        event |= _fields(rule.fields, lines)
        if rule.items is not None:
            event["items"] = [_fields(rule.items, [line]) for line in lines]
        key = event[rule.key] if rule.key else event["user_id"] or event["anonymous_id"]
        message = Message(
            rule.topic or contract.topic_of(rule.event),
            str(key).encode(),
            json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode(),
            (
                ("event_type", rule.event.encode()),
                ("event_id", event["event_id"].encode()),
                ("schema_version", str(EVENT_VERSION).encode()),
            ),
        )
        return Outgoing(message, rule.event, group.time, lines[-1].row.read, len(lines))

    def _identity(self, rule: Rule, group: Group, nth: int) -> str:
        """An id from the place of the content: which set, which rule, which group, which of its events."""
        place = [self._mapping.name, rule.event, *(str(_json(part)) for part in group.key), str(nth)]
        if group.late is not None:
            place.append(f"late:{group.late}")
        return sha256("\x1f".join(place).encode()).hexdigest()[:32]

    def _visitor(self, lines: Sequence[Line]) -> dict[str, Any]:
        who = self._mapping.visitor
        users = (line.values[who.user] for line in lines)
        user = next((str(user) for user in users if user is not None), None)
        guest = None if user else f"{self._mapping.name}:{lines[0].values[who.guest]}"
        return {"user_id": user, "anonymous_id": guest}


def as_it_is(raw: bytes, read: int) -> Outgoing:
    """A row that is no event, for the inlet that takes anything: it must end in quarantine, not in a bin."""
    return Outgoing(Message(RAW_TOPIC, None, raw), RAW_TYPE, None, read, 1)


def _holds(condition: Condition, value: Typed) -> bool:
    if condition.starts_with is not None and not str(value).startswith(condition.starts_with):
        return False
    if condition.starts_without is not None and str(value).startswith(condition.starts_without):
        return False
    if condition.below is not None and number(value) >= condition.below:
        return False
    if condition.above is not None and number(value) <= condition.above:
        return False
    return condition.at_most is None or number(value) <= condition.at_most


def _fields(fields: dict[str, Value], lines: Sequence[Line]) -> dict[str, Any]:
    return {name: _json(_resolve(value, lines)) for name, value in fields.items()}


def _resolve(value: Value, lines: Sequence[Line]) -> Any:
    if value.fields is not None:
        return _fields(value.fields, lines)
    if value.sum is not None:
        found: Any = sum((number(line.values[value.sum]) for line in lines), Decimal(0))
    elif value.column is not None:
        found = lines[0].values[value.column]
    else:
        found = value.value
    return -found if value.negate else found


def _json(value: Any) -> Any:
    """A value as JSON has it: money as text, which no reader rounds; times in UTC."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value
