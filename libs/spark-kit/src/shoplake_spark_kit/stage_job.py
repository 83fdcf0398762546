"""The job of every Spark service: lake-kit's stepped stage over a Spark session."""

import gc
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

from pyspark.sql import SparkSession
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage import Stage
from shoplake_lake_kit.stage_job import Config, Errand, SteppedStage, no_errands
from shoplake_lake_kit.table_creation import make_tables

from shoplake_spark_kit.housekeeping import drop_leftovers
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.java import translated
from shoplake_spark_kit.session import open_session
from shoplake_spark_kit.settings import SparkSettings


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
        self._has_failed = False
        self._untidied: SparkSession | None = None

    def step(self) -> bool:
        """As any stage's; what Python is done with is given back to the JVM.

        Frames refer to themselves in circles, which Python collects now and then; until it does, their plans and
        broadcasts stay in the JVM, whose heap Python does not feel.
        """
        if self._has_failed:
            # A traceback held them until now; the next try may need the memory that the last one lacked.
            gc.collect()
            self._has_failed = False
        try:
            done = super().step()
            self._tidy()
        except Exception:
            self._has_failed = True
            raise
        if done:
            gc.collect()
        return done

    def _open_session(self) -> SparkSession:
        # Tables need no JVM: they are made while it starts.
        with ThreadPoolExecutor(1) as beside:
            made = beside.submit(make_tables, self._lake, self._tables)
            with translated():
                session = open_session(self._spark_settings, self._lake, self._application)
            made.result()
        return session

    def _prepare(self, session: SparkSession) -> None:
        self._untidied = session

    def _tidy(self) -> None:
        """Forget, once, what an earlier process staged; after the first step, because its box is waited for."""
        if self._untidied is None:
            return
        with self._translated():
            for name in self._tables:
                drop_leftovers(self._untidied, name)
        self._untidied = None

    def _close_session(self, session: SparkSession) -> None:
        session.stop()

    def _translated(self) -> AbstractContextManager[None]:
        return translated()
