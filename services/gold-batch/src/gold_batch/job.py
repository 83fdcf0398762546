"""Wires gold's stage: silver in, gold tables out by changed day, not more often than the shop wants."""

import time
from collections.abc import Callable
from typing import Any

from pyspark.sql import SparkSession
from shoplake_lake_kit.stage import Limits, Publication, Stage
from shoplake_lake_kit.stage_tables import GOLD, SILVER
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.stage_job import StageJob, new_attempt, utc_now
from shoplake_spark_kit.upstream import Upstream

from gold_batch.settings import GoldConfig, Settings
from gold_batch.work import GoldWork

APPLICATION = "ECommerceStreamingAnalytics-Local-gold"


class PacedJob:
    """A stage job that waits for its interval between two publishes: many small changes cost one run."""

    def __init__(self, inner: StageJob[GoldConfig], clock: Callable[[], float] = time.monotonic) -> None:
        self._inner = inner
        self._clock = clock
        self._interval = 0.0
        self._next = 0.0

    def open(self, config: GoldConfig) -> None:
        """Open the stage; the first run is due at once."""
        self._interval = config.interval_seconds
        self._next = 0.0
        self._inner.open(config)

    def step(self) -> bool:
        """Run if it is due; a run makes the next one due an interval later."""
        if self._clock() < self._next:
            return False
        worked = self._inner.step()
        if worked:
            self._next = self._clock() + self._interval
        return worked and self._interval == 0

    def close(self) -> None:
        """Close the stage."""
        self._inner.close()

    def details(self) -> dict[str, Any]:
        """The stage's, and the interval."""
        return {**self._inner.details(), "interval_seconds": self._interval}


def gold_job(settings: Settings, writer: str, announce: Callable[[Publication], None]) -> PacedJob:
    """The job that the service runs; `writer` names this process in the stamps it writes."""

    def build(spark: SparkSession, config: GoldConfig) -> Stage[Output]:
        return Stage(
            name="gold",
            group=settings.group,
            writer=writer,
            broker=Upstream(spark, list(SILVER), settings.group),
            tables=[IcebergTable(spark, name, role=role, group=settings.group) for name, role in GOLD.items()],
            work=GoldWork(spark, settings, config),
            limits=Limits(events=settings.batch_events),
            announce=announce,
            clock=utc_now,
            new_attempt=new_attempt,
        )

    return PacedJob(
        StageJob(app_name=APPLICATION, spark=settings.spark, lake=settings.lake, tables=list(GOLD), build=build)
    )
