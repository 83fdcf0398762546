"""The job of every Spark service: lake-kit's stepped stage over a Spark session."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from pyspark.sql import SparkSession
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage import Stage
from shoplake_lake_kit.stage_job import Config, Errand, SteppedStage, no_errands

from shoplake_spark_kit.housekeeping import drop_leftovers
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.java import translated
from shoplake_spark_kit.session import open_session
from shoplake_spark_kit.settings import SparkSettings
from shoplake_spark_kit.tables import ensure_tables


class StageJob(SteppedStage[SparkSession, Config, Output]):
    """Opens a Spark session, makes its tables and forgets staged leftovers; the JVM stays for the next start."""

    def __init__(
        self,
        *,
        app_name: str,
        spark: SparkSettings,
        lake: LakeSettings,
        tables: Sequence[str],
        build: Callable[[SparkSession, Config], Stage[Output]],
        errands: Callable[[SparkSession, Config, Stage[Output]], Sequence[Errand]] = no_errands,
    ) -> None:
        super().__init__(application=app_name, tables=tables, build=build, errands=errands)
        self._spark_settings = spark
        self._lake = lake

    def _open_session(self) -> SparkSession:
        return open_session(self._spark_settings, self._lake, self._application)

    def _prepare(self, session: SparkSession) -> None:
        ensure_tables(session, self._tables)
        for name in self._tables:
            drop_leftovers(session, name)

    def _close_session(self, session: SparkSession) -> None:
        session.stop()

    def _translated(self) -> AbstractContextManager[None]:
        return translated()
