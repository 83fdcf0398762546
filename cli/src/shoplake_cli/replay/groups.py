"""Brings lines that belong together into one group, in bounded memory, also when they do not stand side by side."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush

from .lines import Line, Typed
from .mapping import Grouping

Key = tuple[Typed, ...]


@dataclass
class Group:
    """Lines with the same key.

    Attributes:
        time: Of the first line.
        late: Number of its first row, if the group came after groups of its time were closed already: one with the
            same key may have been sent before, so this one needs an identity of its own. Else None.
    """

    key: Key
    time: datetime
    late: int | None
    lines: list[Line] = field(default_factory=list)


class Grouper:
    """Holds groups open until event time has moved on, then gives them out in the order of their time.

    Sorted input gives every group whole. An unsorted file loses nothing: what comes after its group was closed opens
    another one.
    """

    def __init__(self, rule: Grouping) -> None:
        self._rule = rule
        self._open: dict[Key, Group] = {}
        self._queue: list[tuple[datetime, int, Key]] = []
        self._patience = timedelta(hours=rule.open_hours)
        self._closed_up_to: datetime | None = None
        self._held = 0

    def add(self, line: Line) -> Iterator[Group]:
        """Take a line in; gives out the groups that nothing can be added to any more."""
        time = line.values[self._rule.time]
        if not isinstance(time, datetime):
            raise TypeError(f"{self._rule.time} is no time")
        while self._queue and (self._queue[0][0] + self._patience < time or self._held >= self._rule.most_lines):
            yield self._close()
        key = tuple(line.values[name] for name in self._rule.by)
        if key not in self._open:
            late = self._closed_up_to is not None and time <= self._closed_up_to
            self._open[key] = Group(key, time, line.row.number if late else None)
            heappush(self._queue, (time, line.row.number, key))
        self._open[key].lines.append(line)
        self._held += 1

    def rest(self) -> Iterator[Group]:
        """The groups still open at the end of the file."""
        while self._queue:
            yield self._close()

    def _close(self) -> Group:
        time, _, key = heappop(self._queue)
        self._closed_up_to = time if self._closed_up_to is None else max(time, self._closed_up_to)
        group = self._open.pop(key)
        self._held -= len(group.lines)
        return group
