"""Visits whose clock is not the shop's: told long after they happened, or from a device that goes wrong."""

from typing import NamedTuple

from .chance import Chance
from .events import DAY

LATE, SKEWED = "late", "clock_skew"
SHORTEST_DELAY, LONGEST_DELAY = 3_600_000, 2 * DAY
MOST_SKEW = 240_000
"""Milliseconds. Five minutes ahead would be refused as from the future: that is a defect of its own."""


class Oddities(NamedTuple):
    """Shares of the visits."""

    late: float = 0.0
    clock_skew: float = 0.0

    def draw(self, chance: Chance) -> tuple[int, str | None]:
        """The milliseconds by which a new visit's clock is ahead, and the name of the defect; 0 and None for most."""
        if not self.late and not self.clock_skew:
            return 0, None
        drawn = next(chance.uniform)
        if drawn < self.late:
            # As many within each doubling: an hour late is more common than two days.
            return -int(SHORTEST_DELAY * (LONGEST_DELAY / SHORTEST_DELAY) ** next(chance.uniform)), LATE
        if drawn < self.late + self.clock_skew:
            return chance.integer(-MOST_SKEW, MOST_SKEW), SKEWED
        return 0, None
