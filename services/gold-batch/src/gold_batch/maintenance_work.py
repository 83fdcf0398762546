"""Does a maintenance run with Spark: table by table, so that one that fails does not keep the others waiting."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession
from shoplake_contracts import tables
from shoplake_contracts.errors import ShoplakeError
from shoplake_lake_kit.crash import crash_point
from shoplake_lake_kit.stage_job import utc_now
from shoplake_lake_kit.stage_tables import GOLD, SILVER
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.runs import Run, RunCancelledError
from shoplake_spark_kit.java import load_table, meaning
from shoplake_spark_kit.maintenance.history import Snapshot
from shoplake_spark_kit.maintenance.retention import Keep
from shoplake_spark_kit.maintenance.upkeep import Report, Wish, maintain
from shoplake_spark_kit.snapshots import require_stamp

from gold_batch.maintenance import MaintenanceRequest


class MaintenanceWork:
    """What `MaintainedJob` does a run with.

    Attributes:
        is_stopping: Whether the service has been told to stop: the run ends at the next safe place.
    """

    def __init__(self, group: str, metrics: Metrics) -> None:
        self.is_stopping: Callable[[], bool] = lambda: False
        self._group = group
        self._metrics = metrics
        self._spark: SparkSession | None = None

    def use(self, spark: SparkSession) -> None:
        """Work beside this session, in one of its own: what the stage stages under must not stage a compaction."""
        self._spark = spark.newSession()

    def __call__(self, run: Run[MaintenanceRequest]) -> dict[str, Any]:
        """Maintain the tables; the reports so far are the run's progress.

        Raises:
            RunCancelledError: The run was cancelled or the service stops; what was done stays done.
            Exception: The first failure, once every table has had its turn.
        """
        spark = self._session()
        names = [name for name in run.request.tables or tables.load() if spark.catalog.tableExists(f"iceberg.{name}")]
        reports: dict[str, Any] = {}
        failures: list[Exception] = []
        for name in names:
            report = Report(name)
            try:
                self._maintain(spark, report, run)
            except (Py4JJavaError, ShoplakeError) as error:
                failures.append(_told(error))
            finally:
                reports[name] = report.to_json()
            run.show(tables=reports, failed=[str(failure) for failure in failures])
        if failures:
            raise failures[0]
        return {"tables": reports}

    def _maintain(self, spark: SparkSession, report: Report, run: Run[MaintenanceRequest]) -> None:
        passed: list[str] = []

        def passing(step: str) -> None:
            passed.append(step)
            crash_point(f"gold.maintenance.{step}")

        def still() -> None:
            run.show(table=report.table)
            if self.is_stopping():
                raise RunCancelledError(run.id)

        still()
        try:
            wish = self._wish(spark, report.table, run.request)
            maintain(spark, report, wish, clock=utc_now, passing=passing, still=still)
        except (Py4JJavaError, ShoplakeError):
            self._count(report.table, "expire" if "after_compact" in passed else "compact", "failed")
            raise
        finally:
            self._measure(report)

    def _wish(self, spark: SparkSession, name: str, request: MaintenanceRequest) -> Wish:
        keep = Keep(
            last=request.keep_snapshots,
            age=timedelta(seconds=request.keep_seconds),
            unseen=self._unseen_by_gold(spark, name),
        )
        return Wish(
            keep=keep if request.expire else None,
            partitions=request.max_partitions if request.compact else 0,
            min_files=request.min_files,
        )

    def _unseen_by_gold(self, spark: SparkSession, name: str) -> Callable[[Sequence[Snapshot]], int]:
        """How much of a silver table's history gold has yet to look through for days that a revision changed."""
        if name not in SILVER:
            return lambda _ancestors: 0
        existing = [table for table in GOLD if spark.catalog.tableExists(f"iceberg.{table}")]
        stamps = [require_stamp(load_table(spark, table), table, self._group) for table in existing]
        seen = {stamp.upstream.get(name) for stamp in stamps if stamp}
        return lambda ancestors: max((unseen(ancestors, self._group, known) for known in seen), default=0)

    def _measure(self, report: Report) -> None:
        if report.compacted:
            gave_way = any(done.conflict for done in report.compacted)
            self._count(report.table, "compact", "conflict" if gave_way else "succeeded")
        if report.manifests:
            self._count(report.table, "manifests", "conflict" if report.manifests.conflict else "succeeded")
        if report.expired:
            self._count(report.table, "expire", "conflict" if report.expired.conflict else "succeeded")
        if report.size:
            files = self._metrics.gauge("shoplake_table_files")
            files.labels(table=report.table, kind="data").set(report.size.data_files)
            files.labels(table=report.table, kind="delete").set(report.size.delete_files)
            self._metrics.gauge("shoplake_table_size_bytes").labels(table=report.table).set(report.size.size)
            self._metrics.gauge("shoplake_table_snapshots").labels(table=report.table).set(report.size.snapshots)

    def _count(self, table: str, task: str, status: str) -> None:
        self._metrics.counter("shoplake_maintenance_runs_total").labels(table=table, task=task, status=status).inc()

    def _session(self) -> SparkSession:
        if self._spark is None:
            raise RuntimeError("a maintenance run before the job was opened")
        return self._spark


def unseen(ancestors: Sequence[Snapshot], group: str, known: str | None) -> int:
    """How many of the newest ancestors hold all revisions that came after the known one."""
    length = 0
    for place, snapshot in enumerate(ancestors, start=1):
        if snapshot.ancestor.group != group:
            continue
        stamp = snapshot.ancestor.stamp()
        if stamp.revision == known:
            break
        if stamp.revised_days:
            length = place
    return length


def _told(error: Exception) -> Exception:
    return (meaning(error) or error) if isinstance(error, Py4JJavaError) else error
