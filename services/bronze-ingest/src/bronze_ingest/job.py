"""Wires bronze's stage: Kafka by exact offsets in, one table out."""

from collections.abc import Callable, Sequence

from pyiceberg.catalog import Catalog
from shoplake_arrow_kit.event_sizes import EventSizes
from shoplake_arrow_kit.iceberg_table import IcebergTable, Output
from shoplake_arrow_kit.kafka_broker import KafkaBroker
from shoplake_arrow_kit.kafka_source import KafkaReader
from shoplake_arrow_kit.stage_job import StageJob
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.paced_job import PacedJob
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.stage import Limits, Publication, Stage
from shoplake_lake_kit.stage_job import new_attempt, utc_now
from shoplake_lake_kit.stage_tables import BRONZE

from bronze_ingest.resolving import LEDGER, Inbox, ResolvingStage
from bronze_ingest.settings import BronzeConfig, Settings
from bronze_ingest.transforms.raw_events import TABLE, raw_events

APPLICATION = "shoplake-bronze-ingest"


def bronze_job(
    settings: Settings, writer: str, announce: Callable[[Publication], None], inbox: Inbox
) -> PacedJob[BronzeConfig]:
    """The job that the service runs; `writer` names this process in the stamps it writes."""
    kafka, sizes = settings.kafka.librdkafka(), EventSizes()
    broker = KafkaBroker(kafka, settings.topic_pattern, sizes)
    reader = KafkaReader(kafka, f"{APPLICATION}-{settings.group}", sizes)

    def work(box: Box, _pending: Sequence[str], _attempt: str) -> Frames[Output]:
        now = utc_now()
        return Frames({TABLE: Output(raw_events(piece, now) for piece in reader.read_box(box))})

    def build(catalog: Catalog, config: BronzeConfig) -> Stage[Output]:
        return ResolvingStage(
            name="bronze",
            group=settings.group,
            writer=writer,
            broker=broker,
            tables=[IcebergTable(catalog, name, role=role, group=settings.group) for name, role in BRONZE.items()],
            ledgers=[IcebergTable(catalog, LEDGER, role=Role.DERIVED, group=settings.group)],
            work=work,
            limits=Limits(events=config.batch_events, bytes=config.batch_megabytes * 1024 * 1024),
            announce=announce,
            clock=utc_now,
            new_attempt=new_attempt,
            catalog=catalog,
            inbox=inbox,
        )

    def closing() -> None:
        reader.close()
        broker.close()

    written = [*BRONZE, LEDGER]
    job = StageJob(application=APPLICATION, lake=settings.lake, tables=written, build=build, closing=closing)
    return PacedJob(job, lambda config: config.interval_seconds)
