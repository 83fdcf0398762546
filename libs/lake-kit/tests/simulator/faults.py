"""What goes wrong at a port call, and when: drawn from the run's seed, so that a failing seed fails again."""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import TypeVar

from shoplake_contracts.errors import CatalogUnavailable, PublishUnknown, WriterConflict

Result = TypeVar("Result")
KINDS = ("crash_before", "crash_after", "unavailable", "intrude", "done", "not_done", "late")


class Crash(Exception):  # noqa: N818 - it is a process that dies, not an error that is handled
    """The process is gone: nothing it was going to do happens."""


class Faults:
    """Wraps the effect of a port call in one of the faults.

    Attributes:
        intrude: Runs another driver's whole turn in the middle of the call.
        seen: How often each fault happened, and whatever else a run counts.
        rate: How likely a fault is at each call.
        active: Off while draining.
    """

    def __init__(self, rng: Random, rate: float, intrude: Callable[[], None]) -> None:
        self._rng = rng
        self.rate = rate
        self._late: list[Callable[[], object]] = []
        self.seen: Counter[str] = Counter()
        self.intrude = intrude
        self.active = True

    def call(self, effect: Callable[[], Result]) -> Result:
        """Any port call: it may not answer, the process may die around it, another driver may act within it."""
        fault = self._draw("crash_before", "crash_after", "unavailable", "intrude", "intrude")
        if self._late:
            self._land_late()
        if fault is None:
            return effect()
        if fault == "crash_before":
            raise Crash
        if fault == "unavailable":
            raise CatalogUnavailable("simulated")
        if fault == "intrude":
            self.intrude()
        result = effect()
        if fault == "crash_after":
            raise Crash
        return result

    def publish(self, effect: Callable[[], Result]) -> Result:
        """A publish: besides, its reply may be lost, with its effect done, not done, or done later."""
        fault = self._draw("done", "not_done", "late")
        if fault is None:
            return self.call(effect)
        if fault == "done":
            effect()
        if fault == "late":
            self._late.append(effect)
        raise PublishUnknown("simulated")

    def stop(self) -> None:
        """No more faults; what is still under way lands or is dropped."""
        self._land_late()
        self._late.clear()
        self.active = False

    def cut_off(self) -> None:
        """Whatever is under way never arrives."""
        self._late.clear()

    def _draw(self, *kinds: str) -> str | None:
        if self.active and self._rng.random() < self.rate:
            kind = self._rng.choice(kinds)
            self.seen[kind] += 1
            return kind
        return None

    def _land_late(self) -> None:
        if self._late and self._rng.random() < 0.15:
            effect = self._late.pop(0)
            try:
                effect()
                self.seen["landed_late"] += 1
            except WriterConflict:
                self.seen["refused_late"] += 1
