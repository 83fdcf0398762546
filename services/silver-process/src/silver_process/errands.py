"""What silver does between two boxes: replays and backfills that were asked for, and a backfill that was cut off."""

from collections.abc import Callable
from typing import Any

from shoplake_lake_kit.publication import Publication
from shoplake_lake_kit.stage import Stage
from shoplake_lake_kit.stage_job import Errand
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.run_collection import RunCollection
from shoplake_service_kit.runs import Run, Runs
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.java import translated

from silver_process.backfill import Backfill
from silver_process.replay import Replay
from silver_process.wishes import BackfillRequest, ReplayRequest

REPLAYS, BACKFILLS = "/silver/replays", "/silver/backfills"


class Wishes:
    """The runs that silver can be asked for; made with the service, done by its job."""

    def __init__(self, metrics: Metrics) -> None:
        self.replays: Runs[ReplayRequest] = Runs(REPLAYS)
        self.backfills: Runs[BackfillRequest] = Runs(BACKFILLS)
        self._metrics = metrics
        self._running: Run[Any] | None = None

    def wake(self, wake: Callable[[], None]) -> None:
        """Whom to tell that a run is in line."""
        self.replays.wake = self.backfills.wake = wake

    def waiting(self) -> bool:
        """Whether somebody waits for a run."""
        return self.replays.waiting() or self.backfills.waiting()

    def collections(self) -> list[RunCollection[Any]]:
        """What to offer over HTTP."""
        return [
            RunCollection(self.replays, ReplayRequest, "Judge quarantined events again by today's rules"),
            RunCollection(self.backfills, BackfillRequest, "Compute event days again from bronze"),
        ]

    def heard(self, publication: Publication) -> None:
        """Show the run at work each table that it has published."""
        if self._running is not None:
            published = {**self._running.progress.get("published", {}), publication.table: publication.rows}
            # Not `show`: between two tables is no place to end.
            self._running.progress = {**self._running.progress, "published": published}

    def errands(self, stage: Stage[Output], replay: Replay, backfill: Backfill) -> list[Errand]:
        """In the order in which they are due; a backfill that was cut off comes before everything else."""

        def replayed(run: Run[ReplayRequest]) -> dict[str, Any]:
            backfill.complete(stage)
            look = replay(stage, run)
            if not run.request.dry_run:
                for outcome, number in look.news().items():
                    self._metrics.counter("shoplake_replayed_events_total").labels(outcome=outcome).inc(number)
            return look.result(dry_run=run.request.dry_run)

        def backfilled(run: Run[BackfillRequest]) -> dict[str, Any]:
            return backfill(stage, run)

        return [
            Errand(lambda: backfill.is_open, lambda: backfill.complete(stage)),
            Errand(self.replays.waiting, lambda: self._work(self.replays, replayed)),
            Errand(self.backfills.waiting, lambda: self._work(self.backfills, backfilled)),
        ]

    def _work(self, runs: Runs[Any], do: Callable[[Run[Any]], dict[str, Any]]) -> None:
        def translating(run: Run[Any]) -> dict[str, Any]:
            self._running = run
            with translated():
                return do(run)

        try:
            runs.work(translating)
        finally:
            self._running = None
