"""From groups of lines to contract events, by the rules of the mapping: the same lines always give the same bytes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from shoplake_contracts import events as contract
from shoplake_service_kit.event_publisher import Message

from .conditions import Conditions
from .groups import Group
from .lines import Line
from .mapping import Mapping, Rule
from .rows import Row
from .values import Fields, as_json, source_of

RAW_TOPIC = "raw-events"
RAW_TYPE = "raw"
EVENT_VERSION = 1
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read: its line in the file, from 1, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message with what is told about it.

    Attributes:
        message: Ready but for the header that says when it was produced.
        event_type: `raw` for rows that go out as they are.
        time: Event time; None for such rows.
        read: Bytes of the file that had to be read for it.
        lines: How many rows it stands for.
        bad: What was wrong, if it is a row that could not be read.
    """

    message: Message
    event_type: str
    time: datetime | None
    read: int
    lines: int
    bad: BadRow | None = None


class EventBuilder:
    """Applies the rules of one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._conditions = [Conditions(rule) for rule in mapping.rules]
        self._events = [_EventOfRule(mapping, rule) for rule in mapping.rules]

    def rule_of(self, line: Line) -> int | None:
        """Index of the first rule that fits a line; None if none does."""
        return next((index for index, conditions in enumerate(self._conditions) if conditions.hold(line)), None)

    def build(self, group: Group) -> Iterator[Outgoing]:
        """The events of a group in which lines of several rules may be; each line is in exactly one of them."""
        taken: dict[int | None, list[Line]] = {}
        for line in group.lines:
            taken.setdefault(self.rule_of(line), []).append(line)
        for index, lines in taken.items():
            yield from self.apply(index, group, lines)

    def apply(self, index: int | None, group: Group, lines: list[Line]) -> Iterator[Outgoing]:
        """The events that a rule makes of some of a group's lines; without a rule they go out as they are."""
        if index is None:
            yield from (as_it_is(line.row) for line in lines)
        else:
            yield from self._events[index].make(group, lines)


class _EventOfRule:
    """Makes the events of one rule."""

    def __init__(self, mapping: Mapping, rule: Rule) -> None:
        self._name = mapping.name
        self._who = mapping.visitor
        self._rule = rule
        self._topic = rule.topic or contract.topic_of(rule.event)
        self._fields = Fields(rule.fields)
        self._items = None if rule.items is None else Fields(rule.items)
        self._amount = source_of(rule.fields[rule.positive]) if rule.positive else None

    def make(self, group: Group, lines: list[Line]) -> Iterator[Outgoing]:
        """One per line or one of all; lines that do not come to an amount above 0, where one is asked, as they are."""
        portions = [[line] for line in lines] if self._rule.each == "line" else [lines]
        for nth, portion in enumerate(portions):
            if self._amount is not None and self._amount(portion, "") <= 0:
                yield from (as_it_is(line.row) for line in portion)
            else:
                yield self._outgoing(portion, group, nth)

    def _outgoing(self, lines: list[Line], group: Group, nth: int) -> Outgoing:
        event_id = self._identity(group, nth)
        event = self._event(lines, group.time, event_id)
        key = event[self._rule.key] if self._rule.key else event["user_id"] or event["anonymous_id"]
        headers = (
            ("event_type", self._rule.event.encode()),
            ("event_id", event_id.encode()),
            ("schema_version", str(EVENT_VERSION).encode()),
        )
        value = _ENCODER.encode(event).encode()
        message = Message(self._topic, None if key is None else str(key).encode(), value, headers)
        return Outgoing(message, self._rule.event, group.time, lines[-1].row.read, len(lines))

    def _event(self, lines: list[Line], time: datetime, event_id: str) -> dict[str, Any]:
        event: dict[str, Any] = {
            "event_id": event_id,
            "event_type": self._rule.event,
            "event_version": EVENT_VERSION,
            "timestamp": as_json(time),
        }
        event |= self._visitor(lines) if self._rule.visitor else {"user_id": None, "anonymous_id": None}
        event |= self._fields.of(lines, event_id)
        if self._items is not None:
            event["items"] = [self._items.of([line], event_id) for line in lines]
        return event

    def _identity(self, group: Group, nth: int) -> str:
        """An id from the place of the content: which set, which rule, which group, which of its events."""
        place = [self._name, self._rule.event, *(str(as_json(part)) for part in group.key), str(nth)]
        if group.mark:
            place.append(group.mark)
        return sha256("\x1f".join(place).encode()).hexdigest()[:32]

    def _visitor(self, lines: Sequence[Line]) -> dict[str, Any]:
        users = (line.values[self._who.user] for line in lines)
        user = next((str(user) for user in users if user is not None), None)
        guest = f"{self._name}:{lines[0].values[self._who.guest]}" if user is None and self._who.guest else None
        return {"user_id": user, "anonymous_id": guest}


def as_it_is(row: Row, why_bad: str | None = None) -> Outgoing:
    """A row that is no event, for the inlet that takes anything: it must end in quarantine, not in a bin."""
    bad = BadRow(row.number, why_bad) if why_bad else None
    return Outgoing(Message(RAW_TOPIC, None, row.raw), RAW_TYPE, None, row.read, 1, bad)
