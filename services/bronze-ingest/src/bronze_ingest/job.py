"""Wires bronze's stage: Kafka by exact offsets in, one table out."""

from collections.abc import Callable, Sequence

from pyspark.sql import SparkSession
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.paced_job import PacedJob
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.stage import Limits, Publication, Stage
from shoplake_lake_kit.stage_job import new_attempt, utc_now
from shoplake_lake_kit.stage_tables import BRONZE
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.kafka_broker import KafkaBroker
from shoplake_spark_kit.kafka_source import read_box
from shoplake_spark_kit.stage_job import StageJob

from bronze_ingest.resolving import LEDGER, Inbox, ResolvingStage
from bronze_ingest.settings import BronzeConfig, Settings
from bronze_ingest.transforms.raw_events import TABLE, raw_events

APPLICATION = "ECommerceStreamingAnalytics-Local-ingestion"


def bronze_job(
    settings: Settings, writer: str, announce: Callable[[Publication], None], inbox: Inbox
) -> PacedJob[BronzeConfig]:
    """The job that the service runs; `writer` names this process in the stamps it writes."""

    def build(spark: SparkSession, config: BronzeConfig) -> Stage[Output]:
        kafka = settings.kafka.jvm()

        def work(box: Box, _pending: Sequence[str], _attempt: str) -> Frames[Output]:
            rows = raw_events(read_box(spark, kafka, box), utc_now())
            return Frames({TABLE: Output(rows)})

        return ResolvingStage(
            name="bronze",
            group=settings.group,
            writer=writer,
            broker=KafkaBroker(spark, kafka, settings.topic_pattern),
            tables=[IcebergTable(spark, name, role=role, group=settings.group) for name, role in BRONZE.items()],
            ledgers=[IcebergTable(spark, LEDGER, role=Role.DERIVED, group=settings.group)],
            work=work,
            limits=Limits(events=config.batch_events, bytes=config.batch_megabytes * 1024 * 1024),
            announce=announce,
            clock=utc_now,
            new_attempt=new_attempt,
            spark=spark,
            inbox=inbox,
        )

    written = [*BRONZE, LEDGER]
    job = StageJob(app_name=APPLICATION, spark=settings.spark, lake=settings.lake, tables=written, build=build)
    return PacedJob(job, lambda config: config.interval_seconds)
