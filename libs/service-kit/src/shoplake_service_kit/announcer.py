"""What happens around a publish: it is counted, told on `pipeline-progress`, and heard by the next stage."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from .metrics import Metrics
from .progress import Listener, ProgressBus


class Announced(Protocol):
    """A publish that can say itself in JSON types; lake-kit's `Publication` is one."""

    def to_json(self) -> dict[str, Any]:
        """stage, table, role, start, end, read, counts, rows, kinds, appended_at_max, planned_at, published_at, …."""


def announcer(progress: ProgressBus, metrics: Metrics) -> Callable[[Announced], None]:
    """What a stage calls after each publish; returns at once and never raises for a broker that is away."""

    def announce(publication: Announced) -> None:
        told = publication.to_json()
        count(metrics, told)
        progress.announce(told)

    return announce


def waker(stage: str, wake: Callable[[], None]) -> Listener:
    """A listener that ends the idle wait of a job when the stage before it has published."""

    def listen(told: dict[str, Any]) -> None:
        if told.get("stage") == stage:
            wake()

    return listen


def count(metrics: Metrics, told: Mapping[str, Any]) -> None:
    """Take one publish into the metrics."""
    stage, table = told["stage"], told["table"]
    metrics.counter("shoplake_events_published_total").labels(stage=stage, table=table).inc(told["rows"])
    _count_kinds(metrics, told)
    if told["start"] != told["end"] or told["read"]:
        _count_batch(metrics, told)


def _count_kinds(metrics: Metrics, told: Mapping[str, Any]) -> None:
    for topic, kinds in told["kinds"].items():
        for kind, rows in kinds.items():
            if told["role"] == "quarantined":
                metrics.counter("shoplake_events_quarantined_total").labels(topic=topic, reason=kind).inc(rows)
            elif told["role"] == "duplicates":
                metrics.counter("shoplake_events_duplicate_total").labels(table=kind).inc(rows)


def _count_batch(metrics: Metrics, told: Mapping[str, Any]) -> None:
    """What is true of boxes only: the age of the events of a replay or a backfill is no latency of the pipeline."""
    stage, table = told["stage"], told["table"]
    metrics.gauge("shoplake_batch_events").labels(stage=stage).set(sum(map(sum, told["read"].values())))
    published, planned = (datetime.fromisoformat(told[name]) for name in ("published_at", "planned_at"))
    duration = (published - planned).total_seconds()
    metrics.histogram("shoplake_batch_duration_seconds").labels(stage=stage, phase="total").observe(duration)
    if stage == "bronze":
        for topic, partitions in told["counts"].items():
            metrics.counter("shoplake_events_ingested_total").labels(topic=topic).inc(sum(partitions))
    if told["appended_at_max"]:
        latency = published - datetime.fromisoformat(told["appended_at_max"])
        metrics.histogram("shoplake_end_to_end_latency_seconds").labels(table=table).observe(latency.total_seconds())
