"""The lines a run is told in: those of the guide's script, so that what was written about it stays true."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from .figures import Figures

TOTALS_EVERY = 5.0
"""Seconds from one total of a continuous run to the next."""
TENTHS = range(1, 11)


class Story(Protocol):
    """How a run is told while it goes on."""

    opening: str

    def news(self, figures: Figures, seconds: float) -> Iterator[str]:
        """What is new since the last look, `seconds` after the start."""


class Continuous:
    """Each new sample as it comes, and the totals again and again."""

    def __init__(self) -> None:
        self.opening = "Starting continuous event generation (press Ctrl+C to stop)..."
        self._told = 0
        self._next_totals = TOTALS_EVERY

    def news(self, figures: Figures, seconds: float) -> Iterator[str]:
        """Samples not told yet; totals if it is time."""
        for sample in figures.samples:
            if sample.produced > self._told:
                self._told = sample.produced
                yield f"Generated {sample.text}"
        if seconds >= self._next_totals:
            self._next_totals = seconds + TOTALS_EVERY
            yield from totals(figures, seconds)


class Batch:
    """A line for each tenth of `events`."""

    def __init__(self, events: int) -> None:
        self.opening = f"Starting to generate {events} events..."
        self._steps = sorted({events * tenth // 10 for tenth in TENTHS} - {0})

    def news(self, figures: Figures, seconds: float) -> Iterator[str]:  # noqa: ARG002 - the same for every story
        """The tenths passed since the last look."""
        while self._steps and self._steps[0] <= figures.sent:
            yield f"Sent {self._steps.pop(0)} events..."


def totals(figures: Figures, seconds: float) -> Iterator[str]:
    """How many, how fast on average since the start, and where to."""
    per_minute = figures.sent * 60 / seconds if seconds > 0 else 0.0
    yield f"Generated {figures.sent} events total ({per_minute:.1f} events/min)"
    yield f"Topic distribution: {_sorted(figures.per_topic)}"


def finished(figures: Figures, events: int) -> Iterator[str]:
    """The end of a run that sent all it was asked for."""
    yield f"Finished sending {events} events"
    yield f"Topic distribution: {_sorted(figures.per_topic)}"
    yield from planted(figures)


def planted(figures: Figures) -> Iterator[str]:
    """The faults, if there are any."""
    if figures.planted:
        yield f"Planted defects: {_sorted(figures.planted)}"


def _sorted(numbers: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(numbers.items()))
