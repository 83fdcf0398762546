"""One run of the generator, from its config to its last event; knows nothing of threads, Kafka or clocks."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shoplake_service_kit.event_publisher import Message

from .behaviour.events import Millis, rfc3339
from .behaviour.shop import Shop
from .defects import Defects
from .encoding import encode_all
from .schedule import Schedule
from .settings import GeneratorConfig

STEP_EVENTS = 2_000
"""Most events of one step: bounds its memory, and a step to well under half a second."""

THINKING_SECONDS = 5.0
MOST_VISITS = 2_000
EVENTS_PER_VISIT_SLOT = 50


def visits_at_once(config: GeneratorConfig) -> int:
    """So many visits that a visitor thinks some seconds before each step; fewer in a short run, so that they finish."""
    visits = config.rate * THINKING_SECONDS if config.rate else MOST_VISITS
    if config.num_events:
        visits = min(visits, config.num_events / EVENTS_PER_VISIT_SLOT)
    return int(min(MOST_VISITS, max(5, visits)))


@dataclass
class Run:
    """What one run has done so far.

    Attributes:
        pending: Messages that are made and not confirmed yet; they go first.
        produced: Events made.
    """

    run_id: str
    seed: int
    config: GeneratorConfig
    started: float
    pending: list[Message] = field(default_factory=list)
    produced: int = 0

    def __post_init__(self) -> None:
        self.schedule = Schedule(self.started, self.config.rate or None)
        self.defects = Defects(self.seed, self.config.invalid_ratio, self.config.duplicate_ratio)
        self._shop = Shop(self.seed, visits_at_once(self.config))

    @property
    def all_made(self) -> bool:
        """Whether the asked-for number of events is made."""
        return self.config.num_events is not None and self.produced >= self.config.num_events

    @property
    def complete(self) -> bool:
        """Whether all of them are confirmed as well."""
        return self.all_made and not self.pending

    def make_due(self, now: float) -> None:
        """Make the events that are due at `now` (seconds since 1970); they are pending then."""
        most = STEP_EVENTS
        if self.config.num_events is not None:
            most = min(most, self.config.num_events - self.produced)
        times = self.schedule.take(now, most)
        events = (self._shop.next_event(at) for at in times)
        produced_at = rfc3339(Millis(int(now * 1000)))
        self.pending.extend(self.defects.plant(message) for message in encode_all(events, produced_at))
        self.produced += len(times)

    def figures(self, per_topic: Counter[str]) -> dict[str, Any]:
        """What a status and the manifest tell of it, given the confirmed events per topic."""
        return {
            "run_id": self.run_id,
            "seed": self.seed,
            "produced": self.produced,
            "acknowledged": sum(per_topic.values()),
            "per_topic": dict(per_topic),
            "planted": dict(self.defects.planted),
            "slip_seconds": round(self.schedule.slipped, 3),
            "done": self.complete,
        }
