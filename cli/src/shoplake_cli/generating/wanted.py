"""What a person asks the generator for, in the command line's words and in the service's."""

from dataclasses import dataclass
from typing import Any

SHORTEST_DELAY = 1e-6
"""A delay below it is none: the service takes no higher rate than this one's."""


@dataclass(frozen=True)
class Wanted:
    """One run.

    Attributes:
        events: after how many it ends; None: only when it is told to.
        delay: seconds from one event to the next; 0: as fast as it goes.
        scenario: name of one that the service knows.
        seed: decides what happens; None: another one each run.
        days: over how many past days the events are spread, as fast as it goes; None: they happen now.
        mirror: whether every sound event goes to `raw-events` as well.
        invalid: share of the events that are spoilt.
        duplicates: share of the events that repeat an earlier one.
    """

    events: int | None
    delay: float = 0.1
    scenario: str | None = None
    seed: int | None = None
    days: float | None = None
    mirror: bool = False
    invalid: float | None = None
    duplicates: float | None = None

    def config(self) -> dict[str, Any]:
        """The body of `POST /generator/start`; what was not asked for is left to the service's defaults."""
        at_once = self.delay < SHORTEST_DELAY or self.days is not None
        asked = {
            "rate": 0.0 if at_once else 1 / self.delay,
            "num_events": self.events,
            "mirror": self.mirror,
            "scenario": self.scenario,
            "seed": self.seed,
            "backfill_days": self.days,
            "invalid_ratio": self.invalid,
            "duplicate_ratio": self.duplicates,
        }
        return {name: value for name, value in asked.items() if value is not None}
