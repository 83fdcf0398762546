"""Gold's own job with what people see of it from outside: metrics of its runs, and why it is held."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from shoplake_lake_kit.publication import Publication
from shoplake_service_kit.job import Job
from shoplake_service_kit.metrics import Metrics

from gold_batch.hold import PromotionHold
from gold_batch.settings import GoldConfig


class RunMetrics:
    """Counts a gold table's runs: computed days that were published, or were not.

    Args:
        metrics: Of the service.
        clock: Seconds that never go back.
    """

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._began: dict[str, float] = {}

    def computing(self, days: Mapping[str, int]) -> None:
        """A run of some tables begins, with the number of days of each."""
        self._began = {table: self._clock() for table, number in days.items() if number}
        for table, number in days.items():
            self._metrics.gauge("shoplake_gold_days").labels(table=table).set(number)

    def published(self, publication: Publication) -> None:
        """A table's run has ended well."""
        began = self._began.pop(publication.table, None)
        if began is None:
            return
        self._metrics.gauge("shoplake_gold_rows").labels(table=publication.table).set(publication.rows)
        seconds = self._metrics.histogram("shoplake_gold_run_duration_seconds").labels(table=publication.table)
        seconds.observe(self._clock() - began)
        self._ended(publication.table, "succeeded")

    def failed(self) -> None:
        """What has begun and was not published has failed."""
        for table in self._began:
            self._ended(table, "failed")
        self._began = {}

    def _ended(self, table: str, status: str) -> None:
        self._metrics.counter("shoplake_gold_runs_total").labels(table=table, status=status).inc()


class WatchedJob:
    """Implements service-kit's `Job` around gold's own."""

    def __init__(self, inner: Job[GoldConfig], runs: RunMetrics, hold: PromotionHold) -> None:
        self._inner = inner
        self._runs = runs
        self._hold = hold

    def open(self, config: GoldConfig) -> None:
        """Open gold's job."""
        self._inner.open(config)

    def step(self) -> bool:
        """Step gold's job."""
        try:
            return self._inner.step()
        finally:
            # Whatever ended the step: a table that was to be published and was not has failed.
            self._runs.failed()

    def close(self) -> None:
        """Close gold's job."""
        self._inner.close()

    def details(self) -> dict[str, Any]:
        """Gold's figures, and what holds it back."""
        return {**self._inner.details(), "held": self._hold.details()}
