"""Wires silver's stage: bronze in, seven tables out, one after the other from one box."""

from collections.abc import Callable

from pyspark.sql import SparkSession
from shoplake_lake_kit.stage import Limits, Publication, Stage
from shoplake_lake_kit.stage_tables import BRONZE, SILVER
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.stage_job import StageJob, new_attempt, utc_now
from shoplake_spark_kit.upstream import Upstream

from silver_process.settings import Settings, SilverConfig
from silver_process.work import SilverWork

APPLICATION = "ECommerceStreamingAnalytics-Local-processing"


def silver_job(settings: Settings, writer: str, announce: Callable[[Publication], None]) -> StageJob[SilverConfig]:
    """The job that the service runs; `writer` names this process in the stamps it writes."""

    def build(spark: SparkSession, config: SilverConfig) -> Stage[Output]:
        return Stage(
            name="silver",
            group=settings.group,
            writer=writer,
            broker=Upstream(spark, list(BRONZE), settings.group),
            tables=[IcebergTable(spark, name, role=role, group=settings.group) for name, role in SILVER.items()],
            work=SilverWork(spark, {"oldest_event": settings.lake.oldest_event}),
            limits=Limits(events=config.batch_events),
            announce=announce,
            clock=utc_now,
            new_attempt=new_attempt,
        )

    return StageJob(
        app_name=APPLICATION,
        spark=settings.spark,
        lake=settings.lake,
        tables=list(SILVER),
        build=build,
    )
