"""How fast events go out: at a multiple of the speed at which they once happened, or as fast as Kafka takes them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

LEAP = timedelta(days=30)
"""Longer than any shop is closed: it is dirt, as a date in 2037 among those of 2017, or a hole; nobody waits for it."""


@dataclass
class Pace:
    """Event time against real time.

    Args:
        speed: Event seconds per real second; None for no limit.
        started: Real time (monotonic seconds) of the first event.
    """

    speed: float | None
    started: float
    _first: datetime | None = field(default=None, init=False)
    _latest: datetime | None = field(default=None, init=False)

    def wait(self, time: datetime | None, now: float) -> float:
        """Seconds from `now` until an event of this time is due; 0 if it is, or has no time."""
        if self.speed is None or time is None:
            return 0.0
        if self._first is None or self._latest is None:
            self._first = self._latest = time
        if abs(time - self._latest) > LEAP:
            self._first, self.started = time, now
        self._latest = time
        due = self.started + (time - self._first).total_seconds() / self.speed
        return max(0.0, due - now)
