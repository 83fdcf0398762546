"""Wires gold's stage: silver in, gold tables out by changed day, not more often than the shop wants."""

from collections.abc import Callable

from pyspark.sql import SparkSession
from shoplake_lake_kit.paced_job import PacedJob
from shoplake_lake_kit.stage import Limits, Publication, Stage
from shoplake_lake_kit.stage_job import new_attempt, utc_now
from shoplake_lake_kit.stage_tables import GOLD, SILVER
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.stage_job import StageJob
from shoplake_spark_kit.upstream import Upstream

from gold_batch.settings import GoldConfig, Settings
from gold_batch.work import GoldWork

APPLICATION = "ECommerceStreamingAnalytics-Local-gold"


def gold_job(
    settings: Settings,
    writer: str,
    announce: Callable[[Publication], None],
    on_session: Callable[[SparkSession], None],
) -> PacedJob[GoldConfig]:
    """The job that the service runs.

    Args:
        settings: The service's.
        writer: Names this process in the stamps it writes.
        announce: Told about every publish.
        on_session: Given the session whenever the job is opened.
    """

    def build(spark: SparkSession, config: GoldConfig) -> Stage[Output]:
        on_session(spark)
        silver = Upstream(spark, list(SILVER), settings.group)
        return Stage(
            name="gold",
            group=settings.group,
            writer=writer,
            broker=silver,
            tables=[IcebergTable(spark, name, role=role, group=settings.group) for name, role in GOLD.items()],
            work=GoldWork(spark, settings, config, silver),
            limits=Limits(events=settings.batch_events),
            announce=announce,
            clock=utc_now,
            new_attempt=new_attempt,
        )

    job = StageJob(app_name=APPLICATION, spark=settings.spark, lake=settings.lake, tables=list(GOLD), build=build)
    return PacedJob(job, lambda config: config.interval_seconds)
