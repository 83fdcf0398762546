"""Which lines wait for others: all of them, where the data set has one grouping, else those of the rules that group."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from .build import EventBuilder, Outgoing
from .groups import Group, Grouper
from .lines import Line
from .mapping import Grouping, Mapping


class Gathering(Protocol):
    """Takes lines in the order of the file and gives out the events that are complete."""

    def take(self, line: Line) -> Iterator[Outgoing]:
        """The events that a line completes; it MUST be exhausted before the next line is taken."""

    def rest(self) -> Iterator[Outgoing]:
        """The events of the lines that still wait at the end of the file."""


def gathering_of(mapping: Mapping) -> Gathering:
    """The way a mapping asks for."""
    return ByRule(mapping) if mapping.group is None else AllFirst(mapping, mapping.group)


class AllFirst:
    """Every line waits for its group; then the rules look at the group's lines. Events come in the order of time."""

    def __init__(self, mapping: Mapping, rule: Grouping) -> None:
        self._time = mapping.time
        self._builder = EventBuilder(mapping)
        self._grouper = Grouper(rule, mapping.time)

    def take(self, line: Line) -> Iterator[Outgoing]:
        """The events of the groups that are over by the line's time."""
        time = time_of(line, self._time)
        for group in self._grouper.due(time):
            yield from self._builder.build(group)
        self._grouper.add(line, time)

    def rest(self) -> Iterator[Outgoing]:
        """The events of the groups still open."""
        for group in self._grouper.rest():
            yield from self._builder.build(group)


class ByRule:
    """A line waits only if its rule gathers lines; any other goes out at once, in the order of the file."""

    def __init__(self, mapping: Mapping) -> None:
        self._time = mapping.time
        self._builder = EventBuilder(mapping)
        self._groupers: dict[int | None, Grouper] = {
            index: Grouper(rule.group, mapping.time) for index, rule in enumerate(mapping.rules) if rule.group
        }

    def take(self, line: Line) -> Iterator[Outgoing]:
        """The events of the groups that are over by the line's time, then the line's own, if it waits for none."""
        time = time_of(line, self._time)
        for index, grouper in self._groupers.items():
            for group in grouper.due(time):
                yield from self._builder.apply(index, group, group.lines)
        index = self._builder.rule_of(line)
        if index in self._groupers:
            self._groupers[index].add(line, time)
        else:
            yield from self._builder.apply(index, Group.of_one(line, time), [line])

    def rest(self) -> Iterator[Outgoing]:
        """The events of the groups still open, rule by rule."""
        for index, grouper in self._groupers.items():
            for group in grouper.rest():
                yield from self._builder.apply(index, group, group.lines)


def time_of(line: Line, column: str) -> datetime:
    """When a line happened.

    Raises:
        TypeError: the column holds no time.
    """
    time = line.values[column]
    if not isinstance(time, datetime):
        raise TypeError(f"{column} is no time")
    return time
