"""The metrics of one service: exactly those that `metrics.yaml` declares, so that a scrape never surprises anybody."""

import os
from pathlib import Path
from typing import Any, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics import MetricWrapperBase
from shoplake_contracts import metrics as contract

M = TypeVar("M", bound=MetricWrapperBase)


class Metrics:
    """Metrics of one service in a registry of their own.

    A declared metric is made at its first use and shared by name after that.

    Args:
        service: Name of the service.
    """

    def __init__(self, service: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves it unannotated
        self.service = service
        self.registry = CollectorRegistry()
        self._made: dict[str, MetricWrapperBase] = {}

    def counter(self, name: str) -> Counter:
        """The counter of this name.

        Raises:
            KeyError: it is not declared.
            TypeError: it is declared as something else.
        """
        return self._get(name, Counter)

    def gauge(self, name: str) -> Gauge:
        """The gauge of this name; raises as `counter` does."""
        return self._get(name, Gauge)

    def histogram(self, name: str) -> Histogram:
        """The histogram of this name, with the declared buckets; raises as `counter` does."""
        return self._get(name, Histogram)

    def render(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self.registry)

    def _get(self, name: str, kind: type[M]) -> M:
        declared = contract.load()[name]
        if declared.type != kind.__name__.lower():
            raise TypeError(f"{name} is declared as a {declared.type}")
        if name not in self._made:
            options: dict[str, Any] = {"buckets": declared.buckets} if declared.buckets else {}
            self._made[name] = kind(name, declared.doc, declared.labels, registry=self.registry, **options)
        made = self._made[name]
        if not isinstance(made, kind):
            raise TypeError(f"{name} was made as another type")
        return made


def resident_bytes() -> int:
    """Resident memory of this process (its children, such as a JVM, not counted); 0 where /proc is absent."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
