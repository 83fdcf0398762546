"""Runs two small boxes in a lake of its own and leaves the classes that they took as an archive for later JVMs.

A JVM that starts with the archive maps the classes of Spark and Iceberg instead of reading, checking and linking some
twenty thousand of them from jars: it is ready, and through its first box, seconds earlier. The archive fits one Java
and one class path; a JVM that it does not fit ignores it.

    python -m silver_process.class_archive FILE
"""

import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession
from shoplake_contracts import events, examples
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage_job import new_attempt
from shoplake_lake_kit.stamp import Stamp, next_stamp
from shoplake_lake_kit.table_creation import make_tables
from shoplake_lake_kit.vector import Counts, Position
from shoplake_service_kit.metrics import Metrics
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.settings import SparkSettings

from silver_process.errands import Wishes
from silver_process.job import silver_job
from silver_process.settings import Settings, SilverConfig

RAW, GROUP = "bronze.raw_events", "main"
EXIT_SECONDS = 120.0
COLUMNS = (
    "topic string, epoch int, partition int, offset bigint, kafka_timestamp timestamp, key binary, value binary, "
    "headers array<struct<key:string,value:binary>>, event_id string, event_type string, timestamp timestamp, "
    "raw_data string, processing_time timestamp"
)


def main() -> None:
    """Write the archive to the file named on the command line."""
    spark = SparkSettings()
    options = f"{spark.java_options} -XX:ArchiveClassesAtExit={Path(sys.argv[1]).absolute()}"
    with tempfile.TemporaryDirectory(prefix="class-archive-") as folder:
        lake = LakeSettings(catalog_uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/warehouse")
        make_tables(lake, [RAW])
        settings = Settings(lake=lake, spark=spark.model_copy(update={"java_options": options, "class_archive": None}))
        job = silver_job(settings, "class-archive", lambda _: None, Wishes(Metrics("silver-process")))
        job.open(SilverConfig())
        ingest(SparkSession.active())
        if not job.step():
            raise RuntimeError("silver published nothing")
        end()


def ingest(spark: SparkSession) -> None:
    """Every example of the contracts as a box of bronze, each on the topic of its type."""
    rows = [row(number, example.event_type, example.event) for number, example in enumerate(examples.load())]
    ends = {topic: (len(rows),) for topic in {row[0] for row in rows}}
    table = IcebergTable(spark, RAW, role=Role.OUT, group=GROUP)
    staged = table.stage(Output(spark.createDataFrame(rows, COLUMNS)), new_attempt())
    batch = Stamp(
        stage="bronze", group=GROUP, writer="bronze", cluster="none", epochs={}, topic_ids={}, attempt=staged.attempt,
        position=Position(ends), origin=Position(dict.fromkeys(ends, (0,))), read=staged.counts, out=staged.counts,
    )  # fmt: skip
    table.publish(staged, next_stamp(None, batch, Counts()), None)


def row(offset: int, event_type: str, event: dict[str, Any]) -> tuple[Any, ...]:
    """One row of bronze."""
    now = datetime.now(UTC)
    topic, text = events.topic_of(event_type), json.dumps(event)
    return topic, 0, 0, offset, now, None, None, [], None, event_type, None, text, now


def end() -> None:
    """Stop the session and wait for the JVM, which writes the archive when it ends."""
    gateway = SparkContext._gateway  # noqa: SLF001 - PySpark leaves its JVM to the end of the process
    SparkSession.active().stop()
    if gateway is not None:
        gateway.shutdown()
        process = gateway.proc
        process.stdin.close()
        process.wait(EXIT_SECONDS)


if __name__ == "__main__":
    main()
