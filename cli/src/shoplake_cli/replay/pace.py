"""How fast events go out: at a multiple of the speed at which they once happened, or as fast as Kafka takes them."""

from dataclasses import dataclass, field
from datetime import datetime


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

    def wait(self, time: datetime | None, now: float) -> float:
        """Seconds from `now` until an event of this time is due; 0 if it is, or has no time."""
        if self.speed is None or time is None:
            return 0.0
        if self._first is None:
            self._first = time
        due = self.started + (time - self._first).total_seconds() / self.speed
        return max(0.0, due - now)
