"""Health's job: looks at the broker and the tables every few seconds and turns what it sees into metrics."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shoplake_lake_kit.stage_tables import BRONZE, GOLD, SILVER
from shoplake_service_kit.metrics import Metrics

from health.observation import RAW_EVENTS, Observation
from health.probes.broker import Broker
from health.probes.tables import Tables
from health.settings import HealthConfig

READ_ORDER = (*reversed(tuple(SILVER)), *BRONZE, *GOLD)


class Watch:
    """Implements service-kit's `Job`; `observe` also serves the routes, so both say the same."""

    def __init__(
        self, broker: Broker, tables: Tables, metrics: Metrics, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._broker = broker
        self._tables = tables
        self._metrics = metrics
        self._clock = clock or (lambda: datetime.now(UTC))
        self._last: Observation | None = None

    def open(self, config: HealthConfig) -> None:
        """Nothing to open: connections are made when they are needed and made again when they break."""

    def step(self) -> bool:
        """Observe once and set the metrics; there is never more to do at once."""
        seen = self.observe()
        self._metrics.gauge("shoplake_unaccounted_events").set(seen.accounting().total.unaccounted)
        for stage, lag in seen.lags().items():
            self._metrics.gauge("shoplake_lag_events").labels(stage=stage).set(lag.events)
            if lag.seconds is not None:
                self._metrics.gauge("shoplake_lag_seconds").labels(stage=stage).set(lag.seconds)
        return False

    def close(self) -> None:
        """Give the broker's connection back."""
        self._broker.close()

    def details(self) -> dict[str, Any]:
        """When the last observation was made."""
        return {"observed_at": self._last.at.isoformat() if self._last else None}

    def observe(self) -> Observation:
        """Look now.

        The tables are read before the broker, and silver before bronze: an event that moves in between is in flight,
        never missing. Silver's lead comes last of its tables: a backfill moves events there before it takes them away.

        Raises:
            BrokerUnavailable: Kafka does not answer.
        """
        stamps = self._tables.newest(READ_ORDER)
        bronze = stamps[RAW_EVENTS]
        end = self._broker.end().in_lives(bronze[0].epochs if bronze else {})
        self._last = Observation(self._clock(), end, stamps)
        return self._last
