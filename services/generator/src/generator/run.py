"""One run of the generator, from its config to its last event; knows nothing of threads, Kafka or clocks."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from shoplake_service_kit.event_publisher import Delivered, Message

from . import scenarios
from .behaviour.events import Event, Millis, rfc3339
from .behaviour.oddities import Oddities
from .behaviour.shop import Shop
from .defects.planting import Defects, Outgoing, Planted
from .encoding import RAW_TOPIC, ProducedAt, encode, produced_at
from .settings import GeneratorConfig
from .timing.plan import schedule_of
from .truth import Truth

STEP_EVENTS = 5_000
"""Most events of one step: bounds its memory, and a step to well under half a second."""

THINKING_SECONDS = 5.0
MOST_VISITS = 500
"""More of them do not fit into a processor's cache, which costs a third of the speed."""
EVENTS_PER_VISIT_SLOT = 50
DAYS_WITH_REFUNDS = 2.0
"""A run over so many days has its refunds days after the orders."""


def visits_at_once(config: GeneratorConfig) -> int:
    """So many visits that a visitor thinks some seconds before each step; fewer in a short run, so that they finish."""
    visits = config.rate * THINKING_SECONDS if config.rate and not config.backfill_days else MOST_VISITS
    if config.num_events:
        visits = min(visits, config.num_events / EVENTS_PER_VISIT_SLOT)
    return int(min(MOST_VISITS, max(5, visits)))


class Address(NamedTuple):
    """Where a message is in Kafka."""

    topic: str
    partition: int
    offset: int


class Run:
    """What one run has done so far.

    Args:
        run_id: its name.
        seed: decides everything that is left to chance.
        config: what was asked for.
        clock: seconds since 1970; asked once, when the shop is invented and the first event can be made.

    Attributes:
        pending: messages that are made and not confirmed yet; they go first.
        produced: events made, copies and spoilt ones included, mirrored ones not.
        bytes: of the values that were confirmed.
        resent: messages that were handed in again because nobody confirmed them; some of them may be there twice.
    """

    def __init__(self, run_id: str, seed: int, config: GeneratorConfig, clock: Callable[[], float]) -> None:
        self.run_id, self.seed, self.config = run_id, seed, config
        self.pending: list[Message] = []
        self.produced = 0
        self.resent = 0
        self.bytes = 0
        self.truth = Truth()
        self._scenario = scenarios.load(config.scenario) if config.scenario else None
        self._rates = config.defects.plus(config.invalid_ratio, config.duplicate_ratio)
        self._defects = Defects(seed, self._rates)
        self._shop = Shop(
            seed,
            visits_at_once(config),
            oddities=Oddities(self._rates.late, self._rates.clock_skew),
            refund_days=(config.backfill_days or 0) >= DAYS_WITH_REFUNDS,
        )
        self._plain = self._is_plain()
        self._good: list[Event] = []
        self._planted: dict[int, Planted] = {}
        self._phase_ends = 0.0
        self.schedule = schedule_of(config, clock(), self._scenario)

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
        made = produced_at(rfc3339(Millis(int(now * 1000))))
        for at in self.schedule.take(now, min(STEP_EVENTS, self._remaining())):
            if at >= self._phase_ends:
                self._enter_phase(at)
            if self.config.clock:
                # With a clock of its own nothing of the real time is in a message.
                made = produced_at(rfc3339(at))
            self._make(at, made)
        self._count()

    def make_rest(self) -> None:
        """Make pending what was held back, because the run ends now."""
        while (outgoing := self._defects.due(at_last=True)) is not None:
            self._send(outgoing)
        self._count()

    def confirmed(self, batches: Iterable[Delivered]) -> Iterator[tuple[Address, Planted]]:
        """Tell it what the broker confirmed; gives out the planted faults among them with their addresses."""
        for batch in batches:
            self.bytes += sum([len(message.value) for message in batch.messages])
            if not self._planted:
                continue
            for number, message in enumerate(batch.messages):
                planted = self._planted.pop(id(message), None)
                if planted is not None:
                    yield Address(batch.topic, batch.partition, batch.offset + number), planted

    def figures(self, per_topic: Counter[str]) -> dict[str, Any]:
        """What a status and the manifest tell of it, given the confirmed events per topic."""
        return {
            "run_id": self.run_id,
            "seed": self.seed,
            "produced": self.produced,
            "acknowledged": sum(per_topic.values()),
            "per_topic": dict(per_topic),
            "event_types": self.truth.event_types,
            "planted": dict(self.truth.planted),
            "bytes": self.bytes,
            "resent": self.resent,
            "slip_seconds": round(self.schedule.slipped, 3),
            "done": self.complete,
        }

    def _remaining(self) -> int:
        return STEP_EVENTS if self.config.num_events is None else self.config.num_events - self.produced

    def _make(self, at: Millis, made: ProducedAt) -> None:
        if self._plain:
            event = self._shop.next_event(at)
            self.produced += 1
            self._good.append(event)
            self.pending.append(encode(event, made))
            return
        outgoing = None
        while outgoing is None:
            # What is held back is sent before the run ends: then nothing new is made any more.
            outgoing = self._defects.due(at_last=self._remaining() <= self._defects.held)
            if outgoing is None:
                event = self._shop.next_event(at)
                outgoing = self._defects.take(event, encode(event, made))
        self._send(outgoing)

    def _send(self, outgoing: Outgoing) -> None:
        self.produced += 1
        self.pending.append(outgoing.message)
        if outgoing.planted is not None:
            self._planted[id(outgoing.message)] = outgoing.planted
            self.truth.plant(outgoing.planted)
        if outgoing.event is not None:
            self._good.append(outgoing.event)
            if self.config.mirror:
                self.pending.append(outgoing.message._replace(topic=RAW_TOPIC))

    def _count(self) -> None:
        self.truth.count(self._good)
        if self.config.mirror:
            self.truth.mirror(len(self._good))
        self._good = []

    def _enter_phase(self, at: Millis) -> None:
        if self._scenario is None:
            self._phase_ends = float("inf")
            return
        phase, end = self._scenario.phase_at(at / 1000 - self.schedule.begins)
        self._phase_ends = (self.schedule.begins + end) * 1000
        self._shop.behave(phase.habits)
        self._defects.rate(phase.defects or self._rates)
        self._plain = self._is_plain()

    def _is_plain(self) -> bool:
        """Whether every event goes out as it is: the way for high rates."""
        odd_visits = self._rates.late + self._rates.clock_skew
        return self._defects.idle and not odd_visits and not self.config.mirror
