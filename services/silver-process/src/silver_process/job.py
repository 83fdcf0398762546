"""Wires silver's stage: bronze in, seven tables out, one after the other from one box; and its errands beside it."""

from collections.abc import Callable, Sequence

from pyspark.sql import SparkSession
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.stage import Limits, Publication, Stage
from shoplake_lake_kit.stage_job import Errand, new_attempt, utc_now
from shoplake_lake_kit.stage_tables import BRONZE, SILVER
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.stage_job import StageJob
from shoplake_spark_kit.upstream import SharedUpstream

from silver_process.backfill import Backfill
from silver_process.errands import Wishes
from silver_process.outcomes import OUTCOMES
from silver_process.replay import Replay
from silver_process.settings import APPLICATION, Settings, SilverConfig
from silver_process.work import SilverWork

# A JVM that has just started takes half a minute for a box of this size, and twice that for a large one: it spends the
# time on code that it meets for the first time. What it lacks then comes with the second box.
FIRST_EVENTS = 4_000


def silver_job(
    settings: Settings, writer: str, announce: Callable[[Publication], None], wishes: Wishes
) -> StageJob[SilverConfig]:
    """The job that the service runs; `writer` names this process in the stamps it writes."""
    parameters = {"oldest_event": settings.lake.oldest_event}

    def heard(publication: Publication) -> None:
        wishes.heard(publication)
        announce(publication)

    def build(spark: SparkSession, config: SilverConfig) -> Stage[Output]:
        bronze = SharedUpstream(spark, list(BRONZE), settings.lake.bronze_groups)
        return Stage(
            name="silver",
            group=settings.group,
            writer=writer,
            broker=bronze,
            tables=[IcebergTable(spark, name, role=role, group=settings.group) for name, role in SILVER.items()],
            ledgers=[IcebergTable(spark, OUTCOMES, role=Role.DERIVED, group=settings.group)],
            work=SilverWork(spark, bronze, parameters),
            limits=Limits(events=config.batch_events),
            first_limits=Limits(events=min(FIRST_EVENTS, config.batch_events)),
            announce=heard,
            clock=utc_now,
            new_attempt=new_attempt,
        )

    def errands(spark: SparkSession, _config: SilverConfig, stage: Stage[Output]) -> Sequence[Errand]:
        return wishes.errands(stage, Replay(spark, parameters, utc_now), Backfill(spark, parameters, utc_now))

    return StageJob(
        app_name=APPLICATION,
        spark=settings.spark,
        lake=settings.lake,
        tables=[*SILVER, OUTCOMES],
        build=build,
        errands=errands,
    )
