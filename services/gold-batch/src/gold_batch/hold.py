"""Holds gold back while silver refuses too much: figures of a day that lacks one event in twenty mislead.

Ingestion and silver go on, and nothing is lost: once the share has fallen, gold computes all that has waited.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from shoplake_service_kit.metrics import Metrics

from gold_batch.settings import GoldConfig

log = logging.getLogger(__name__)
# Of fewer events a share says nothing.
FEWEST = 1_000


class Published(NamedTuple):
    """What silver had done by a publish.

    Attributes:
        at: when it was published.
        read: events that silver has decided on since its origin.
        quarantined: those of them that it has quarantined.
    """

    at: datetime
    read: int
    quarantined: int


History = Callable[[], Iterator[Published]]


class PromotionHold:
    """Says whether gold may begin a box.

    Args:
        metrics: Of the service.
        clock: The time, with its zone.
    """

    def __init__(self, metrics: Metrics, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._gauge = metrics.gauge("shoplake_gold_promotion_held")
        self._clock = clock
        self._history: History = lambda: iter(())
        self._most = 100.0
        self._window = timedelta()
        self._held: float | None = None

    def watch(self, history: History, config: GoldConfig) -> None:
        """Judge by this history from now on.

        Args:
            history: silver's publishes, newest first.
            config: how much is too much, and over how long.
        """
        self._history = history
        self._most = config.hold_quarantined_percent
        self._window = timedelta(seconds=config.hold_window_seconds)

    def may_begin(self) -> bool:
        """Whether not too much was quarantined of late; what holds it is in `details` afterwards."""
        percent = self._quarantined_percent()
        held = percent if percent is not None and percent > self._most else None
        if (held is None) != (self._held is None):
            log.warning("%s: %s %% quarantined", "promotion_released" if held is None else "promotion_held", percent)
        self._held = held
        self._gauge.set(held is not None)
        return held is None

    def details(self) -> dict[str, Any] | None:
        """Why gold is held, and what to do; None if it is not."""
        if self._held is None:
            return None
        return {
            "quarantined_percent": round(self._held, 2),
            "allowed_percent": self._most,
            "window_seconds": self._window.total_seconds(),
            "remedy": "GET /silver/quarantine/summary names the reasons; see docs/operations/promotion-held.md.",
        }

    def _quarantined_percent(self) -> float | None:
        """Of the events of the window; None where they are few, or silver has not run for so long."""
        since, newest = self._clock() - self._window, None
        for published in self._history():
            newest = newest or published
            if published.at <= since:
                read = newest.read - published.read
                return 100 * (newest.quarantined - published.quarantined) / read if read >= FEWEST else None
        return None
