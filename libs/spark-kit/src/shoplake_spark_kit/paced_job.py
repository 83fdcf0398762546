"""A stage that publishes at most once per interval: many small changes cost one batch."""

import time
from collections.abc import Callable
from typing import Any, Generic

from shoplake_spark_kit.stage_job import Config, StageJob


class PacedJob(Generic[Config]):
    """Implements service-kit's `Job` around a stage job.

    The interval counts from start to start, so batches that take longer follow each other at once: a backlog drains at
    full speed, and only a trickle is gathered.
    """

    def __init__(
        self,
        inner: StageJob[Config],
        interval: Callable[[Config], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._interval_of = interval
        self._clock = clock
        self._interval = 0.0
        self._next = 0.0

    def open(self, config: Config) -> None:
        """Open the stage; the first batch is due at once."""
        self._interval, self._next = self._interval_of(config), 0.0
        self._inner.open(config)

    def step(self) -> bool:
        """Publish if a batch is due; True when the next one is due already."""
        started = self._clock()
        if started < self._next or not self._inner.step():
            return False
        self._next = started + self._interval
        return self._clock() >= self._next

    def close(self) -> None:
        """Close the stage."""
        self._inner.close()

    def details(self) -> dict[str, Any]:
        """The stage's, and the interval."""
        return {**self._inner.details(), "interval_seconds": self._interval}
