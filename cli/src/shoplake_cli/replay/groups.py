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
        mark: The place in the file, where the key alone would not tell this group from every other: its events take
            their ids from it as well. Else empty.
    """

    key: Key
    time: datetime
    mark: str = ""
    lines: list[Line] = field(default_factory=list)

    @classmethod
    def of_one(cls, line: Line, time: datetime) -> "Group":
        """A line that waits for no other: told from its twins by where it stands, and from other files by its text."""
        return cls((line.row.raw.decode(),), time, f"line:{line.row.number}", [line])


class Grouper:
    """Holds groups open until event time has moved on, then gives them out in the order of their time.

    Sorted input gives every group whole. An unsorted file loses nothing: what comes after its group was closed opens
    another one.

    Args:
        rule: What belongs together.
        time: Column with the time of a line.
    """

    def __init__(self, rule: Grouping, time: str) -> None:
        self._rule = rule
        self._time_in_key = time in rule.by
        self._open: dict[Key, Group] = {}
        self._queue: list[tuple[datetime, int, Key]] = []
        self._patience = timedelta(hours=rule.open_hours)
        self._closed_up_to: datetime | None = None
        self._held = 0

    def due(self, now: datetime) -> Iterator[Group]:
        """The groups that nothing can be added to any more, as event time has come to `now`."""
        while self._queue and (self._queue[0][0] + self._patience < now or self._held >= self._rule.most_lines):
            yield self._close()

    def add(self, line: Line, time: datetime) -> None:
        """Take a line in; what is due by its time has to be given out before."""
        key = tuple(line.values[name] for name in self._rule.by)
        if key not in self._open:
            self._open[key] = Group(key, time, self._mark(time, line.row.number))
            heappush(self._queue, (time, line.row.number, key))
        self._open[key].lines.append(line)
        self._held += 1

    def rest(self) -> Iterator[Group]:
        """The groups still open at the end of the file."""
        while self._queue:
            yield self._close()

    def _mark(self, time: datetime, number: int) -> str:
        """A key with the time in it comes again only in a late group; one without may come again at any time."""
        if not self._time_in_key:
            return f"line:{number}"
        late = self._closed_up_to is not None and time <= self._closed_up_to
        return f"late:{number}" if late else ""

    def _close(self) -> Group:
        time, _, key = heappop(self._queue)
        self._closed_up_to = time if self._closed_up_to is None else max(time, self._closed_up_to)
        group = self._open.pop(key)
        self._held -= len(group.lines)
        return group
