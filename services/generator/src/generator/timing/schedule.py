"""When events are due: one absolute schedule, so that a late step is made up for instead of slowing the whole run."""

from dataclasses import dataclass, field

from .behaviour.events import Millis

MOST_BEHIND = 5.0
"""Seconds a schedule may be behind before it gives up catching up (after a pause, an outage) and moves on."""


@dataclass
class Schedule:
    """Event number n is due at `start + n / rate`.

    Args:
        start: Seconds since 1970.
        rate: Events per second; None means that everything is always due.
        slipped: Seconds by which the schedule was moved, for the status.
    """

    start: float
    rate: float | None
    slipped: float = 0.0
    _taken: int = field(default=0, init=False)

    def take(self, now: float, most: int) -> list[Millis]:
        """The times of the events that are due and were not taken yet, `most` at a time, in order."""
        if self.rate is None:
            self._taken += most
            return [Millis(int(now * 1000))] * most
        behind = now - self._time_of(self._taken + 1)
        if behind > MOST_BEHIND:
            self.slipped += behind
            self.start += behind
        due = int((now - self.start) * self.rate) - self._taken
        numbers = range(self._taken + 1, self._taken + 1 + max(0, min(due, most)))
        self._taken += len(numbers)
        return [Millis(int(self._time_of(number) * 1000)) for number in numbers]

    def _time_of(self, number: int) -> float:
        return self.start + number / self.rate if self.rate else self.start
