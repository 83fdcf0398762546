"""Wires gold's stage: silver in, gold tables out by changed day, not more often than the shop wants."""

from collections.abc import Callable, Iterator, Sequence

from pyspark.sql import SparkSession
from shoplake_lake_kit.paced_job import PacedJob
from shoplake_lake_kit.stage import Limits, Publication, Stage
from shoplake_lake_kit.stage_job import Errand, new_attempt, utc_now
from shoplake_lake_kit.stage_tables import GOLD, SILVER
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.runs import Runs
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.snapshots import published
from shoplake_spark_kit.stage_job import StageJob
from shoplake_spark_kit.upstream import Upstream

from gold_batch.hold import PromotionHold, Published
from gold_batch.quality.arrivals import QUARANTINE
from gold_batch.rebuild import Rebuild, RebuildRequest, errands
from gold_batch.settings import APPLICATION, GoldConfig, Settings
from gold_batch.watched import RunMetrics, WatchedJob
from gold_batch.work import GoldWork


def gold_job(
    settings: Settings,
    writer: str,
    announce: Callable[[Publication], None],
    on_session: Callable[[SparkSession], None],
    runs: Runs[RebuildRequest],
    metrics: Metrics,
) -> WatchedJob:
    """The job that the service runs.

    Args:
        settings: The service's.
        writer: Names this process in the stamps it writes.
        announce: Told about every publish.
        on_session: Given the session whenever the job is opened.
        runs: Where somebody asks for days to be computed anew.
        metrics: The service's.
    """
    hold, measured = PromotionHold(metrics), RunMetrics(metrics)

    def told(publication: Publication) -> None:
        measured.published(publication)
        announce(publication)

    def work(spark: SparkSession, config: GoldConfig) -> GoldWork:
        return GoldWork(spark, settings, config, Upstream(spark, list(SILVER), settings.group), measured.computing)

    def build(spark: SparkSession, config: GoldConfig) -> Stage[Output]:
        on_session(spark)
        hold.watch(lambda: quarantine_history(spark, settings.group), config)
        return Stage(
            name="gold",
            group=settings.group,
            writer=writer,
            broker=Upstream(spark, list(SILVER), settings.group),
            tables=[IcebergTable(spark, name, role=role, group=settings.group) for name, role in GOLD.items()],
            work=work(spark, config),
            limits=Limits(events=settings.batch_events),
            may_begin=hold.may_begin,
            announce=told,
            clock=utc_now,
            new_attempt=new_attempt,
        )

    def beside(spark: SparkSession, config: GoldConfig, stage: Stage[Output]) -> Sequence[Errand]:
        gold = work(spark, config)
        return errands(runs, Rebuild(gold.rebuilt, gold.known_days, gold.days_with_events), stage)

    job = StageJob(
        app_name=APPLICATION,
        spark=settings.spark,
        lake=settings.lake,
        tables=list(GOLD),
        build=build,
        errands=beside,
    )
    return WatchedJob(PacedJob(job, lambda config: config.interval_seconds, is_urgent=runs.waiting), measured, hold)


def quarantine_history(spark: SparkSession, group: str) -> Iterator[Published]:
    """What silver had read and quarantined by each of its publishes, newest first."""
    for at, stamp in published(load_table(spark, QUARANTINE), group):
        yield Published(at, stamp.totals.read.total(), stamp.totals.quarantined.total())
