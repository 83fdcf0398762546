"""A stage that publishes at most once per interval: many small changes cost one batch."""

import time
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

Config = TypeVar("Config", bound=BaseModel)
Config_contra = TypeVar("Config_contra", bound=BaseModel, contravariant=True)


class Stepped(Protocol[Config_contra]):
    """What is paced: opened, stepped and closed as service-kit's `Job` is."""

    def open(self, config: Config_contra) -> None: ...  # noqa: D102 - as in service-kit's `Job`
    def step(self) -> bool: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102
    def details(self) -> dict[str, Any]: ...  # noqa: D102


class PacedJob(Generic[Config]):
    """Implements service-kit's `Job` around a stage job.

    The interval counts from start to start, so batches that take longer follow each other at once: a backlog drains at
    full speed, and only a trickle is gathered. While `is_urgent` says so, nothing waits: somebody asked for an errand.
    """

    def __init__(
        self,
        inner: Stepped[Config],
        interval: Callable[[Config], float],
        clock: Callable[[], float] = time.monotonic,
        *,
        is_urgent: Callable[[], bool] = lambda: False,
    ) -> None:
        self._inner = inner
        self._is_urgent = is_urgent
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
        if (started < self._next and not self._is_urgent()) or not self._inner.step():
            return False
        self._next = started + self._interval
        return self._clock() >= self._next

    def close(self) -> None:
        """Close the stage."""
        self._inner.close()

    def details(self) -> dict[str, Any]:
        """The stage's, and the interval."""
        return {**self._inner.details(), "interval_seconds": self._interval}
