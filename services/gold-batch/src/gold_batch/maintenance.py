"""When tables are maintained: asked for over HTTP or by the clock, always in gold's worker between two of its runs."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pydantic import Field, field_validator
from shoplake_contracts import tables
from shoplake_contracts.errors import RunInProgress
from shoplake_service_kit.job import Config, Job
from shoplake_service_kit.runs import Run, Runs

from gold_batch.settings import GoldConfig

COLLECTION = "/gold/maintenance-runs"


class MaintenanceRequest(Config):
    """What a run is asked for; an empty request does everything to every table."""

    tables: tuple[str, ...] = Field((), description="Tables such as silver.purchases; every table that exists if empty")
    compact: bool = Field(
        default=True, description="Rewrite small files of closed partitions, and manifests if they are many"
    )
    expire: bool = Field(default=True, description="Expire old snapshots and staged leftovers, with their files")
    keep_seconds: int = Field(
        600, ge=60, le=2_592_000, description="A snapshot stays so long after it was the newest; the longest query"
    )
    keep_snapshots: int = Field(100, ge=1, le=10_000, description="The newest so many published snapshots stay anyway")
    max_partitions: int = Field(20, ge=1, le=10_000, description="Most partitions of a table to compact in this run")
    min_files: int = Field(5, ge=2, le=1_000, description="Small files that make a partition worth compacting")

    @field_validator("tables")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(names) - tables.load().keys())
        if unknown:
            raise ValueError(f"no such tables: {', '.join(unknown)}")
        return names


Work = Callable[[Run[MaintenanceRequest]], dict[str, Any]]


class MaintainedJob:
    """Implements service-kit's `Job` around gold's: after each of its steps a waiting or due maintenance run is done.

    Args:
        inner: Gold's own job.
        runs: Where runs are asked for; those by the clock are put in the same line.
        work: Does a run.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        inner: Job[GoldConfig],
        runs: Runs[MaintenanceRequest],
        work: Work,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._runs = runs
        self._work = work
        self._clock = clock
        self._interval = self._due = 0.0

    def open(self, config: GoldConfig) -> None:
        """Open gold's job; the first run by the clock is due one interval later."""
        self._interval = config.maintenance_interval_seconds
        self._due = self._clock() + self._interval
        self._inner.open(config)

    def step(self) -> bool:
        """Step gold's job, then do the run in line if there is one."""
        busy = self._inner.step()
        if self._interval and self._clock() >= self._due:
            self._due = self._clock() + self._interval
            # Somebody has just asked for one: that one will do.
            with suppress(RunInProgress):
                self._runs.submit(MaintenanceRequest())
        return self._runs.work(self._work) or busy

    def close(self) -> None:
        """Close gold's job."""
        self._inner.close()

    def details(self) -> dict[str, Any]:
        """Gold's figures, and how the newest maintenance run stands."""
        newest = next(iter(self._runs.all()), None)
        shown = {"run": self._runs.location(newest), "state": newest.state} if newest else None
        return {**self._inner.details(), "maintenance": shown, "maintenance_interval_seconds": self._interval}
