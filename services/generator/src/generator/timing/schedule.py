"""When events are due: one absolute schedule, so that a late step is made up for instead of slowing the whole run."""

from collections.abc import Callable

from generator.behaviour.events import Millis

MOST_BEHIND = 5.0
"""Seconds a schedule may be behind before it gives up catching up (after a pause, an outage) and moves on."""

Factor = Callable[[float], tuple[float, float]]
"""By how much the rate is multiplied at a time (seconds since 1970), and until when that holds."""

FOR_EVER = float("inf")


def steady(_: float) -> tuple[float, float]:
    """The rate as it was asked for, always."""
    return 1.0, FOR_EVER


class Schedule:
    """Events at even distances, as long as the rate stays the same.

    Args:
        start: seconds since 1970; the first event is one distance later.
        rate: events per second; None: everything is always due.
        factor: changes the rate over time.
        by_itself: time does not come from a clock: the next events are always due, at the times they have.

    Attributes:
        begins: as `start`.
        slipped: seconds by which the schedule was moved, for the status.
    """

    def __init__(self, start: float, rate: float | None, factor: Factor = steady, *, by_itself: bool = False) -> None:
        self.begins = start
        self._rate = rate
        self._factor = factor
        self._by_itself = by_itself
        self.slipped = 0.0
        if rate:
            self._enter(start, owed=1.0)

    def take(self, now: float, most: int) -> list[Millis]:
        """The times of the events that are due and were not taken yet, `most` at a time, in order."""
        if not self._rate:
            return [Millis(int(now * 1000))] * most
        if not self._by_itself:
            self._catch_up(now)
        times: list[Millis] = []
        while len(times) < most and (self._by_itself or self._next <= now):
            times.append(Millis(int(self._next * 1000)))
            self._advance()
        return times

    def _catch_up(self, now: float) -> None:
        behind = now - self._next
        if behind > MOST_BEHIND:
            self.slipped += behind
            self._enter(now, owed=0.0)

    def _enter(self, begin: float, owed: float) -> None:
        """Begin a time of one rate; the next event comes after `owed` events' worth of it."""
        factor, until = self._factor(begin)
        rate = (self._rate or 0.0) * factor
        while rate <= 0 or begin + owed / rate > until:
            owed -= rate * (until - begin)
            begin = until
            factor, until = self._factor(begin)
            rate = (self._rate or 0.0) * factor
        # Counted from one point: adding up small distances would lose a half of one per cent at 20,000 a second.
        self._begin, self._until, self._owed, self._count, self._current = begin, until, owed, 0, rate
        self._next = begin + owed / rate

    def _advance(self) -> None:
        self._count += 1
        following = self._begin + (self._owed + self._count) / self._current
        if following <= self._until:
            self._next = following
        else:
            self._enter(self._until, self._owed + self._count - (self._until - self._begin) * self._current)
